"""Who may do what with a shop's endpoints."""

from uuid import UUID

from core.errors import NotAllowed, NotFound
from core.merchants.models import Merchant
from core.merchants.queries import access_merchant
from core.people.models import Membership, Person
from notifications.webhooks.models import Webhook


def access_owned_merchant(person: Person, merchant_id: UUID, *, lock: bool = False) -> Merchant:
    """Return the shop for its owner or an operator.

    :raises NotFound: there is none, or the person does not work there.
    :raises NotAllowed: they work there and do not own it.
    """
    merchant = access_merchant(person, merchant_id, lock=lock)
    if not person.is_operator and not _owns(person, merchant_id):
        raise NotAllowed
    return merchant


def access_webhook(person: Person, webhook_id: UUID, *, lock: bool = False) -> Webhook:
    """Return the endpoint for the shop's owner or an operator.

    :raises NotFound: there is none, or the person does not work for its shop.
    :raises NotAllowed: they work there and do not own it.
    """
    webhook = access_queue(person, webhook_id, lock=lock)
    if not person.is_operator and not _owns(person, webhook.merchant_id):
        raise NotAllowed
    return webhook


def access_queue(person: Person, webhook_id: UUID, *, lock: bool = False) -> Webhook:
    """Return the endpoint for anybody of the shop: whose programs take its events.

    :raises NotFound: there is none, or the person does not work for its shop.
    """
    rows = Webhook.objects.select_for_update() if lock else Webhook.objects
    webhook: Webhook | None = rows.filter(pk=webhook_id, removed_at__isnull=True).first()
    if webhook is None:
        raise NotFound
    access_merchant(person, webhook.merchant_id)
    return webhook


def _owns(person: Person, merchant_id: UUID) -> bool:
    owners = Membership.objects.filter(person=person, merchant_id=merchant_id, is_owner=True)
    return owners.exists()
