"""Refusals that tell the caller where the order stands now and who decided it."""

from typing import Any
from uuid import UUID

from core.errors import Conflict, NotAllowed
from core.events.models import Event
from core.events.work import Work
from core.gate.run import VersionConflict
from core.legs.views import courier_view
from core.orders.allowed import is_possible
from core.orders.models import Order
from core.orders.moments import iso
from core.orders.pictures import Picture, get_picture, get_settled_picture
from core.orders.states import WHO_MAY, Trigger
from core.orders.views import order_view


class IllegalStep(Conflict):
    """The order does not stand where the step begins."""

    code = "illegal_transition"
    title = "The order is not where this step begins."


def conflict(
    error: type[Conflict], *, order: Order, role: str, detail: str = "", **members: Any
) -> Conflict:
    """Make the refusal, with the caller's view of the order as it stands in the database."""
    view = get_view(order.pk, role)
    subjects = [f"order:{order.pk}"]
    if error is VersionConflict and view.get("leg"):
        # The leg's steps count in the order's version, too.
        subjects.append(f"leg:{view['leg']['id']}")
    told = {
        "state": order.state,
        "allowed": view["allowed"],
        "order": view,
        "decided_by": get_last_decision(*subjects),
    }
    return error(detail, **told | members)


def require(trigger: Trigger, *, order: Order, work: Work) -> None:
    """Refuse unless the acting role may pull `trigger` on the order now.

    :raises NotAllowed: the role never may.
    :raises IllegalStep: the order stands elsewhere.
    """
    role = work.actor.type
    if role not in WHO_MAY[trigger]:
        raise NotAllowed(f"a {role} may not {trigger} an order")
    if not is_possible(order, trigger, role):
        detail = f"{trigger} is not possible while the order is {order.state}"
        raise conflict(IllegalStep, order=order, role=role, detail=detail)


def require_version(expected: int | None, *, order: Order, role: str) -> None:
    """Refuse a caller who looked at another version.

    :raises VersionConflict: with the order as it is now.
    """
    if expected is not None and expected != order.version:
        raise conflict(VersionConflict, order=order, role=role)


def get_view(order_id: UUID, role: str) -> dict[str, Any]:
    """Return the order as `role` sees it now."""
    return draw_view(get_picture(order_id), role)


def answer_view(order_id: UUID, role: str, *, work: Work) -> dict[str, Any]:
    """Return the order as `role` sees it after the command, which has done all its own."""
    work.react()
    return draw_view(get_settled_picture(order_id), role)


def draw_view(picture: Picture, role: str) -> dict[str, Any]:
    """Return the pictured order as `role` sees it."""
    if role == "courier" and picture.leg is not None:
        return courier_view(picture, picture.leg)
    return order_view(picture, role)


def get_last_decision(*subjects: str) -> dict[str, Any] | None:
    """Who last changed any of the subjects (`kind:<uuid>`), by what and when."""
    events = Event.objects.filter(subject__in=subjects).order_by("-version", "-id")
    last = events.first()
    if last is None:
        return None
    actor = {name: value for name, value in last.actor.items() if name != "reason"}
    return {"actor": actor, "type": last.type, "at": iso(last.occurred_at)}
