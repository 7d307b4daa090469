"""Puts the API together: the routers it is given, then an endpoint per command."""

from collections.abc import Iterable
from typing import Final

from django.urls import URLPattern, URLResolver, path
from ninja import Router

from core.api import documents, health, merchants, operator, orders, people
from core.api.api import Beside, api
from core.api.commands import command_router
from core.payments import api as payments
from core.proofs import api as proofs


NOTHING: Final = Beside()
OWN_ROUTERS = (
    people.router,
    merchants.router,
    orders.router,
    payments.router,
    proofs.router,
    operator.router,
)


def api_urls(
    routers: Iterable[Router], *, note: str = "", beside: Beside = NOTHING
) -> list[URLPattern | URLResolver]:
    """URL patterns of API, documents and health; call once, when every app is ready.

    `note` ends the description at the head of the documents, and `beside` is what they tell of
    paths that have no view.
    """
    api.beside = beside
    api.description = f"{api.description or ''}{note}"
    known = (*OWN_ROUTERS, *routers)
    for router in (*known, command_router(known)):
        api.add_router("", router)
    return [
        path("api/v1/", api.urls),
        path("api/docs", documents.docs_page, name="docs"),
        path("api/docs/reference", documents.reference_page, name="reference"),
        path("api/docs/openapi.json", documents.openapi_document, name="openapi"),
        path("healthz", health.healthz),
        path("readyz", health.readyz),
    ]
