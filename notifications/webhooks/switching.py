"""Disabling and enabling endpoints, by people and by what endpoints answer."""

from typing import Final

from core.events.catalogue import WEBHOOK_DISABLED, WEBHOOK_ENABLED, EventType
from core.events.facts import Subject
from core.events.work import Work
from notifications.wakeups import wake_webhooks
from notifications.webhooks.models import Webhook, WebhookDelivery
from notifications.webhooks.states import HookTrigger
from notifications.webhooks.tally import tally


BY_PERSON: Final = "by_person"


def state_webhook_fact(kind: EventType, *, webhook: Webhook, work: Work, **data: object) -> None:
    """Record `kind` about the endpoint, whose row already says so, on the shop's timeline."""
    work.correlation_id = work.correlation_id or f"merchant:{webhook.merchant_id}"
    work.record(
        kind,
        subject=Subject(kind="webhook", id=webhook.pk),
        version=webhook.version,
        data={"merchant_id": str(webhook.merchant_id), **data},
    )


def disable_webhook(*, webhook: Webhook, code: str, work: Work) -> None:
    """Hold what waits for the locked endpoint; disabled already is fine."""
    if webhook.disabled_at is not None:
        return
    webhook.disable(code, now=work.now)
    rows = WebhookDelivery.objects.filter(webhook=webhook)
    rows.move(HookTrigger.HOLD, lease_until=None)
    if code != BY_PERSON:
        tally.disabled_count += 1
    state_webhook_fact(WEBHOOK_DISABLED, webhook=webhook, work=work, code=code)


def enable_webhook(*, webhook: Webhook, work: Work) -> None:
    """Send what waits for the locked endpoint, with all the time that a new message has."""
    if webhook.disabled_at is None:
        return
    webhook.enable()
    release_held(webhook, work=work)
    state_webhook_fact(WEBHOOK_ENABLED, webhook=webhook, work=work)


def release_held(webhook: Webhook, *, work: Work) -> int:
    """Let held rows of the enabled endpoint go on; return how many there were."""
    rows = WebhookDelivery.objects.filter(webhook=webhook)
    count: int = rows.move(HookTrigger.RESUME, due_at=work.now, give_up_at=None)
    wake_webhooks(work)
    return count
