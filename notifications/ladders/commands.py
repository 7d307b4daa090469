"""Operators set which steps notices climb, take that back, and return to an earlier version."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db import transaction

from core.errors import Invalid, NotAllowed, NotFound
from core.events.catalogue import LADDER_CONFIGURED
from core.events.facts import Subject
from core.events.models import Event
from core.events.work import Work
from core.gate.run import VersionConflict
from core.merchants.models import Merchant
from notifications.escalation import Channel, Step
from notifications.ladders.memory import memory
from notifications.ladders.models import ONLY, Ladder, LadderEdition
from notifications.ladders.scopes import Scope
from notifications.ladders.steps import TEXTED, Fault, Wrong, faults_of, read_steps, step_view
from notifications.templates import TEMPLATES
from notifications.texting.checks import unapproved_texts


BACK: Final = None
"""In place of steps: what is less specific counts again."""


class LadderInvalid(Invalid):
    """Notices could not climb these steps; `faults` says which of them, and why."""

    code = "ladder_invalid"
    title = "Nobody could climb this ladder."


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What an operator wants of one scope: steps, or none to take them back; and why."""

    scope: Scope
    steps: Sequence[dict[str, Any]] | None
    reason: str
    expected_version: int | None = None


def configure_ladder(change: Change, *, work: Work) -> Ladder:
    """Set the scope's steps, or take them back, and state who did, from what to what, and why.

    Notices that exist keep the steps they were made with.

    :raises NotAllowed: to anybody but operators.
    :raises NotFound: nobody's notices fall under the scope, or there is no such shop.
    :raises VersionConflict: somebody else has changed it since.
    :raises LadderInvalid: notices could not climb it.
    """
    if work.actor.type != "operator":
        raise NotAllowed("only operators set who is told when nobody acts")
    _check_scope(change.scope)
    steps = None if change.steps is None else _checked(change.scope, change.steps)
    edition, _ = LadderEdition.objects.select_for_update().get_or_create(pk=ONLY)
    ladder = _ladder(change.scope, work)
    if change.expected_version not in (None, ladder.version):
        raise VersionConflict(version=ladder.version)
    if steps == ladder.steps:
        return ladder
    before = ladder.steps
    ladder.change(steps, now=work.now)
    edition.renew()
    work.record(
        LADDER_CONFIGURED,
        subject=Subject(kind="ladder", id=ladder.pk),
        version=ladder.version,
        data={
            "scope": ladder.scope,
            "changes": {"steps": [before, steps]},
            "reason": change.reason,
        },
    )
    transaction.on_commit(memory.forget)
    return ladder


def steps_of_version(scope: Scope, version: int) -> Sequence[dict[str, Any]] | None:
    """Return the steps that the scope had as of `version`; none where it had none of its own.

    :raises NotFound: there was no such version.
    """
    ladder = Ladder.objects.filter(scope=scope.key).first()
    if ladder is None:
        raise NotFound
    if version == 0:
        return None
    fact = Event.objects.filter(
        subject=f"ladder:{ladder.pk}", type=LADDER_CONFIGURED.name, version=version
    ).first()
    if fact is None:
        raise NotFound
    steps: Sequence[dict[str, Any]] | None = fact.data["changes"]["steps"][1]
    return steps


def check_ladder(scope: Scope, steps: Sequence[Step]) -> None:
    """See that every notice of the scope can climb the steps.

    :raises LadderInvalid: some cannot.
    """
    faults = [*faults_of(steps, scope.kinds), *_faults_of_texts(steps, scope)]
    if faults:
        said = ", ".join(dict.fromkeys(fault.code for fault in faults))
        raise LadderInvalid(f"it has faults: {said}", faults=[each.view() for each in faults])


def _faults_of_texts(steps: Sequence[Step], scope: Scope) -> list[Fault]:
    """Look for steps whose words some vendor on their way has not approved."""
    used = {step.channel for step in steps} & TEXTED
    missing = {channel: unapproved_texts(channel) for channel in used}
    return [
        Fault(Wrong.NOT_APPROVED, place, kind.template)
        for place, step in enumerate(steps)
        for kind in scope.kinds
        if TEMPLATES[kind.template].sms in missing.get(Channel(step.channel), ())
    ]


def _checked(scope: Scope, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    steps = read_steps(rows)
    check_ladder(scope, steps)
    return [step_view(step) for step in steps]


def _check_scope(scope: Scope) -> None:
    if not scope.kinds:
        raise NotFound
    if scope.merchant_id and not Merchant.objects.filter(pk=scope.merchant_id).exists():
        raise NotFound


def _ladder(scope: Scope, work: Work) -> Ladder:
    found = Ladder.objects.filter(scope=scope.key).first()
    return found or Ladder(scope=scope.key, merchant_id=scope.merchant_id, changed_at=work.now)
