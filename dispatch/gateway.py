"""The commands couriers and operators give dispatch, over HTTP and sockets alike."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from core.errors import NotAllowed, NotFound
from core.events.work import unit_of_work
from core.gate.registry import Arguments, ByHandArguments, Call, NoArguments, command
from core.orders.access import lock_order_of_leg, roles_in_order
from core.orders.conflicts import require_version
from dispatch import commands, overruling, rungs, shifts
from dispatch.policy import Vehicle
from dispatch.positions.gateway import Latitude, Longitude
from dispatch.positions.reports import Position
from dispatch.views import shift_view


class GoOnlineArguments(Arguments):
    """Where the courier begins, and with what."""

    latitude: Latitude
    longitude: Longitude
    vehicle: Vehicle = Vehicle.SCOOTER


class AutoAcceptArguments(Arguments):
    """Whether every offer is taken unseen."""

    auto_accept: bool


class DeclineArguments(Arguments):
    """Why, if the courier says."""

    reason: Annotated[str, Field(max_length=40)] = ""


class CourierArguments(ByHandArguments):
    """Which courier, and why."""

    courier_id: UUID


class WaitArguments(ByHandArguments):
    """How long, and why."""

    minutes: Literal[5, 10, 15]


class SelfDeliverArguments(Arguments):
    """Who of the shop's people; the caller unless named."""

    person_id: UUID | None = None


@command("courier.go_online", path="/couriers/me/go-online", arguments=GoOnlineArguments)
def go_online(call: Call, arguments: GoOnlineArguments) -> dict[str, Any]:
    """Take offers from now on."""
    shift = shifts.go_online(
        person=call.person,
        position=Position(latitude=arguments.latitude, longitude=arguments.longitude),
        vehicle=arguments.vehicle,
        now=call.now,
        actor=call.actor("courier"),
    )
    return {"shift": shift_view(shift)}


@command("courier.go_offline", path="/couriers/me/go-offline")
def go_offline(call: Call, arguments: NoArguments) -> dict[str, Any]:  # noqa: ARG001
    """Take no offers; what is not yet picked up is given to somebody else."""
    shift = shifts.go_offline(person=call.person, now=call.now, actor=call.actor("courier"))
    return {"shift": shift_view(shift)}


@command("courier.set_auto_accept", path="/couriers/me/auto-accept", arguments=AutoAcceptArguments)
def set_auto_accept(call: Call, arguments: AutoAcceptArguments) -> dict[str, Any]:
    """Take every offer unseen, or look at each."""
    shift = shifts.set_auto_accept(
        person=call.person,
        value=arguments.auto_accept,
        now=call.now,
        actor=call.actor("courier"),
    )
    return {"shift": shift_view(shift)}


@command("offer.accept", path="/offers/{offer_id}/accept", subject="offer_id")
def accept(call: Call, arguments: NoArguments) -> dict[str, Any]:  # noqa: ARG001
    """Take the leg; 409 `offer_taken` names who was faster."""
    offer = commands.accept_offer(
        person=call.person, offer_id=_subject(call), now=call.now, actor=call.actor("courier")
    )
    return {"offer": offer.view()}


@command(
    "offer.decline",
    path="/offers/{offer_id}/decline",
    subject="offer_id",
    arguments=DeclineArguments,
)
def decline(call: Call, arguments: DeclineArguments) -> dict[str, Any]:
    """Leave the leg to somebody else."""
    offer = commands.decline_offer(
        person=call.person,
        offer_id=_subject(call),
        reason=arguments.reason,
        now=call.now,
        actor=call.actor("courier"),
    )
    return {"offer": offer.view()}


@command("leg.assign", path="/legs/{leg_id}/assign", subject="leg_id", arguments=CourierArguments)
def assign(call: Call, arguments: CourierArguments) -> dict[str, Any]:
    """Give the leg to a courier by an operator's decision, also while another has it."""
    _require_operator(call)
    leg = overruling.assign_courier(
        leg_id=_subject(call),
        courier_id=arguments.courier_id,
        reason=arguments.reason,
        now=call.now,
        actor=call.actor_by_hand("operator", arguments.reason),
    )
    return {"leg": _leg_answer(leg)}


