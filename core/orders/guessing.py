"""Codes that only the customer knows: wrong ones are counted, and too many end the guessing."""

from datetime import datetime
from typing import Any

from django.db import transaction

from core.errors import Invalid, PaidanError
from core.orders.models import Order
from core.orders.policy import TIMINGS, WRONG_CODES_IN_WINDOW


class TooManyAttempts(PaidanError):
    """The order's code cannot be tried until `until`."""

    code = "too_many_attempts"
    title = "Too many wrong codes; please wait."
    status = 429
    retryable = True


class WrongGuess(Invalid):
    """The code is not the order's."""

    def __init__(self, order: Order, **extra: Any) -> None:
        """Remember whose code was guessed."""
        super().__init__(**extra)
        self._order_id = order.pk

    def after_rollback(self, now: datetime) -> None:
        """Count it, since the refusal took the command's own transaction back."""
        with transaction.atomic():
            order = Order.objects.select_for_update().get(pk=self._order_id)
            order.count_wrong_code(window=TIMINGS.wrong_codes, now=now)
            order.save()


def check_code(guess: str | None, *, order: Order, wrong: type[WrongGuess], now: datetime) -> None:
    """Compare `guess` with the locked order's code.

    :raises TooManyAttempts: too many wrong ones came lately; the right one is refused, too.
    :raises WrongGuess: `wrong`, when it is not the code.
    """
    since = order.wrong_code_since
    is_recent = since is not None and now < since + TIMINGS.wrong_codes
    if since is not None and is_recent and order.wrong_code_count >= WRONG_CODES_IN_WINDOW:
        raise TooManyAttempts(until=since + TIMINGS.wrong_codes)
    if guess != order.handover_code:
        raise wrong(order)
