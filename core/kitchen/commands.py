"""Prints an order's kitchen ticket: remembers what the paper says, and tells what it is."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from core.errors import Conflict
from core.kitchen.content import Printed, judge
from core.kitchen.models import TicketPrint
from core.orders.models import Order
from core.orders.moments import iso
from core.orders.states import State
from core.people.models import Person


MOST_PRINTS: Final = 200
"""Of one order: a program that prints in a loop is told to stop."""


class NothingToPrint(Conflict):
    """The shop has not been given the order yet."""

    code = "nothing_to_print"
    title = "The order is not the shop's yet."


class TooManyPrints(Conflict):
    """Nobody needs so much paper."""

    code = "too_many_prints"
    title = "This order was printed often enough."


@dataclass(frozen=True, slots=True, kw_only=True)
class Printing:
    """Who prints how many copies, where and when."""

    person: Person
    device: str
    copies: int
    now: datetime


def print_ticket(*, order: Order, printing: Printing) -> dict[str, Any]:
    """Remember a print of the locked order's ticket; return what goes on the paper.

    The ticket's `id` is the order's own, however often and wherever it is printed; `code` names
    the revision as well, so that a program that scans two copies knows them for one.

    :raises NothingToPrint: before the shop has the order.
    :raises TooManyPrints: after very many.
    """
    if order.placed_at is None:
        raise NothingToPrint
    prints = TicketPrint.objects.filter(order=order).select_related("person")
    last = prints.order_by("-serial").first()
    if last is not None and last.serial >= MOST_PRINTS:
        raise TooManyPrints
    content = _content(order)
    verdict = judge(content, Printed(last.content, last.revision) if last else None)
    made = TicketPrint.objects.create(
        order=order,
        serial=last.serial + 1 if last else 1,
        revision=verdict.revision,
        mark=verdict.mark,
        order_version=order.version,
        content=content,
        copies=printing.copies,
        person=printing.person,
        device=printing.device,
        printed_at=printing.now,
    )
    return _view(made, verdict.changes, last)


def _content(order: Order) -> dict[str, Any]:
    """What the kitchen works by; a paper that says the same is a copy."""
    return {
        "lines": [
            {"id": str(line.pk), "name": line.name, "quantity": line.quantity}
            for line in order.lines.order_by("position")
        ],
        "fulfilment": str(order.fulfilment),
        "is_cancelled": order.state == State.CANCELLED,
    }


def _view(
    made: TicketPrint, changes: tuple[dict[str, Any], ...], last: TicketPrint | None
) -> dict[str, Any]:
    return {
        "id": str(made.order_id),
        "code": f"paidan:ticket:{made.order_id}:{made.revision}",
        "serial": made.serial,
        "revision": made.revision,
        "mark": made.mark,
        "copies": made.copies,
        "order_version": made.order_version,
        "printed_at": iso(made.printed_at),
        **made.content,
        "changes": list(changes),
        "before": {"at": iso(last.printed_at), "by": last.person.name} if last else None,
    }
