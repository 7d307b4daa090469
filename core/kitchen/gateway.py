"""The command with which a shop prints an order's kitchen ticket."""

from typing import Any, Final

from pydantic import Field

from core.errors import NotAllowed, NotFound
from core.gate.registry import Arguments, Call, command
from core.kitchen.commands import Printing, print_ticket
from core.orders.access import lock_order, roles_in_order


MOST_COPIES: Final = 9
WHO_PRINTS: Final = frozenset({"merchant", "operator"})


class PrintArguments(Arguments):
    """How many copies of the same paper."""

    copies: int = Field(default=1, ge=1, le=MOST_COPIES)


@command(
    "order.print_ticket",
    path="/orders/{order_id}/tickets",
    subject="order_id",
    arguments=PrintArguments,
)
def print_kitchen_ticket(call: Call, arguments: PrintArguments) -> dict[str, Any]:
    """Print the kitchen's ticket: the answer says what stands on it, and whether it is a copy.

    `mark` is `first`, `reprint` (some board printed the same before) or `changed` (with what is
    different from the last paper). Repeat under the same key: it is counted once.
    """
    if call.subject_id is None:
        raise NotFound
    order = lock_order(call.subject_id)
    roles = list(roles_in_order(call.person, order))
    if not roles:
        raise NotFound
    if WHO_PRINTS.isdisjoint(roles):
        raise NotAllowed("only the shop prints its kitchen's tickets")
    printing = Printing(
        person=call.person, device=call.device or "", copies=arguments.copies, now=call.now
    )
    return {"ticket": print_ticket(order=order, printing=printing)}
