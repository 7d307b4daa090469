"""Where a running hub serves the documents of its protocol, beside those of its HTTP API."""

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path

from realtime.contract.files import contract_files


NOTE = """
Live views come over one WebSocket at `/ws/v1`: read [the protocol](/api/docs/protocol.md), or
give [AsyncAPI](/api/docs/asyncapi.json) and the JSON Schemas of
[client](/api/docs/schemas/client-frames.json) and
[server](/api/docs/schemas/server-frames.json) to a program.
"""
"""What the HTTP API's own document says of them."""

CONTENT_TYPES = {"json": "application/json", "md": "text/markdown"}


def contract_file(request: HttpRequest, name: str) -> HttpResponse:  # noqa: ARG001  a view
    """One document; read by anybody, from any page."""
    text = contract_files().get(name)
    if text is None:
        raise Http404
    content_type = CONTENT_TYPES[name.rpartition(".")[2]]
    response = HttpResponse(text, content_type=f"{content_type}; charset=utf-8")
    response["Access-Control-Allow-Origin"] = "*"
    return response


urlpatterns = [
    path("<path:name>", contract_file, name="contract"),
]
