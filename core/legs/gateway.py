"""Commands a courier gives about a leg."""

from collections.abc import Callable
from typing import Any, Literal

from pydantic import Field

from core.errors import NotFound
from core.events.work import Work, unit_of_work
from core.gate.registry import Arguments, Call, NoArguments, command
from core.legs.commands import get_leg, unassign_leg
from core.legs.models import DeliveryLeg
from core.legs.steps import (
    Proof,
    arrive_dropoff,
    arrive_pickup,
    deliver,
    fail_leg,
    finish_return,
    pick_up,
    start_return,
)
from core.orders.access import lock_order_of_leg
from core.orders.conflicts import answer_view, require_version


class PickUpArguments(Arguments):
    """The number on the bag."""

    number: int = Field(ge=1)


class ProofArguments(Arguments):
    """How delivery is proven."""

    kind: Literal["pin", "photo", "signature"]
    value: str = Field(min_length=1, max_length=200)


class DeliverArguments(Arguments):
    """Proof of delivery."""

    proof: ProofArguments


class FailArguments(Arguments):
    """Why it could not be delivered."""

    reason: Literal["nobody_there", "refused", "wrong_address", "damaged", "other"]


class GiveBackArguments(Arguments):
    """Why the courier gives the leg back."""

    reason: str = Field(default="", max_length=40)


@command("leg.arrive_pickup", path="/legs/{leg_id}/arrive-pickup", subject="leg_id")
def arrive_pickup_command(call: Call, _arguments: NoArguments) -> dict[str, Any]:
    """Say that you are at the shop."""
    return _as_courier(call, lambda leg, work: arrive_pickup(leg=leg, work=work))


@command("leg.pick_up", path="/legs/{leg_id}/pick-up", subject="leg_id", arguments=PickUpArguments)
def pick_up_command(call: Call, arguments: PickUpArguments) -> dict[str, Any]:
    """Take the order from the shop."""
    return _as_courier(
        call, lambda leg, work: pick_up(leg=leg, number=arguments.number, work=work)
    )


@command("leg.arrive_dropoff", path="/legs/{leg_id}/arrive-dropoff", subject="leg_id")
def arrive_dropoff_command(call: Call, _arguments: NoArguments) -> dict[str, Any]:
    """Say that you are at the door."""
    return _as_courier(call, lambda leg, work: arrive_dropoff(leg=leg, work=work))


@command(
    "leg.deliver", path="/legs/{leg_id}/deliver", subject="leg_id", arguments=DeliverArguments
)
def deliver_command(call: Call, arguments: DeliverArguments) -> dict[str, Any]:
    """Give the order to the customer and prove it."""
    proof = Proof(arguments.proof.kind, arguments.proof.value)
    return _as_courier(call, lambda leg, work: deliver(leg=leg, proof=proof, work=work))


@command("leg.fail", path="/legs/{leg_id}/fail", subject="leg_id", arguments=FailArguments)
def fail_command(call: Call, arguments: FailArguments) -> dict[str, Any]:
    """Say that the order could not be delivered."""
    return _as_courier(
        call, lambda leg, work: fail_leg(leg=leg, reason=arguments.reason, work=work)
    )


@command("leg.start_return", path="/legs/{leg_id}/start-return", subject="leg_id")
def start_return_command(call: Call, _arguments: NoArguments) -> dict[str, Any]:
    """Set off back to the shop."""
    return _as_courier(call, lambda leg, work: start_return(leg=leg, work=work))


@command("leg.finish_return", path="/legs/{leg_id}/finish-return", subject="leg_id")
def finish_return_command(call: Call, _arguments: NoArguments) -> dict[str, Any]:
    """Give the order back to the shop."""
    return _as_courier(call, lambda leg, work: finish_return(leg=leg, work=work))


@command(
    "leg.give_back", path="/legs/{leg_id}/give-back", subject="leg_id", arguments=GiveBackArguments
)
def give_back_command(call: Call, arguments: GiveBackArguments) -> dict[str, Any]:
    """Give the leg back before you have picked the order up."""
    cause = arguments.reason or "given_back"
    return _as_courier(
        call, lambda leg, work: unassign_leg(order=leg.order, leg=leg, cause=cause, work=work)
    )


def _as_courier(call: Call, step: Callable[[DeliveryLeg, Work], None]) -> dict[str, Any]:
    leg = _access_leg(call)
    order_id = leg.order_id
    require_version(call.expected_version, order=leg.order, role="courier")
    with unit_of_work(
        now=call.now, actor=call.actor("courier"), correlation_id=f"order:{order_id}"
    ) as work:
        step(leg, work)
        return {"leg": answer_view(order_id, "courier", work=work)}


def _access_leg(call: Call) -> DeliveryLeg:
    """Lock the leg's order, which guards the leg: it may have changed hands until then."""
    if call.subject_id is None:
        raise NotFound
    leg = get_leg(lock_order_of_leg(call.subject_id))
    if leg is None or leg.courier_id != call.person.pk:
        raise NotFound
    return leg
