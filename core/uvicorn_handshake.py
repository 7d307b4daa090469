"""The opening of a WebSocket under uvicorn: the request read, its ASGI scope, its answers."""

from http import HTTPStatus
from typing import Any, Final
from urllib.parse import unquote

from websockets.datastructures import Headers
from websockets.http11 import Request, Response
from websockets.server import ServerProtocol


SWITCHING: Final = 101


class Handshake:
    """One upgrade request and what becomes of it; `websockets` judges it."""

    def __init__(self, head: bytes) -> None:
        """Read the request's head, which uvicorn hands over whole."""
        core = ServerProtocol()
        core.receive_data(head)
        requests = [event for event in core.events_received() if isinstance(event, Request)]
        self._request = requests[0] if requests else None
        self._answer = (
            core.accept(requests[0]) if requests else answer(HTTPStatus.BAD_REQUEST, [], b"")
        )

    @property
    def refusal(self) -> bytes | None:
        """What to answer to a request that is no proper one."""
        return None if self._answer.status_code == SWITCHING else self._answer.serialize()

    def scope(self, root_path: str) -> dict[str, Any]:
        """Return the scope, but for what only the transport knows."""
        assert self._request is not None  # noqa: S101  there is no scope of a refused request
        raw_path, _, query = self._request.path.partition("?")
        headers = [(name.lower(), value) for name, value in self._request.headers.raw_items()]
        offered = self._request.headers.get_all("Sec-WebSocket-Protocol")
        return {
            "type": "websocket",
            "asgi": {"version": "3.0", "spec_version": "2.4"},
            "http_version": "1.1",
            "root_path": root_path,
            "path": root_path + unquote(raw_path),
            "raw_path": (root_path + raw_path).encode("ascii"),
            "query_string": query.encode("ascii"),
            "headers": [
                (name.encode("ascii"), value.encode("latin-1")) for name, value in headers
            ],
            "subprotocols": [name.strip() for line in offered for name in line.split(",")],
        }

    def acceptance(self, message: dict[str, Any]) -> bytes:
        """Return the answer to a request that the application accepts."""
        headers = self._answer.headers
        for name, value in message.get("headers", ()):
            headers[name.decode("latin-1")] = value.decode("latin-1")
        if message.get("subprotocol"):
            headers["Sec-WebSocket-Protocol"] = message["subprotocol"]
        return self._answer.serialize()


def answer(status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> Response:
    """Return an answer other than a socket; the connection ends with it."""
    made = Headers([(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers])
    made.setdefault("Content-Length", str(len(body)))
    made["Connection"] = "close"
    return Response(status, HTTPStatus(status).phrase, made, body)
