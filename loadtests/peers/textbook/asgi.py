"""The textbook project's ASGI application."""

import os

from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.asgi import get_asgi_application
from django.urls import re_path


os.environ.setdefault("DJANGO_SETTINGS_MODULE", "loadtests.peers.textbook.settings")
_http = get_asgi_application()

from loadtests.peers.textbook.consumers import OrderConsumer  # noqa: E402 - needs the settings


application = ProtocolTypeRouter(
    {
        "http": _http,
        "websocket": AuthMiddlewareStack(
            URLRouter([re_path(r"^ws/(?P<group>[\w.-]+)$", OrderConsumer.as_asgi())])
        ),
    }
)
