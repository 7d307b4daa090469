"""What tests of webhooks do again and again, through the product's own commands."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from core.clock import clock
from notifications.webhooks.models import Webhook, WebhookDelivery
from tests.builders import Scene, act
from tests.notifications.webhooks.receiver import Program


def register(scene: Scene, program: Program | None = None, **wishes: Any) -> Webhook:
    """Let the shop's owner register `program`, or a queue; the program learns its secret."""
    url = program.url if program else ""
    wanted = {"url": url, "event_types": ["order.*", "delivery.*"], **wishes}
    answer = act("webhook.register", by=scene.staff, on=scene.merchant.pk, now=scene.now, **wanted)
    if program is not None:
        program.secrets.append(answer["secret"])
    webhook: Webhook = Webhook.objects.get(pk=answer["id"])
    return webhook


def do(scene: Scene, name: str, webhook: Webhook, **arguments: Any) -> dict[str, Any]:
    """Let the shop's owner give `webhook.<name>`."""
    return act(f"webhook.{name}", by=scene.staff, on=webhook.pk, now=clock().now(), **arguments)


def hurry() -> None:
    """Make what was postponed due now, whatever its endpoint asked for."""
    past = clock().now() - timedelta(seconds=1)
    WebhookDelivery.objects.filter(state__in=["retrying", "pending"]).update(due_at=past)
    Webhook.objects.update(rest_until=None)


def types_of(thing: str | UUID) -> list[str]:
    """Types of the messages kept about an order, in their order."""
    rows = WebhookDelivery.objects.filter(thing=f"order:{thing}").order_by("pk")
    return list(rows.values_list("message__type", flat=True))


def states(webhook: Webhook) -> list[str]:
    rows = WebhookDelivery.objects.filter(webhook=webhook).order_by("pk")
    return list(rows.values_list("state", flat=True))
