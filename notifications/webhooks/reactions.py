"""Tells a shop's owners that nothing is sent to one of their programs any more."""

from urllib.parse import urlsplit

from core.events.catalogue import WEBHOOK_DISABLED
from core.events.facts import Fact
from core.events.work import Work, reacts_to
from notifications.commands import Draft, Recipient, send_notice
from notifications.people import recipients_for
from notifications.policies import WEBHOOK_DISABLED as KIND
from notifications.webhooks.models import Webhook
from notifications.webhooks.switching import BY_PERSON


@reacts_to(WEBHOOK_DISABLED)
def tell_owners(fact: Fact, work: Work) -> None:
    """Tell them, unless one of their own people or an operator did it."""
    if fact.data["code"] == BY_PERSON:
        return
    webhook = Webhook.objects.select_related("merchant").get(pk=fact.subject.id)
    draft = Draft(
        kind=KIND,
        event_id=fact.id,
        topic=f"merchant:{webhook.merchant_id}",
        subject=fact.subject.key,
        order_id=None,
        expires_at=work.now + KIND.lifetime,
        variables={"shop": webhook.merchant.name, "host": urlsplit(webhook.url).hostname or ""},
    )
    staff = recipients_for(KIND.role, webhook.merchant_id)
    owners = [
        Recipient(person_id=each.person_id, locale=each.locale) for each in staff if each.is_second
    ]
    send_notice(draft, recipients=owners, work=work)
