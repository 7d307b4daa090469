"""Reading which steps notices climb, and who changed that."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from core.errors import NotFound
from core.events.catalogue import LADDER_CONFIGURED
from core.events.models import Event
from core.events.queries import get_actors
from core.merchants.models import Merchant
from notifications.escalation import Policy, Step
from notifications.ladders.models import Ladder
from notifications.ladders.scopes import Scope, every_scope, scopes_of
from notifications.ladders.steps import climbing, read_steps, steps_view
from notifications.ladders.timeline import timeline_of
from notifications.ladders.views import change_view, ladder_view
from notifications.policies import NoticeKind, Role


MOST_CHANGES: Final = 50
MOST_SHOPS: Final = 200
OWN: Final = ""
"""The name of steps that nobody has changed."""


def get_ladders(merchant_id: UUID | None) -> dict[str, Any]:
    """Return every scope with what is set for it; those of one shop, if it is named.

    :raises NotFound: there is no such shop.
    """
    if merchant_id is not None and not Merchant.objects.filter(pk=merchant_id).exists():
        raise NotFound
    scopes = [
        Scope(
            template=each.template,
            role=each.role,
            category=each.category,
            merchant_id=merchant_id,
        )
        for each in every_scope()
    ]
    scopes = [scope for scope in scopes if scope.kinds]
    rows = _rows(scope.key for scope in scopes)
    return {"items": [ladder_view(scope, rows.get(scope.key)) for scope in scopes]}


def get_shops_with_ladders() -> list[dict[str, Any]]:
    """Return the shops that have steps of their own, by name."""
    shops = Merchant.objects.filter(ladders__steps__isnull=False).distinct()
    return [{"id": shop.pk, "name": shop.name} for shop in shops.order_by("name")[:MOST_SHOPS]]


def get_ladder(scope: Scope) -> dict[str, Any]:
    """Return what is set for one scope, what counts for its notices, and who changed it.

    :raises NotFound: nobody's notices fall under it.
    """
    kinds = scope.kinds
    if not kinds:
        raise NotFound
    ladder = Ladder.objects.filter(scope=scope.key).first()
    counting = {kind.template: get_counting(kind, scope.merchant_id) for kind in kinds}
    changes = _changes(ladder)
    return {
        "ladder": ladder_view(scope, ladder),
        "counting": {
            template: {"ladder": policy.name, "steps": steps_view(policy)}
            for template, policy in counting.items()
        },
        "changes": [change_view(fact) for fact in changes],
        "people": get_actors([{"actor": fact.actor} for fact in changes]),
    }


def get_counting(kind: NoticeKind, merchant_id: UUID | None) -> Policy:
    """Return the steps that a new notice climbs as the database stands, not as memory does."""
    is_shops = merchant_id is not None and kind.role is Role.STAFF
    scopes = list(scopes_of(kind, topic=f"merchant:{merchant_id}" if is_shops else "order:"))
    rows = _rows(scope.key for scope in scopes)
    for scope in scopes:
        row = rows.get(scope.key)
        if row is not None and row.steps is not None:
            return climbing(kind, read_steps(row.steps), name=f"{row.scope}#{row.version}")
    return Policy(name=OWN, needs_act=kind.policy.needs_act, steps=kind.policy.steps)


def get_timeline(
    kind: NoticeKind,
    *,
    merchant_id: UUID | None,
    steps: tuple[Step, ...] | None,
    start: datetime,
    locale: str,
) -> list[dict[str, Any]]:
    """Return what would happen if nobody reacted, with `steps` or with those that count now."""
    counting = get_counting(kind, merchant_id)
    policy = counting if steps is None else climbing(kind, steps, name=OWN)
    return list(timeline_of(kind, policy, start=start, locale=locale))


def _rows(keys: Iterable[str]) -> Mapping[str, Ladder]:
    return {row.scope: row for row in Ladder.objects.filter(scope__in=list(keys))}


def _changes(ladder: Ladder | None) -> list[Event]:
    if ladder is None:
        return []
    facts = Event.objects.filter(subject=f"ladder:{ladder.pk}", type=LADDER_CONFIGURED.name)
    return list(facts.order_by("-id")[:MOST_CHANGES])
