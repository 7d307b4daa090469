"""The program of a test's web node: our application, with its limits and the test's database."""

import json
import os
import sys
import time
from importlib import import_module
from typing import Any

import django

from tests.services.libraries import SERVERS


_PARTS = (
    *("asgi", "channels.routing", "core.servers", "core.uvicorn_server", "core.uvicorn_sockets"),
    *("realtime.asgi", "realtime.hub", "realtime.operations.asgi", "realtime.streaming.asgi"),
    *("tests.realtime.commands", "urls"),
)


def prepare() -> None:
    """Import what every node consists of, with the settings of the environment."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "core.settings"
    django.setup()
    for name in (*SERVERS, *_PARTS):
        import_module(name)


def main(server: str, port: str, options: str) -> None:
    """Serve until told to stop; `options` is JSON: database name, limits, environment, whole."""
    chosen: dict[str, Any] = json.loads(options)
    os.environ.update({"DJANGO_SETTINGS_MODULE": "core.settings", **chosen["environment"]})
    _shift_wall_clock(float(os.environ.get("SKEW_SECONDS", "0")))
    # Each import waits for what stands above it: settings, then Django, then our apps.
    from core import settings  # noqa: PLC0415

    settings.DATABASES["default"]["NAME"] = chosen["database"]
    django.setup()

    from channels.routing import ProtocolTypeRouter  # noqa: PLC0415

    from core.servers import run_server  # noqa: PLC0415
    from realtime.asgi import application_of  # noqa: PLC0415
    from realtime.hub import Hub, Limits  # noqa: PLC0415
    from realtime.operations.asgi import beside as operated  # noqa: PLC0415
    from realtime.streaming.asgi import beside  # noqa: PLC0415
    from tests.realtime import commands  # noqa: PLC0415

    hub = Hub(Limits(**chosen["limits"]))
    commands.register(hub)
    others = beside(operated(_others(whole=chosen["whole"]), hub), hub)
    application = ProtocolTypeRouter({"http": others, "websocket": application_of(hub)})
    run_server(server, application, host="127.0.0.1", port=int(port))  # type: ignore[arg-type]


def _others(*, whole: bool) -> Any:
    from asgi import http_application  # noqa: PLC0415  as above

    async def nothing(*_: object) -> None:
        """Serve no other HTTP."""

    return http_application if whole else nothing


def _shift_wall_clock(seconds: float) -> None:
    """Be a machine whose clock is wrong: signatures and business time come from `time.time`."""
    if seconds:
        right = time.time
        time.time = lambda: right() + seconds


if __name__ == "__main__":
    main(*sys.argv[1:])
