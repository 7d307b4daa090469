"""Who learns of a change of shop or menu: the shop's own topic."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from core.events.audiences import audience, snapshot_source
from core.events.facts import Fact, Row
from core.merchants.models import MenuItem, Merchant
from core.merchants.views import item_row, merchant_row


@audience("merchant")
def merchant_rows(fact: Fact) -> Sequence[Row]:
    """The shop's row."""
    return [merchant_row(row) for row in Merchant.objects.filter(pk=fact.subject.id)]


@audience("item")
def item_rows(fact: Fact) -> Sequence[Row]:
    """The item's row."""
    return [item_row(row) for row in MenuItem.objects.filter(pk=fact.subject.id)]


@snapshot_source("merchant")
def merchant_snapshot(merchant_id: UUID, now: datetime) -> Sequence[Row]:  # noqa: ARG001
    """The shop and its whole menu."""
    rows = [merchant_row(row) for row in Merchant.objects.filter(pk=merchant_id)]
    items = MenuItem.objects.filter(merchant_id=merchant_id)
    return [*rows, *(item_row(item) for item in items)]
