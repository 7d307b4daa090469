"""ASGI entry point: HTTP goes to Django, sockets to the realtime app."""

import os

from channels.routing import ProtocolTypeRouter
from django.core.asgi import get_asgi_application


os.environ.setdefault("DJANGO_SETTINGS_MODULE", "core.settings")
http_application = get_asgi_application()

# Models can be imported only once Django is set up.
from realtime.asgi import websocket_application  # noqa: E402


application = ProtocolTypeRouter({"http": http_application, "websocket": websocket_application})
