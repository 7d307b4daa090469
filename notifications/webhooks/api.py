"""What owners and operators read of webhooks; commands are served by the gate."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from ninja import Path, Query, Router
from pydantic import BaseModel, ConfigDict, Field

from core.api.moments import ApiRequest
from core.api.overview import overview_part
from notifications.webhooks.access import access_owned_merchant, access_webhook
from notifications.webhooks.bodies import KNOWN_TYPES
from notifications.webhooks.queries import (
    get_ailing,
    get_deliveries,
    get_delivery,
    get_queue,
    get_webhook,
    get_webhooks,
)
from notifications.webhooks.states import HookState


router = Router(tags=["webhooks"])

MerchantId = Annotated[UUID, Path(...)]
WebhookId = Annotated[UUID, Path(...)]
LARGEST_ID = 2**63 - 1


class Wanted(BaseModel):
    """Which deliveries."""

    model_config = ConfigDict(frozen=True)

    state: HookState | None = None
    before: int | None = Field(
        default=None, ge=1, le=LARGEST_ID, description="The `next` of the page before."
    )
    limit: int = Field(default=50, ge=1, le=100)


@router.get(
    "/merchants/{uuid:merchant_id}/webhooks",
    operation_id="webhooks",
    summary="A shop's webhooks; for its owner and operators.",
)
def webhooks(request: ApiRequest, merchant_id: MerchantId) -> dict[str, Any]:
    """Return the shop's webhooks, and which events there are to ask for."""
    access_owned_merchant(request.auth, merchant_id)
    items = get_webhooks(merchant_id, now=request.moment)
    return {"items": items, "event_types": sorted(KNOWN_TYPES)}


@router.get("/webhooks/{uuid:webhook_id}", operation_id="webhook", summary="One webhook.")
def webhook(request: ApiRequest, webhook_id: WebhookId) -> dict[str, Any]:
    """Return the webhook and how much waits for it."""
    return get_webhook(access_webhook(request.auth, webhook_id), now=request.moment)


@router.get(
    "/webhooks/{uuid:webhook_id}/deliveries",
    operation_id="webhook_deliveries",
    summary="What went to a webhook, newest first.",
)
def deliveries(
    request: ApiRequest, webhook_id: WebhookId, wanted: Annotated[Wanted, Query(...)]
) -> dict[str, Any]:
    """Return deliveries with what their last attempt came to."""
    found = access_webhook(request.auth, webhook_id)
    return get_deliveries(found, state=wanted.state, before=wanted.before, limit=wanted.limit)


@router.get(
    "/webhooks/{uuid:webhook_id}/deliveries/{int:delivery_id}",
    operation_id="webhook_delivery",
    summary="One delivery: every attempt, and the body.",
)
def delivery(
    request: ApiRequest,
    webhook_id: WebhookId,
    delivery_id: Annotated[int, Path(..., ge=1, le=LARGEST_ID)],
) -> dict[str, Any]:
    """Return everything that happened to one delivery."""
    return get_delivery(access_webhook(request.auth, webhook_id), delivery_id)


@overview_part("webhooks")
def queue(now: datetime) -> dict[str, Any]:
    """Say how many messages wait for programs of shops, since when, and which of those fail."""
    count, oldest = get_queue()
    return {"waiting_count": count, "oldest_at": oldest, "ailing": get_ailing(now=now)}
