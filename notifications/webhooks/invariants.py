"""What must be true of webhooks at any moment."""

from collections.abc import Iterator

from django.db.models import Count, Exists, OuterRef

from core.invariants import Scope, invariant, told
from core.merchants.models import Merchant
from notifications.webhooks.models import Webhook, WebhookDelivery, WebhookMessage
from notifications.webhooks.states import OPEN, HookState


@invariant
def find_unfollowed_shops(_scope: Scope) -> Iterator[str]:
    """A shop that has webhooks is marked as followed, or its events are kept for nobody."""
    webhooks = Webhook.objects.present().filter(merchant=OuterRef("pk"))
    shops = Merchant.objects.filter(Exists(webhooks), is_followed=False)
    return told(shops, "shop {} has webhooks and is not followed", "pk")


@invariant
def find_webhook_deliveries_without_message(_scope: Scope) -> Iterator[str]:
    """What waits for a program has a message to send."""
    messages = WebhookMessage.objects.filter(pk=OuterRef("message"))
    rows = WebhookDelivery.objects.filter(~Exists(messages), state__in=list(OPEN))
    return told(rows, "webhook delivery {} has no message", "pk")


@invariant
def find_webhook_things_under_way_twice(_scope: Scope) -> Iterator[str]:
    """Of one thing one event at a time is under way to one endpoint."""
    leased = WebhookDelivery.objects.filter(state=HookState.LEASED)
    counted = leased.values("webhook_id", "thing").annotate(count=Count("pk"))
    twice = counted.filter(count__gt=1)
    return told(twice, "webhook {}: several events of {} are under way", "webhook_id", "thing")
