"""Giving and withdrawing consent to campaigns: records are added, never changed."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Max

from core.errors import Invalid, NotFound
from core.merchants.models import Merchant
from core.orders.models import Order
from core.people.models import Person
from notifications.marketing.models import ConsentRecord, scope_of
from notifications.marketing.policy import PLATFORM, WORDING, WORDINGS


SHOWN_SHOPS = 50


class WordingOutdated(Invalid):
    """They agreed to other words than those that count now."""

    code = "wording_outdated"
    title = "The wording has changed; show the new one and ask again."


@transaction.atomic
def give_consent(
    *, person: Person, merchant_id: UUID | None, wording: str, now: datetime
) -> ConsentRecord:
    """Let a shop, or the platform for none, send campaigns to the person.

    :raises WordingOutdated: `wording` is not the version that counts now.
    :raises NotFound: there is no such shop.
    """
    if wording != WORDING:
        raise WordingOutdated(wording=WORDING)
    if merchant_id is not None and not Merchant.objects.filter(pk=merchant_id).exists():
        raise NotFound
    scope = scope_of(merchant_id)
    _lock(person.pk)
    return _newest(person.pk, scope, is_given=True) or _append(
        person.pk, scope, is_given=True, how="settings", wording=wording, now=now
    )


@transaction.atomic
def withdraw_consent(
    *, person_id: UUID, scopes: Collection[str] | None, how: str, now: datetime
) -> int:
    """End campaigns of `scopes`, or of everybody; return how many ended: again is harmless.

    Messages that are planned already are not sent any more.
    """
    _lock(person_id)
    given = get_given([person_id])
    ended = sorted(scope for _, scope in given if scopes is None or scope in scopes)
    for scope in ended:
        _append(person_id, scope, is_given=False, how=how, wording=WORDING, now=now)
    return len(ended)


def _append(person_id: UUID, scope: str, **fields: Any) -> ConsentRecord:
    at = fields.pop("now")
    return ConsentRecord.objects.create(person_id=person_id, scope=scope, at=at, **fields)


def _newest(person_id: UUID, scope: str, *, is_given: bool) -> ConsentRecord | None:
    newest = ConsentRecord.objects.filter(person=person_id, scope=scope).order_by("-pk").first()
    return newest if newest is not None and newest.is_given == is_given else None


def _lock(person_id: UUID) -> None:
    """Let no two answers of one person be written at the same time."""
    list(Person.objects.select_for_update().filter(pk=person_id).values_list("pk"))


def get_given(
    person_ids: Collection[UUID], scopes: Collection[str] | None = None
) -> set[tuple[UUID, str]]:
    """Return who lets which scopes send campaigns now."""
    records = ConsentRecord.objects.filter(person__in=list(person_ids))
    if scopes is not None:
        records = records.filter(scope__in=list(scopes))
    newest = records.values("person_id", "scope").annotate(newest=Max("pk"))
    ids = [row["newest"] for row in newest]
    given = ConsentRecord.objects.filter(pk__in=ids, is_given=True, person__is_active=True)
    return set(given.values_list("person_id", "scope"))


def get_consents(person: Person) -> dict[str, Any]:
    """Return the words that count now, and every shop that the person could hear from."""
    given = {scope for _, scope in get_given([person.pk])}
    known = ConsentRecord.objects.filter(person=person).exclude(scope=PLATFORM)
    ids = {UUID(scope.partition(":")[2]) for scope in known.values_list("scope", flat=True)}
    ids |= set(Order.objects.filter(customer=person).values_list("merchant_id", flat=True))
    shops = Merchant.objects.filter(pk__in=ids).order_by("name", "pk")[:SHOWN_SHOPS]
    listed: list[tuple[UUID | None, str]] = [(None, "")]
    listed += [(shop.pk, shop.name) for shop in shops]
    return {
        "wording": {"version": WORDING, "text": dict(WORDINGS[WORDING])},
        "items": [
            {"merchant_id": pk, "name": name, "is_given": scope_of(pk) in given}
            for pk, name in listed
        ],
    }
