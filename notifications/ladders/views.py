"""How ladders look to operators."""

from typing import Any

from core.events.models import Event
from notifications.ladders.models import Ladder
from notifications.ladders.scopes import Scope
from notifications.ladders.steps import CHANNELS, TEXTED, steps_view
from notifications.policies import NoticeKind
from notifications.templates import TEMPLATES


def ladder_view(scope: Scope, ladder: Ladder | None) -> dict[str, Any]:
    """Shape of what is set for one scope; `steps` is null where nothing is."""
    kinds = scope.kinds
    return {
        "scope": scope.key,
        "template": scope.template or None,
        "role": kinds[0].role,
        "category": kinds[0].category,
        "merchant_id": scope.merchant_id,
        "version": ladder.version if ladder else 0,
        "changed_at": ladder.changed_at if ladder else None,
        "steps": ladder.steps if ladder else None,
        "kinds": [_kind_view(kind) for kind in kinds],
    }


def _kind_view(kind: NoticeKind) -> dict[str, Any]:
    channels = CHANNELS[kind.role]
    if not TEMPLATES[kind.template].sms:
        channels -= TEXTED
    return {
        "template": kind.template,
        "needs_act": kind.policy.needs_act,
        "lifetime_seconds": kind.lifetime.total_seconds(),
        "channels": sorted(channels),
        "own_steps": steps_view(kind.policy),
    }


def change_view(fact: Event) -> dict[str, Any]:
    """Shape of one line of the history: who, when, from what to what, and why."""
    return {"version": fact.version, "at": fact.occurred_at, "actor": fact.actor, **fact.data}
