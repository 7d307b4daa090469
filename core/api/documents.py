"""The API's documents for people and programs, served without any foreign host."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from ninja import NinjaAPI
from ninja.openapi.docs import Redoc, Swagger

from core.api.api import api
from core.events.streams import encode


class LocalSwagger(Swagger):
    """Swagger UI from the package's own static files."""

    def get_openapi_url(self, api: NinjaAPI, path_params: dict[str, Any]) -> str:  # noqa: ARG002
        return reverse("openapi")


class LocalRedoc(Redoc):
    """ReDoc from the package's own static files."""

    def get_openapi_url(self, api: NinjaAPI, path_params: dict[str, Any]) -> str:  # noqa: ARG002
        return reverse("openapi")


def docs_page(request: HttpRequest) -> HttpResponse:
    """Interactive documents."""
    return LocalSwagger().render_page(request, api)


def reference_page(request: HttpRequest) -> HttpResponse:
    """Documents to read."""
    return LocalRedoc().render_page(request, api)


def openapi_document(request: HttpRequest) -> HttpResponse:  # noqa: ARG001  a view
    """OpenAPI 3.1 document of the whole API."""
    return HttpResponse(
        encode(api.get_openapi_schema()), content_type="application/json; charset=utf-8"
    )
