"""Commands a courier gives about a leg."""

from collections.abc import Callable
from typing import Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from core.errors import NotAllowed, NotFound
from core.events.work import Work, unit_of_work
from core.gate.registry import Arguments, ByHandArguments, Call, command
from core.legs.commands import get_leg, unassign_leg
from core.legs.models import DeliveryLeg
from core.legs.proving import Proof
from core.legs.returning import fail_leg, finish_return, reattempt, start_return
from core.legs.states import WHO_MAY, LegTrigger
from core.legs.steps import arrive_dropoff, arrive_pickup, deliver, pick_up
from core.legs.taking import JUST_NOW, Taken
from core.orders.access import lock_order_of_leg, roles_in_order
from core.orders.conflicts import answer_view, require_version
from core.orders.policy import Failure


class TakenArguments(Arguments):
    """When the step was taken, by the device's clock, and how many it has kept before."""

    at: AwareDatetime
    counter: int | None = Field(default=None, ge=1, le=2**53)
    offline: bool = False


class StepArguments(Arguments):
    """What a device says of any step; nothing when it was taken just now."""

    taken: TakenArguments | None = None

    def read_taken(self) -> Taken:
        """Return it as the steps want it."""
        if self.taken is None:
            return JUST_NOW
        said = self.taken
        return Taken(at=said.at, counter=said.counter, is_offline=said.offline)


class PickUpArguments(StepArguments):
    """The number on the bag."""

    number: int = Field(ge=1)


class ProofArguments(Arguments):
    """How delivery is proven."""

    kind: Literal["pin", "qr", "photo", "signature"]
    value: str = Field(min_length=1, max_length=200)


class DeliverArguments(StepArguments):
    """Proof of delivery."""

    proof: ProofArguments


class FailArguments(StepArguments):
    """Why it could not be delivered, and the id of a photo of that."""

    reason: Failure
    photo: UUID | None = None


class GiveBackArguments(Arguments):
    """Why the courier gives the leg back."""

    reason: str = Field(default="", max_length=40)


@command(
    "leg.arrive_pickup",
    path="/legs/{leg_id}/arrive-pickup",
    subject="leg_id",
    arguments=StepArguments,
)
def arrive_pickup_command(call: Call, arguments: StepArguments) -> dict[str, Any]:
    """Say that you are at the shop."""
    return _as_courier(call, arrive_pickup, taken=arguments.read_taken())


@command("leg.pick_up", path="/legs/{leg_id}/pick-up", subject="leg_id", arguments=PickUpArguments)
def pick_up_command(call: Call, arguments: PickUpArguments) -> dict[str, Any]:
    """Take the order from the shop."""
    return _as_courier(call, pick_up, number=arguments.number, taken=arguments.read_taken())


@command(
    "leg.arrive_dropoff",
    path="/legs/{leg_id}/arrive-dropoff",
    subject="leg_id",
    arguments=StepArguments,
)
def arrive_dropoff_command(call: Call, arguments: StepArguments) -> dict[str, Any]:
    """Say that you are at the door."""
    return _as_courier(call, arrive_dropoff, taken=arguments.read_taken())


@command(
    "leg.deliver", path="/legs/{leg_id}/deliver", subject="leg_id", arguments=DeliverArguments
)
def deliver_command(call: Call, arguments: DeliverArguments) -> dict[str, Any]:
    """Give the order to the customer and prove it."""
    proof = Proof(arguments.proof.kind, arguments.proof.value)
    return _as_courier(call, deliver, proof=proof, taken=arguments.read_taken())


@command("leg.fail", path="/legs/{leg_id}/fail", subject="leg_id", arguments=FailArguments)
def fail_command(call: Call, arguments: FailArguments) -> dict[str, Any]:
    """Say that the order could not be delivered."""
    return _as_courier(
        call,
        fail_leg,
        reason=arguments.reason,
        photo=arguments.photo,
        taken=arguments.read_taken(),
    )


@command(
    "leg.start_return",
    path="/legs/{leg_id}/start-return",
    subject="leg_id",
    arguments=StepArguments,
)
def start_return_command(call: Call, arguments: StepArguments) -> dict[str, Any]:
    """Set off back to the shop."""
    return _as_courier(call, start_return, taken=arguments.read_taken())


@command(
    "leg.finish_return",
    path="/legs/{leg_id}/finish-return",
    subject="leg_id",
    arguments=ByHandArguments,
)
def finish_return_command(call: Call, arguments: ByHandArguments) -> dict[str, Any]:
    """Say that the shop has the order back; for the shop and operators."""
    return _as_other(call, LegTrigger.RETURN_DONE, finish_return, because=arguments.reason)


@command(
    "leg.reattempt", path="/legs/{leg_id}/reattempt", subject="leg_id", arguments=ByHandArguments
)
def reattempt_command(call: Call, arguments: ByHandArguments) -> dict[str, Any]:
    """Send the courier to the door once more; for operators."""
    return _as_other(call, LegTrigger.REATTEMPT, reattempt, because=arguments.reason)


@command(
    "leg.give_back", path="/legs/{leg_id}/give-back", subject="leg_id", arguments=GiveBackArguments
)
def give_back_command(call: Call, arguments: GiveBackArguments) -> dict[str, Any]:
    """Give the leg back before you have picked the order up."""
    cause = arguments.reason or "given_back"
    return _as_courier(call, _give_back, cause=cause)


def _give_back(*, leg: DeliveryLeg, cause: str, work: Work) -> None:
    unassign_leg(order=leg.order, leg=leg, cause=cause, work=work)


def _as_courier(call: Call, step: Callable[..., None], **arguments: Any) -> dict[str, Any]:
    leg = _access_leg(call)
    order_id = leg.order_id
    require_version(call.expected_version, order=leg.order, role="courier")
    with unit_of_work(
        now=call.now, actor=call.actor("courier"), correlation_id=f"order:{order_id}"
    ) as work:
        step(leg=leg, work=work, **arguments)
        return {"leg": answer_view(order_id, "courier", work=work)}


def _as_other(
    call: Call, trigger: LegTrigger, step: Callable[..., None], *, because: str
) -> dict[str, Any]:
    """Act in the role that may pull `trigger`, and answer with that role's view of the order.

    :raises NotAllowed: the person has to do with the order, in another role.
    """
    leg = _lock_leg(call)
    roles = list(roles_in_order(call.person, leg.order))
    if not roles:
        raise NotFound
    role = next((each for each in roles if each in WHO_MAY[trigger]), None)
    if role is None:
        raise NotAllowed(f"a {roles[0]} may not {trigger} a leg")
    require_version(call.expected_version, order=leg.order, role=role)
    actor = call.actor_by_hand(role, because)
    with unit_of_work(now=call.now, actor=actor, correlation_id=f"order:{leg.order_id}") as work:
        step(leg=leg, work=work)
        return {"order": answer_view(leg.order_id, role, work=work)}


def _access_leg(call: Call) -> DeliveryLeg:
    leg = _lock_leg(call)
    if leg.courier_id != call.person.pk:
        raise NotFound
    return leg


def _lock_leg(call: Call) -> DeliveryLeg:
    """Lock the leg's order, which guards the leg: it may have changed hands until then."""
    if call.subject_id is None:
        raise NotFound
    leg = get_leg(lock_order_of_leg(call.subject_id))
    if leg is None:
        raise NotFound
    return leg
