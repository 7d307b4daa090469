"""URL map: composed from the apps."""

from importlib import import_module
from importlib.util import find_spec

from django.urls import include, path

from core.api.composition import api_urls
from core.environment import environment
from realtime.contract.openapi import stream_beside
from realtime.contract.urls import NOTE


API_MODULES = (
    "dispatch.api",
    "dispatch.zones.api",
    "notifications.api",
    "notifications.ladders.api",
    "notifications.replays.api",
    "notifications.webhooks.api",
    "realtime.api",
    "web.api",
)

routers = [import_module(name).router for name in API_MODULES if find_spec(name)]
urlpatterns = [
    *api_urls(routers, note=NOTE, beside=stream_beside()),
    path("api/docs/", include("realtime.contract.urls")),
    path("", include("web.urls")),
]
if environment().demo and not environment().production:
    urlpatterns.append(path("", include("web.demo.urls")))

handler404 = "web.app.not_found"
