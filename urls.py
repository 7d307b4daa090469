"""URL map: composed from the apps."""

from importlib import import_module
from importlib.util import find_spec

from django.urls import include, path

from core.api.composition import api_urls
from core.environment import environment


API_MODULES = ("dispatch.api", "notifications.api", "realtime.api")

urlpatterns = [
    *api_urls(import_module(name).router for name in API_MODULES if find_spec(name)),
    path("", include("web.urls")),
]
if environment().demo and not environment().production:
    urlpatterns.append(path("", include("web.demo.urls")))

handler404 = "web.entry.not_found"
