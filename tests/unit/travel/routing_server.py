"""A sandbox of OSRM and Valhalla: takes only what the real ones would, and answers as they do.

Both speak of one world in which every way is a quarter longer than the straight line, and nothing
leads to the south of the equator.
"""

import json
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from core.merchants.distance import metres_between


METRES_PER_SECOND = 5.0
DETOUR = 1.25
MOST_COORDINATES = 100
MOST_PAIRS = 2_500
COSTINGS = {"auto", "bicycle", "pedestrian", "motor_scooter", "truck", "bus", "taxi"}
TABLE = re.compile(r"/table/v1/(?P<profile>\w+)/(?P<places>[-\d.,;]+)")


class Refused(Exception):
    """What the real one would answer with, beside 400."""


class RoutingServer(ThreadingHTTPServer):
    """Answers until told to fail, and counts."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.questions: list[str] = []
        self.fault: str | None = None
        """`status`, `silence`, `nonsense`, `other_points` or none."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


@contextmanager
def routing_server() -> Iterator[RoutingServer]:
    """Run a server on a free port."""
    with RoutingServer() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    server: RoutingServer

    def do_GET(self) -> None:
        self._answer(lambda: osrm_table(self.path))

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self._answer(lambda: valhalla_matrix(self.path, self.headers["Content-Type"], body))

    def log_message(self, *args: Any) -> None:
        """Stay silent."""

    def _answer(self, find: Any) -> None:
        self.server.questions.append(f"{self.command} {self.path}")
        fault = self.server.fault
        if fault == "silence":
            time.sleep(0.5)
        try:
            status, answer = 200, find()
        except Refused as refusal:
            status, answer = 400, refusal.args[0]
        if fault == "status":
            status = 503
        body = b"<html>" if fault == "nonsense" else json.dumps(answer).encode()
        if fault == "other_points":
            body = json.dumps(_one_less(answer)).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        with suppress(OSError):  # whoever asked has waited long enough
            self.wfile.write(body)


def osrm_table(path: str) -> dict[str, Any]:
    """Answer `GET /table/v1/{profile}/{coordinates}` as OSRM 5 does."""
    url = urlsplit(path)
    found = TABLE.fullmatch(url.path)
    if found is None:
        raise Refused({"code": "InvalidUrl", "message": "URL string malformed"})
    places = [_osrm_place(text) for text in found["places"].split(";")]
    if len(places) > MOST_COORDINATES:
        raise Refused({"code": "TooBig", "message": "Too many table coordinates"})
    options = dict(parse_qsl(url.query, keep_blank_values=True))
    if unknown := options.keys() - {"sources", "destinations", "annotations"}:
        raise Refused({"code": "InvalidQuery", "message": f"Query string malformed: {unknown}"})
    wanted = set(options.get("annotations", "duration").split(","))
    if not wanted <= {"duration", "distance"}:
        raise Refused({"code": "InvalidQuery", "message": "annotations"})
    starts = _osrm_choice(options.get("sources", "all"), len(places))
    ends = _osrm_choice(options.get("destinations", "all"), len(places))
    metres = [[_metres(places[start], places[end]) for end in ends] for start in starts]
    answer: dict[str, Any] = {
        "code": "Ok",
        "sources": [_waypoint(places[start]) for start in starts],
        "destinations": [_waypoint(places[end]) for end in ends],
    }
    if "duration" in wanted:
        answer["durations"] = [[_seconds(each) for each in row] for row in metres]
    if "distance" in wanted:
        answer["distances"] = metres
    return answer


def valhalla_matrix(path: str, content_type: str, body: bytes) -> dict[str, Any]:
    """Answer `POST /sources_to_targets` as Valhalla 3 does."""
    question = _valhalla_question(path, content_type, body)
    starts = [_valhalla_place(each) for each in question["sources"]]
    ends = [_valhalla_place(each) for each in question["targets"]]
    if len(starts) * len(ends) > MOST_PAIRS:
        raise _valhalla(150, "Exceeded max location pairs")
    per_kilometre = 1000 if question.get("units", "kilometers") in ("kilometers", "km") else 1609
    rows: list[list[dict[str, Any]]] = []
    for row, start in enumerate(starts):
        rows.append([])
        for column, end in enumerate(ends):
            metres = _metres(start, end)
            distance = None if metres is None else metres / per_kilometre
            rows[-1].append(
                {
                    "from_index": row, "to_index": column,
                    "time": _seconds(metres), "distance": distance,
                }
            )  # fmt: skip
    return {
        "algorithm": "costmatrix",
        "units": "kilometers" if per_kilometre == 1000 else "miles",
        "sources_to_targets": rows,
    }


def _valhalla_question(path: str, content_type: str, body: bytes) -> dict[str, Any]:
    if path != "/sources_to_targets":
        raise _valhalla(106, "Try any of: '/sources_to_targets'")
    try:
        question: dict[str, Any] = json.loads(body)
    except ValueError:
        raise _valhalla(100, "Failed to parse json request") from None
    if not content_type.startswith("application/json"):
        raise _valhalla(100, "Failed to parse json request")
    if not question.get("sources") or not question.get("targets"):
        raise _valhalla(112, "Insufficiently specified required parameter 'sources' or 'targets'")
    if "costing" not in question:
        raise _valhalla(124, "No edge/node costing provided")
    if question["costing"] not in COSTINGS:
        raise _valhalla(125, f"No costing method found: '{question['costing']}'")
    return question


def _osrm_place(text: str) -> tuple[float, float]:
    try:
        east, north = map(float, text.split(","))
    except ValueError:
        raise Refused({"code": "InvalidUrl", "message": "URL string malformed"}) from None
    if not (-180 <= east <= 180 and -90 <= north <= 90):
        raise Refused({"code": "InvalidValue", "message": "Invalid coordinate value."})
    return north, east


def _osrm_choice(text: str, count: int) -> list[int]:
    if text == "all":
        return list(range(count))
    try:
        chosen = [int(each) for each in text.split(";")]
    except ValueError:
        raise Refused({"code": "InvalidQuery", "message": "Query string malformed"}) from None
    if any(not 0 <= each < count for each in chosen):
        raise Refused({"code": "InvalidOptions", "message": "index out of range"})
    return chosen


def _valhalla_place(place: Any) -> tuple[float, float]:
    try:
        north, east = place["lat"], place["lon"]
    except (KeyError, TypeError):
        raise _valhalla(130, "Failed to parse location") from None
    if not (-180 <= east <= 180 and -90 <= north <= 90):
        raise _valhalla(130, "Failed to parse location")
    return north, east


def _valhalla(code: int, text: str) -> Refused:
    return Refused({"error_code": code, "error": text, "status_code": 400})


def _metres(here: tuple[float, float], there: tuple[float, float]) -> float | None:
    return None if there[0] < 0 else round(metres_between(*here, *there) * DETOUR, 1)


def _seconds(metres: float | None) -> float | None:
    return None if metres is None else round(metres / METRES_PER_SECOND, 1)


def _waypoint(place: tuple[float, float]) -> dict[str, Any]:
    return {"hint": "", "distance": 0.0, "name": "", "location": [place[1], place[0]]}


def _one_less(answer: dict[str, Any]) -> dict[str, Any]:
    for name in ("durations", "distances", "sources_to_targets"):
        if name in answer:
            answer[name] = answer[name][:-1]
    return answer