@command(
    "leg.self_deliver",
    path="/legs/{leg_id}/self-deliver",
    subject="leg_id",
    arguments=SelfDeliverArguments,
)
def self_deliver(call: Call, arguments: SelfDeliverArguments) -> dict[str, Any]:
    """Carry the order yourself while no courier has it; for the shop's people and operators."""
    leg = commands.deliver_by_shop(
        leg_id=_subject(call),
        carrier_id=arguments.person_id or call.person.pk,
        now=call.now,
        actor=call.actor(_role_for_shop(call)),
    )
    return {"leg": _leg_answer(leg)}


@command("leg.wait", path="/legs/{leg_id}/wait", subject="leg_id", arguments=WaitArguments)
def wait(call: Call, arguments: WaitArguments) -> dict[str, Any]:
    """Wait for a courier, as nobody takes it; the shop is asked again when the time is over."""
    role = _role_for_shop(call)
    actor = call.actor_by_hand(role, arguments.reason)
    with unit_of_work(now=call.now, actor=actor) as work:
        leg = rungs.wait(leg_id=_subject(call), minutes=arguments.minutes, work=work)
        return {"leg": _leg_answer(leg)}


@command(
    "leg.exclude", path="/legs/{leg_id}/exclude", subject="leg_id", arguments=CourierArguments
)
def exclude(call: Call, arguments: CourierArguments) -> dict[str, Any]:
    """Never ask this courier for this leg, and take it back if they have it."""
    _require_operator(call)
    leg = overruling.exclude_courier(
        leg_id=_subject(call),
        courier_id=arguments.courier_id,
        now=call.now,
        actor=call.actor_by_hand("operator", arguments.reason),
    )
    return {"leg": _leg_answer(leg)}


@command("leg.pin", path="/legs/{leg_id}/pin", subject="leg_id", arguments=CourierArguments)
def pin(call: Call, arguments: CourierArguments) -> dict[str, Any]:
    """Let only this courier be asked for the leg; the search or the plan decides when."""
    _require_operator(call)
    leg = overruling.pin_courier(
        leg_id=_subject(call),
        courier_id=arguments.courier_id,
        reason=arguments.reason,
        now=call.now,
        actor=call.actor_by_hand("operator", arguments.reason),
    )
    return {"leg": _leg_answer(leg)}


@command("leg.unpin", path="/legs/{leg_id}/unpin", subject="leg_id", arguments=ByHandArguments)
def unpin(call: Call, arguments: ByHandArguments) -> dict[str, Any]:
    """Let every courier be asked again."""
    _require_operator(call)
    leg = overruling.unpin_courier(
        leg_id=_subject(call),
        reason=arguments.reason,
        now=call.now,
        actor=call.actor_by_hand("operator", arguments.reason),
    )
    return {"leg": _leg_answer(leg)}


def _subject(call: Call) -> UUID:
    assert call.subject_id is not None, "the gate parses the subject first"  # noqa: S101
    return call.subject_id


def _require_operator(call: Call) -> None:
    if not call.person.is_operator:
        raise NotAllowed("only operators overrule the search")


def _role_for_shop(call: Call) -> str:
    """Return the role in which the caller may decide for the shop of the leg's locked order."""
    order = lock_order_of_leg(_subject(call))
    roles = list(roles_in_order(call.person, order))
    if not roles:
        raise NotFound
    role = next((role for role in roles if role in ("merchant", "operator")), None)
    if role is None:
        raise NotAllowed("only the shop's people and operators decide what becomes of it")
    require_version(call.expected_version, order=order, role=role)
    return role


def _leg_answer(leg: Any) -> dict[str, Any]:
    return {
        "id": str(leg.pk),
        "order_id": str(leg.order_id),
        "state": leg.state,
        "courier_id": str(leg.courier_id) if leg.courier_id else None,
    }
