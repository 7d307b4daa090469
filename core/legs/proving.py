"""Whether what a courier shows proves that the customer has the order."""

from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from core.errors import Invalid
from core.events.work import Work
from core.legs.models import DeliveryLeg
from core.legs.taking import Taken
from core.orders.guessing import TooManyAttempts, WrongGuess, check_code
from core.orders.models import Order
from core.orders.moments import iso
from core.orders.policy import TIMINGS, PaymentMethod
from core.proofs.policy import CODES, ProofKind, ProofPolicy, Situation, read_policy
from core.proofs.queries import get_stored_file


QR_HEAD = "paidan"


class WrongPin(WrongGuess):
    """The customer's code does not match."""

    code = "wrong_pin"
    title = "That is not the customer's code."


class WrongQr(Invalid):
    """The code that was scanned is another order's, or none of ours."""

    code = "wrong_qr"
    title = "That is not this order's QR code."


class ProofNotAccepted(Invalid):
    """This order wants another kind of proof; `accepted` lists them, `situation` says why."""

    code = "proof_not_accepted"
    title = "This order wants another proof."


class ProofFileUnknown(Invalid):
    """The courier's device names a picture that it has not sent."""

    code = "proof_file_unknown"
    title = "Send the picture first."


@dataclass(frozen=True, slots=True)
class Proof:
    """How delivery is proven: `value` is the code, or the id of the photo or signature."""

    kind: Literal["pin", "qr", "photo", "signature", "operator", "overdue"]
    value: str


def qr_text(order: Order) -> str:
    """Return what the QR code on the customer's page says."""
    return f"{QR_HEAD}:{order.pk}:{order.handover_code}"


def policy_of(order: Order) -> ProofPolicy:
    """Return the policy of the order's zone."""
    return read_policy(order.merchant.zone.proof_policy)


def situation_of(order: Order) -> Situation:
    """Return what makes this order ask for more than another."""
    return policy_of(order).situation(
        is_cash=order.payment_method == PaymentMethod.CASH,
        total_minor=order.total_minor,
        is_contactless=order.is_contactless,
    )


def accepted_kinds(order: Order) -> tuple[ProofKind, ...]:
    """Return the kinds that prove the order's delivery, the one to offer first in front."""
    return policy_of(order).kinds[situation_of(order)]


def prove(proof: Proof, *, leg: DeliveryLeg, taken: Taken, work: Work) -> dict[str, Any]:
    """Check the proof and return what the leg keeps of it.

    A code taken off line that turns out wrong is kept as unverified where the zone trusts its
    couriers so far: the customer is at home with the meal, and an operator looks at it.

    :raises ProofNotAccepted: the order wants another kind.
    :raises ProofFileUnknown: the picture was not sent.
    :raises WrongPin: the code does not match.
    :raises WrongQr: it is another order's.
    :raises TooManyAttempts: too many codes did not match.
    """
    kept: dict[str, Any] = {"kind": proof.kind, "is_verified": True}
    kept["at"] = iso(taken.moment(leg, now=work.now))
    if proof.kind in ("operator", "overdue"):
        return kept | {"value": proof.value}
    kind, order = ProofKind(proof.kind), leg.order
    require_kind(kind, order)
    if kind not in CODES:
        require_file(proof.value, kind=kind, leg=leg)
        return kept | {"value": proof.value}
    try:
        _check_code(kind, proof.value, order=order, work=work)
    except (WrongGuess, WrongQr, TooManyAttempts):
        if not (taken.is_offline and policy_of(order).trusts_offline):
            raise
        order.count_wrong_code(window=TIMINGS.wrong_codes, now=work.now)
        kept["is_verified"] = False
    return kept


def require_kind(kind: ProofKind, order: Order) -> None:
    """Refuse a kind that does not prove this order's delivery.

    :raises ProofNotAccepted: with those that do.
    """
    accepted = accepted_kinds(order)
    if kind not in accepted:
        raise ProofNotAccepted(accepted=list(accepted), situation=situation_of(order))


def require_file(value: str, *, kind: ProofKind, leg: DeliveryLeg) -> None:
    """Refuse a picture that the store does not have.

    :raises ProofFileUnknown: none of that kind was sent for the leg.
    """
    try:
        found = get_stored_file(UUID(value), leg_id=leg.pk)
    except ValueError as error:
        raise ProofFileUnknown from error
    if found is None or found.kind != kind:
        raise ProofFileUnknown


def _check_code(kind: ProofKind, value: str, *, order: Order, work: Work) -> None:
    code = value
    if kind is ProofKind.QR:
        head, _, code = value.rpartition(":")
        if head != f"{QR_HEAD}:{order.pk}":
            raise WrongQr
    check_code(code, order=order, wrong=WrongPin, now=work.now)
