"""Commands people give about an order, and the shapes of their arguments."""

from collections.abc import Callable
from typing import Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from core.errors import NotFound
from core.events.work import unit_of_work
from core.gate.registry import Arguments, ByHandArguments, Call, NoArguments, command
from core.orders.accepting import accept_order, reject_order
from core.orders.access import access_order
from core.orders.adjusting import adjust_order, answer_adjustment, propose_adjustment
from core.orders.cancelling import (
    answer_cancellation,
    cancel_order,
    request_cancellation,
    stop_order,
)
from core.orders.conflicts import answer_view, require_version
from core.orders.converting import answer_pickup, convert_to_pickup, propose_pickup
from core.orders.handover import complete_order, hand_over
from core.orders.holding import hold_order, release_order
from core.orders.placing import Placement, place_order
from core.orders.policy import Party, PaymentMethod, Reason
from core.orders.preparing import (
    delay_order,
    mark_ready,
    nudge_order,
    reply_nudge,
    start_preparation,
)
from core.orders.quotes import QuoteArguments, make_quote, open_quote, quote_view
from core.orders.states import Trigger


class Contact(Arguments):
    """Whom to ask for at the door."""

    name: str = Field(min_length=1, max_length=80)
    phone: str = Field(pattern=r"^\+?[0-9][0-9 -]{4,18}$")


class PlaceArguments(Arguments):
    """A quote and what the customer adds to it."""

    quote: str = Field(max_length=20_000)
    payment_method: PaymentMethod
    contact: Contact
    note: str = Field(default="", max_length=300)
    release_at: AwareDatetime | None = None
    sold_out_preference: Literal["refund", "cancel"] = "refund"
    contactless: bool = False


class RejectArguments(Arguments):
    """Why the shop refuses, and what it has run out of."""

    reason: Reason
    item_ids: tuple[UUID, ...] = Field(default=(), max_length=50)


class HandOverArguments(Arguments):
    """What the customer shows at the counter; a courier shows nothing."""

    code: str | None = Field(default=None, max_length=8)


class CancelArguments(Arguments):
    """Why the customer cancels."""

    reason: Reason = Reason.CHANGED_MIND


class AnswerCancellationArguments(Arguments):
    """The shop's answer."""

    agree: bool


class StopArguments(Arguments):
    """Why the order ends, and whose fault it is unless the reason says so."""

    reason: Reason
    party: Party | None = None
    note: str = Field(default="", max_length=120)
    """What an operator adds in their words."""


class DelayArguments(Arguments):
    """How many minutes more."""

    minutes: Literal[5, 10, 15]


class AdjustedLine(Arguments):
    """How many of a line are left."""

    line_id: UUID
    quantity: int = Field(ge=0, le=99)


class AdjustArguments(Arguments):
    """Lines that change."""

    lines: tuple[AdjustedLine, ...] = Field(min_length=1, max_length=50)

    def quantities(self) -> dict[UUID, int]:
        """Line id -> how many are left."""
        return {line.line_id: line.quantity for line in self.lines}


class AnswerAdjustmentArguments(Arguments):
    """Take the rest and the money back, or cancel all of it."""

    answer: Literal["refund", "cancel"]


class AnswerPickupArguments(Arguments):
    """Whether the customer comes for it."""

    agree: bool


class ReplyNudgeArguments(Arguments):
    """What the shop tells the customer."""

    reply: str = Field(min_length=1, max_length=120)


class HoldArguments(Arguments):
    """Why the order is frozen."""

    reason: str = Field(min_length=1, max_length=120)


@command("order.quote", path="/quotes", arguments=QuoteArguments, changes=False)
def quote(call: Call, arguments: QuoteArguments) -> dict[str, Any]:
    """Return a price and a promise, signed; take it within five minutes with `order.place`."""
    return quote_view(make_quote(arguments, now=call.now))


@command("order.place", path="/orders", arguments=PlaceArguments)
def place(call: Call, arguments: PlaceArguments) -> dict[str, Any]:
    """Take a quote: make the order."""
    taken = open_quote(arguments.quote, now=call.now)
    placement = Placement(
        payment_method=arguments.payment_method,
        contact_name=arguments.contact.name,
        contact_phone=arguments.contact.phone,
        note=arguments.note,
        release_at=arguments.release_at,
        sold_out_preference=arguments.sold_out_preference,
        is_contactless=arguments.contactless,
    )
    with unit_of_work(now=call.now, actor=call.actor("customer")) as work:
        order = place_order(customer=call.person, quote=taken, placement=placement, work=work)
        return {"order": answer_view(order.pk, "customer", work=work)}


