"""Promises about an order: set, dropped, and frozen while an operator holds it."""

from datetime import datetime

from core.deadlines.commands import clear_deadlines, hold_deadlines, set_deadline
from core.events.work import Work
from core.orders.models import Order
from core.orders.policy import DEADLINE_OVERDUE, TIMINGS


def promise(kind: str, *, order: Order, due_at: datetime, work: Work) -> None:
    """Let `kind` fire at `due_at`; a held order's promise is born frozen."""
    set_deadline(kind, subject=order.pk, due_at=due_at, work=work)
    if order.held_at is not None:
        hold_deadlines(subject=order.pk, kinds=[kind], now=work.now)


def promise_end(*, order: Order, work: Work) -> None:
    """Every live order ends some day, even when everybody forgets it."""
    promised_at = order.promised_at or work.now
    promise(DEADLINE_OVERDUE, order=order, due_at=promised_at + TIMINGS.overdue, work=work)


def drop(*kinds: str, order: Order) -> None:
    """Forget the promises of `kinds`."""
    clear_deadlines(subject=order.pk, kinds=kinds)


def drop_all(*, order: Order) -> None:
    """Forget every promise about an order that has ended."""
    clear_deadlines(subject=order.pk)
