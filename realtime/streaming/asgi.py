"""The plain ASGI application behind `/api/v1/stream`, on the event loop beside the sockets.

A stream may last for a quarter of an hour; on HTTP's threads eight of them would be all.
"""

import structlog

from core.api.problems import InternalError, MethodNotAllowed, problem_for
from core.errors import PaidanError
from realtime.asgi import Application, Scope
from realtime.database import in_database
from realtime.hub import Hub, hub
from realtime.streaming.door import let_in
from realtime.streaming.events import serve_events
from realtime.streaming.polls import serve_poll
from realtime.streaming.requests import PATH, StreamRequest, read_request
from realtime.streaming.responses import METHOD, Overloaded, problem, send_all
from realtime.transports import Receive, Send
from realtime.visitors import Visitor


log = structlog.get_logger(__name__)


def beside(others: Application, served_by: Hub = hub) -> Application:
    """Return an HTTP application that streams at its one path and passes on everything else."""

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == PATH:
            await _serve(served_by, scope, receive, send)
        else:
            await others(scope, receive, send)

    return application


async def _serve(served_by: Hub, scope: Scope, receive: Receive, send: Send) -> None:
    try:
        request, visitor = await _admit(served_by, scope)
    except Exception as error:  # noqa: BLE001  a request gets its answer, whatever happens
        await send_all(send, problem(_problem_of(error), method=scope["method"]))
        return
    served_by.start()
    serve = serve_events if request.wants_events else serve_poll
    await serve(served_by, request, visitor, receive, send)


async def _admit(served_by: Hub, scope: Scope) -> tuple[StreamRequest, Visitor]:
    if scope["method"] != METHOD:
        raise MethodNotAllowed
    retry_ms = served_by.admission.ask()
    if retry_ms is not None:
        raise Overloaded(retry_ms=retry_ms)
    request = read_request(scope)
    return request, await in_database(let_in, request)


def _problem_of(error: Exception) -> PaidanError:
    found = problem_for(error)
    if found is None:
        log.error("stream.failed", exc_info=error)
        return InternalError()
    return found
