"""ASGI entry point: sockets and streams go to the realtime app, HTTP to a pool of threads.

Django runs under its WSGI handler: the product's views are synchronous, and the ASGI handler
would start a thread and open a database connection for every request. Figures are in
docs/decisions/0005-http-on-threads.md.
"""

import os
from importlib import import_module
from typing import Any, Final

from a2wsgi import WSGIMiddleware
from channels.routing import ProtocolTypeRouter
from django.core.wsgi import get_wsgi_application


os.environ.setdefault("DJANGO_SETTINGS_MODULE", "core.settings")

HTTP_THREADS: Final = 8

# Django's type of a WSGI application names its own response class, and a2wsgi's its own messages.
wsgi_application: Any = get_wsgi_application()
django_application: Any = WSGIMiddleware(wsgi_application, workers=HTTP_THREADS)

# Models can be imported only once Django is set up.
from core.api.edge import CommandEdge  # noqa: E402
from core.environment import environment  # noqa: E402
from realtime.asgi import websocket_application  # noqa: E402
from realtime.operations.asgi import beside as operated  # noqa: E402
from realtime.streaming.asgi import beside as streamed  # noqa: E402


command_edge = CommandEdge(django_application, executor=django_application.executor)
http_application = streamed(operated(command_edge))
application: Any = ProtocolTypeRouter(
    {"http": http_application, "websocket": websocket_application}
)
if environment().demo and not environment().production:
    application = import_module("web.demo.tunnel_asgi").through_tunnel(application)