@command("order.accept", path="/orders/{order_id}/accept", subject="order_id")
def accept(call: Call, _arguments: NoArguments) -> dict[str, Any]:
    """Take the order on."""
    return _act(call, Trigger.ACCEPT, accept_order)


@command(
    "order.reject",
    path="/orders/{order_id}/reject",
    subject="order_id",
    arguments=RejectArguments,
)
def reject(call: Call, arguments: RejectArguments) -> dict[str, Any]:
    """Refuse the order."""
    return _act(
        call,
        Trigger.REJECT,
        reject_order,
        reason=arguments.reason,
        item_ids=arguments.item_ids,
    )


@command("order.start", path="/orders/{order_id}/start", subject="order_id")
def start(call: Call, _arguments: NoArguments) -> dict[str, Any]:
    """Begin to prepare."""
    return _act(call, Trigger.START, start_preparation)


@command("order.ready", path="/orders/{order_id}/ready", subject="order_id")
def ready(call: Call, _arguments: NoArguments) -> dict[str, Any]:
    """Say that it can be picked up."""
    return _act(call, Trigger.MARK_READY, mark_ready)


@command(
    "order.hand_over",
    path="/orders/{order_id}/hand-over",
    subject="order_id",
    arguments=HandOverArguments,
)
def hand_over_command(call: Call, arguments: HandOverArguments) -> dict[str, Any]:
    """Give the order to its courier, or to the customer who shows the code."""
    return _act(call, Trigger.HAND_OVER, hand_over, code=arguments.code)


@command("order.complete", path="/orders/{order_id}/complete", subject="order_id")
def complete(call: Call, _arguments: NoArguments) -> dict[str, Any]:
    """Close an order that the customer has."""
    return _act(call, Trigger.COMPLETE, complete_order)


@command(
    "order.cancel",
    path="/orders/{order_id}/cancel",
    subject="order_id",
    arguments=CancelArguments,
)
def cancel(call: Call, arguments: CancelArguments) -> dict[str, Any]:
    """Cancel your order while that is free."""
    return _act(call, Trigger.CANCEL, cancel_order, reason=arguments.reason)


@command(
    "order.request_cancellation",
    path="/orders/{order_id}/request-cancellation",
    subject="order_id",
    arguments=CancelArguments,
)
def request(call: Call, arguments: CancelArguments) -> dict[str, Any]:
    """Ask the shop to cancel your order."""
    return _act(call, Trigger.REQUEST_CANCELLATION, request_cancellation, reason=arguments.reason)


@command(
    "order.answer_cancellation",
    path="/orders/{order_id}/answer-cancellation",
    subject="order_id",
    arguments=AnswerCancellationArguments,
)
def answer(call: Call, arguments: AnswerCancellationArguments) -> dict[str, Any]:
    """Agree to cancel the order, or refuse."""
    return _act(call, Trigger.REFUSE_CANCELLATION, answer_cancellation, agree=arguments.agree)


@command("order.stop", path="/orders/{order_id}/stop", subject="order_id", arguments=StopArguments)
def stop(call: Call, arguments: StopArguments) -> dict[str, Any]:
    """End a live order; the customer gets the money back."""
    return _act(
        call,
        Trigger.STOP,
        stop_order,
        because=arguments.note or arguments.reason,
        reason=arguments.reason,
        party=arguments.party,
    )


@command(
    "order.delay", path="/orders/{order_id}/delay", subject="order_id", arguments=DelayArguments
)
def delay(call: Call, arguments: DelayArguments) -> dict[str, Any]:
    """Ask for more minutes."""
    return _act(call, Trigger.DELAY, delay_order, minutes=arguments.minutes)


@command(
    "order.propose_adjustment",
    path="/orders/{order_id}/propose-adjustment",
    subject="order_id",
    arguments=AdjustArguments,
)
def propose(call: Call, arguments: AdjustArguments) -> dict[str, Any]:
    """Ask the customer about sold-out lines."""
    return _act(
        call,
        Trigger.PROPOSE_ADJUSTMENT,
        propose_adjustment,
        quantities=arguments.quantities(),
    )


