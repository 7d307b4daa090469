"""The simulated provider's books: charges, what was captured, what was given back."""

import secrets
from collections import OrderedDict
from dataclasses import dataclass, field
from enum import StrEnum

from pydantic import Field

from notifications.sandbox.bodies import Body


CHARGE_LIMIT = 20_000


class NewCharge(Body):
    """A wish to be paid."""

    order_id: str = Field(max_length=100)
    amount_minor: int = Field(gt=0, le=10**12)
    currency: str = Field(pattern=r"[A-Z]{3}", min_length=3, max_length=3)
    callback_url: str = Field(pattern=r"^https?://", max_length=500)
    reference: str = Field(min_length=1, max_length=100)
    return_url: str | None = Field(default=None, pattern=r"^(https?://|/)", max_length=500)


class NewRefund(Body):
    """A wish to give money back; ``refund_id`` makes it happen once."""

    charge_id: str
    refund_id: str = Field(min_length=1, max_length=100)
    amount_minor: int = Field(gt=0, le=10**12)


class ChargeStatus(StrEnum):
    """Where a charge stands; the last two are final."""

    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


class BooksRefusedError(Exception):
    """The provider refuses an operation; ``status`` and ``code`` become its answer."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(f"{status} {code}")
        self.status = status
        self.code = code


@dataclass(slots=True)
class Charge:
    """One charge and the refunds made from it."""

    charge_id: str
    wanted: NewCharge
    status: ChargeStatus = ChargeStatus.PENDING
    refunds: dict[str, NewRefund] = field(default_factory=dict)

    @property
    def refunded_minor(self) -> int:
        return sum(refund.amount_minor for refund in self.refunds.values())

    def settle(self, status: ChargeStatus) -> None:
        """Give the charge its final status.

        :raises BooksRefusedError: 409 when it has one.
        """
        if self.status is not ChargeStatus.PENDING:
            raise BooksRefusedError(409, "charge_settled")
        self.status = status

    def view(self) -> dict[str, object]:
        """Return the charge as JSON."""
        return {
            "charge_id": self.charge_id,
            "status": self.status,
            "order_id": self.wanted.order_id,
            "reference": self.wanted.reference,
            "amount_minor": self.wanted.amount_minor,
            "currency": self.wanted.currency,
            "refunded_minor": self.refunded_minor,
        }


class Books:
    """Every charge by its id and by the merchant's reference; the oldest leave when full."""

    def __init__(self) -> None:
        self._charges: OrderedDict[str, Charge] = OrderedDict()
        self._by_reference: dict[str, str] = {}
        self._by_refund: dict[str, str] = {}

    def charge(self, wanted: NewCharge) -> tuple[Charge, bool]:
        """Return the charge for ``wanted.reference`` and whether it is new.

        :raises BooksRefusedError: 409 when the reference was used for something else.
        """
        known = self._by_reference.get(wanted.reference)
        if known is not None:
            charge = self._charges[known]
            if charge.wanted != wanted:
                raise BooksRefusedError(409, "reference_reused")
            return charge, False
        charge = Charge(charge_id=f"ch_{secrets.token_hex(12)}", wanted=wanted)
        self._charges[charge.charge_id] = charge
        self._by_reference[wanted.reference] = charge.charge_id
        if len(self._charges) > CHARGE_LIMIT:
            self._forget_oldest()
        return charge, True

    def get(self, charge_id: str) -> Charge:
        """Return a charge.

        :raises BooksRefusedError: 404 when there is none.
        """
        charge = self._charges.get(charge_id)
        if charge is None:
            raise BooksRefusedError(404, "charge_unknown")
        return charge

    def refund(self, wanted: NewRefund) -> bool:
        """Give money back once per ``refund_id``; return whether this call did it.

        :raises BooksRefusedError: 409 for an uncaptured charge or a reused id, 422 for too much.
        """
        charge = self.get(wanted.charge_id)
        known = self._by_refund.get(wanted.refund_id)
        if known is not None:
            if self._charges[known].refunds[wanted.refund_id] != wanted:
                raise BooksRefusedError(409, "refund_id_reused")
            return False
        if charge.status is not ChargeStatus.SUCCEEDED:
            raise BooksRefusedError(409, "charge_not_captured")
        if charge.refunded_minor + wanted.amount_minor > charge.wanted.amount_minor:
            raise BooksRefusedError(422, "refund_exceeds_captured")
        charge.refunds[wanted.refund_id] = wanted
        self._by_refund[wanted.refund_id] = charge.charge_id
        return True

    def _forget_oldest(self) -> None:
        _, oldest = self._charges.popitem(last=False)
        del self._by_reference[oldest.wanted.reference]
        for refund_id in oldest.refunds:
            del self._by_refund[refund_id]
