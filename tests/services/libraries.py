"""What every process of the product imports of others, whatever its settings: for a nursery."""

from importlib import import_module
from typing import Final


SERVERS: Final = (
    *("autobahn.twisted.websocket", "daphne.http_protocol", "daphne.ws_protocol"),
    *("twisted.internet.endpoints", "twisted.web.http", "uvicorn", "uvloop"),
)
_LIBRARIES: Final = (
    *("a2wsgi", "aiohttp", "channels.layers", "channels_redis.pubsub", "cryptography.x509"),
    *("dj_database_url", "django.core.management.base", "django.core.wsgi", "django.db.models"),
    *("django.forms", "django.views", "django_stubs_ext", "email.mime.text"),
    *(
        "hiredis",
        "http_ece",
        "numpy",
        "phonenumbers",
        "prometheus_client",
        "PIL.Image",
        "py_vapid",
    ),
    *("django.db.backends.sqlite3.base", "pywebpush", "websockets.asyncio.client"),
    *("pydantic_settings", "redis.asyncio", "structlog", "urllib3", "uuid_utils"),
    *("websockets", "whitenoise", "zoneinfo"),
)


def prepare() -> None:
    """Import them."""
    for name in (*_LIBRARIES, *SERVERS):
        import_module(name)
