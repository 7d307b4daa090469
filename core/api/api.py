"""The HTTP API as one object: authentication, problems, renderer and documents."""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest
from ninja import NinjaAPI
from ninja.renderers import BaseRenderer

from core.api import problems
from core.api.authentication import SessionAuth, TokenAuth
from core.events.streams import encode


DESCRIPTION = """Orders, delivery legs, couriers, shops and notices of a local-commerce hub.

Every write takes `Idempotency-Key`. Every refusal is an RFC 9457 problem document
(`application/problem+json`) with a stable `code`; what is not yours is answered with 404.
Money is in integer minor units; times are ISO 8601 in UTC with microseconds.
"""


class ExactRenderer(BaseRenderer):
    """JSON with microseconds, written by the same encoder as events and frames."""

    media_type = "application/json"

    def render(self, request: HttpRequest, data: Any, *, response_status: int) -> str:  # noqa: ARG002
        return encode(data)


@dataclass(frozen=True, slots=True)
class Beside:
    """What the OpenAPI document says of paths that are served beside the URL map."""

    paths: Mapping[str, Any] = field(default_factory=dict)
    schemas: Mapping[str, Any] = field(default_factory=dict)
    security_schemes: Mapping[str, Any] = field(default_factory=dict)


class PaidanApi(NinjaAPI):
    """Adds to the OpenAPI document what is served beside, and a problem to every operation."""

    beside = Beside()

    def get_openapi_schema(
        self, *, path_prefix: str | None = None, path_params: dict[str, Any] | None = None
    ) -> Any:
        schema = super().get_openapi_schema(path_prefix=path_prefix, path_params=path_params)
        components = schema.setdefault("components", {})
        components.setdefault("schemas", {}).update({"Problem": PROBLEM, **self.beside.schemas})
        components.setdefault("securitySchemes", {}).update(self.beside.security_schemes)
        schema["paths"].update(deepcopy(dict(self.beside.paths)))
        for operations in schema["paths"].values():
            for operation in operations.values():
                operation["responses"]["default"] = {
                    "description": "A refusal",
                    "content": {
                        problems.CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}
                    },
                }
        return schema


PROBLEM: Mapping[str, Any] = {
    "title": "Problem",
    "type": "object",
    "required": ["type", "title", "status", "code", "detail", "retryable"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string", "description": "Stable; decide by it."},
        "detail": {"type": "string"},
        "retryable": {"type": "boolean"},
    },
    "additionalProperties": True,
}

api = PaidanApi(
    title="Paidan",
    version="1",
    description=DESCRIPTION,
    auth=[TokenAuth(), SessionAuth()],
    renderer=ExactRenderer(),
    openapi_url=None,
    docs_url=None,
    urls_namespace="api",
)
problems.install(api)
