"""The program of a test's web node: our application, with its limits and the test's database."""

import json
import os
import sys
import time
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import django
from channels.routing import ProtocolTypeRouter


if TYPE_CHECKING:
    from realtime.hub import Hub


def main(server: str, port: str, options: str) -> None:
    """Serve until told to stop; `options` is JSON: database name, limits, environment, whole."""
    chosen: dict[str, Any] = json.loads(options)
    os.environ.update({"DJANGO_SETTINGS_MODULE": "core.settings", **chosen["environment"]})
    # Each import waits for what stands above it: settings, then Django, then our apps.
    from core import settings  # noqa: PLC0415

    settings.DATABASES["default"]["NAME"] = chosen["database"]
    django.setup()

    from core.bell import bell  # noqa: PLC0415
    from core.events.streams import shard_group  # noqa: PLC0415
    from core.gate.registry import Arguments, Call, command  # noqa: PLC0415
    from core.servers import run_server  # noqa: PLC0415
    from realtime.asgi import application_of  # noqa: PLC0415
    from realtime.hub import Hub, Limits  # noqa: PLC0415
    from tests.realtime import probe  # noqa: PLC0415

    class SayArguments(Arguments):
        topic: str
        texts: list[str]
        shout: bool = False
        scatter: bool = False

    @command("probe.say", path="/probe", arguments=SayArguments)
    def say(_call: Call, arguments: SayArguments) -> dict[str, Any]:
        """Say something on a topic."""
        if arguments.scatter:
            for text in arguments.texts:
                probe.say(arguments.topic, text, about=uuid4().hex)
        else:
            probe.say(arguments.topic, *arguments.texts, shout=arguments.shout)
        return {"said": len(arguments.texts)}

    class RingArguments(Arguments):
        topic: str
        message: dict[str, Any]

    @command("probe.ring", path="/probe/bell", arguments=RingArguments)
    def ring(_call: Call, arguments: RingArguments) -> dict[str, Any]:
        """Ring the bell of a topic's shard."""
        bell.ring(shard_group(arguments.topic), arguments.message)
        return {}

    hub = Hub(Limits(**chosen["limits"]))
    _add_closes(hub)
    _add_pause()
    application = _with_http(application_of(hub), hub, whole=chosen["whole"])
    run_server(server, application, host="127.0.0.1", port=int(port))  # type: ignore[arg-type]


def _add_closes(hub: "Hub") -> None:
    from core.gate.registry import Call, NoArguments, command  # noqa: PLC0415  as above

    @command("probe.closes", path="/probe/closes")
    def closes(_call: Call, _arguments: NoArguments) -> dict[str, Any]:
        """Tell how many sockets were closed with each code."""
        return {str(code): count for code, count in hub.close_counts.items()}


def _add_pause() -> None:
    from django.db import transaction  # noqa: PLC0415  as above

    from core.gate.registry import Arguments, Call, command  # noqa: PLC0415

    class PauseArguments(Arguments):
        seconds: float

    @command("probe.pause", path="/probe/pause", arguments=PauseArguments)
    def pause(_call: Call, arguments: PauseArguments) -> dict[str, Any]:
        """Take a while to answer, and lock nothing meanwhile."""
        transaction.on_commit(partial(time.sleep, arguments.seconds))
        return {"paused": arguments.seconds}


def _with_http(websocket_application: Any, hub: Any, *, whole: bool) -> Any:
    from asgi import http_application  # noqa: PLC0415  as above
    from realtime.operations.asgi import beside  # noqa: PLC0415  as above

    async def nothing(*_: object) -> None:
        """Serve no other HTTP."""

    others = http_application if whole else nothing
    return ProtocolTypeRouter({"http": beside(others, hub), "websocket": websocket_application})


if __name__ == "__main__":
    main(*sys.argv[1:])