@command(
    "order.adjust", path="/orders/{order_id}/adjust", subject="order_id", arguments=AdjustArguments
)
def adjust(call: Call, arguments: AdjustArguments) -> dict[str, Any]:
    """Take sold-out units out of the order and give their price back."""
    return _act(call, Trigger.ADJUST, adjust_order, quantities=arguments.quantities())


@command(
    "order.answer_adjustment",
    path="/orders/{order_id}/answer-adjustment",
    subject="order_id",
    arguments=AnswerAdjustmentArguments,
)
def answer_adjusted(call: Call, arguments: AnswerAdjustmentArguments) -> dict[str, Any]:
    """Answer the shop's question about sold-out lines."""
    return _act(call, Trigger.ANSWER_ADJUSTMENT, answer_adjustment, answer=arguments.answer)


@command("order.nudge", path="/orders/{order_id}/nudge", subject="order_id")
def nudge(call: Call, _arguments: NoArguments) -> dict[str, Any]:
    """Ask the shop to hurry."""
    return _act(call, Trigger.NUDGE, nudge_order)


@command(
    "order.reply_nudge",
    path="/orders/{order_id}/reply-nudge",
    subject="order_id",
    arguments=ReplyNudgeArguments,
)
def reply(call: Call, arguments: ReplyNudgeArguments) -> dict[str, Any]:
    """Answer a customer who asks to hurry."""
    return _act(call, Trigger.REPLY_NUDGE, reply_nudge, reply=arguments.reply)


@command(
    "order.convert_to_pickup",
    path="/orders/{order_id}/convert-to-pickup",
    subject="order_id",
    arguments=ByHandArguments,
)
def convert(call: Call, arguments: ByHandArguments) -> dict[str, Any]:
    """Collect a delivery that no courier has taken."""
    return _act(call, Trigger.CONVERT, convert_to_pickup, because=arguments.reason)


@command(
    "order.propose_pickup",
    path="/orders/{order_id}/propose-pickup",
    subject="order_id",
    arguments=ByHandArguments,
)
def propose_to_collect(call: Call, arguments: ByHandArguments) -> dict[str, Any]:
    """Ask the customer to collect a delivery that no courier has taken."""
    return _act(call, Trigger.PROPOSE_PICKUP, propose_pickup, because=arguments.reason)


@command(
    "order.answer_pickup",
    path="/orders/{order_id}/answer-pickup",
    subject="order_id",
    arguments=AnswerPickupArguments,
)
def answer_to_collect(call: Call, arguments: AnswerPickupArguments) -> dict[str, Any]:
    """Come for the order, or have the money back."""
    return _act(call, Trigger.ANSWER_PICKUP, answer_pickup, agree=arguments.agree)


@command("order.hold", path="/orders/{order_id}/hold", subject="order_id", arguments=HoldArguments)
def hold(call: Call, arguments: HoldArguments) -> dict[str, Any]:
    """Freeze the order's promises."""
    return _act(call, Trigger.HOLD, hold_order, because=arguments.reason, reason=arguments.reason)


@command(
    "order.release",
    path="/orders/{order_id}/release",
    subject="order_id",
    arguments=ByHandArguments,
)
def release(call: Call, arguments: ByHandArguments) -> dict[str, Any]:
    """Let the order's promises run again."""
    return _act(call, Trigger.RELEASE, release_order, because=arguments.reason)


def _act(
    call: Call,
    trigger: Trigger,
    step: Callable[..., None],
    *,
    because: str | None = None,
    **arguments: Any,
) -> dict[str, Any]:
    """Lock the order, act in the role that may pull `trigger`, and answer with the new view.

    `because` is why, for what operators do by hand.
    """
    if call.subject_id is None:
        raise NotFound
    order, role = access_order(call.person, call.subject_id, lock=True, trigger=trigger)
    require_version(call.expected_version, order=order, role=role)
    actor = call.actor(role) if because is None else call.actor_by_hand(role, because)
    with unit_of_work(now=call.now, actor=actor, correlation_id=f"order:{order.pk}") as work:
        step(order=order, work=work, **arguments)
        return {"order": answer_view(order.pk, role, work=work)}
