"""What operators reach of one process: `/metrics` and `hubctl`'s orders, on the event loop.

Neither needs the database or one of HTTP's threads, so both answer when those are the trouble.
"""

import json
from collections.abc import Awaitable, Callable
from hmac import compare_digest
from ipaddress import ip_address
from typing import Any, Final

from prometheus_client import CONTENT_TYPE_LATEST

from core.environment import environment
from core.errors import PaidanError
from realtime.hub import Hub, hub
from realtime.operations.metrics import exposition
from realtime.operations.orders import read_order
from realtime.operations.steering import carry_out


METRICS_PATH: Final = "/metrics"
HUB_PATH: Final = "/hub/v1/orders"

Application = Callable[..., Awaitable[None]]
Answer = tuple[int, str, bytes]
JSON: Final = "application/json"


def beside(others: Application, served_by: Hub = hub) -> Application:
    """Return an HTTP application that answers at the two paths and passes on everything else."""
    answers = {METRICS_PATH: _metrics, HUB_PATH: _order}

    async def application(scope: Any, receive: Any, send: Any) -> None:
        answer = answers.get(scope["path"]) if scope["type"] == "http" else None
        if answer is None:
            await others(scope, receive, send)
        else:
            await _send(send, *answer(served_by, scope))

    return application


def _metrics(served_by: Hub, scope: Any) -> Answer:
    if scope["method"] not in {"GET", "HEAD"}:
        return _refused(405, "method_not_allowed")
    if not _may_read_metrics(scope):
        return _refused(403, "not_allowed")
    return 200, CONTENT_TYPE_LATEST, exposition(served_by)


def _order(served_by: Hub, scope: Any) -> Answer:
    if scope["method"] != "POST":
        return _refused(405, "method_not_allowed")
    order = read_order(_bearer(scope))
    if order is None:
        return _refused(403, "not_allowed")
    # The hub may have no socket yet, and must hear the others all the same.
    served_by.start()
    try:
        answer = carry_out(served_by, order)
    except PaidanError as error:
        return error.status, JSON, json.dumps(error.problem()).encode()
    return 200, JSON, json.dumps(answer).encode()


def _may_read_metrics(scope: Any) -> bool:
    token = environment().metrics_token
    if token:
        return compare_digest(_bearer(scope).encode(), token.encode())
    client = scope.get("client")
    # Behind a proxy on this machine everybody would seem to be local.
    is_forwarded = any(name in FORWARDED for name, _ in scope["headers"])
    return bool(client) and not is_forwarded and ip_address(client[0]).is_loopback


FORWARDED: Final = frozenset({b"x-forwarded-for", b"forwarded", b"x-real-ip"})


def _bearer(scope: Any) -> str:
    for name, value in scope["headers"]:
        if name == b"authorization":
            scheme, _, token = value.decode("latin1").partition(" ")
            return token.strip() if scheme.lower() == "bearer" else ""
    return ""


def _refused(status: int, code: str) -> Answer:
    problem = {"type": f"urn:paidan:problem:{code}", "status": status, "code": code}
    return status, JSON, json.dumps(problem).encode()


async def _send(send: Any, status: int, kind: str, body: bytes) -> None:
    headers = [
        (b"content-type", kind.encode()),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
