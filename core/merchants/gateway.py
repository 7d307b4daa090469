"""Commands about a shop and its menu, as the outside names them."""

from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Any, Final, Self

from pydantic import AwareDatetime, Field, model_validator

from core.errors import Invalid, NotFound
from core.events.work import Work, unit_of_work
from core.gate.registry import Arguments, ByHandArguments, Call, NoArguments, command
from core.gate.run import VersionConflict
from core.merchants.availability import get_next_opening
from core.merchants.commands import (
    be_busy,
    close_merchant,
    end_busy,
    lock_item,
    lock_merchant,
    need_board,
    open_merchant,
    pause_merchant,
    restore_item,
    resume_merchant,
    sell_out_item,
    set_stock,
)
from core.merchants.models import MenuItem, Merchant
from core.merchants.queries import access_merchant
from core.merchants.views import item_view, merchant_view
from core.people.models import Membership


USUAL_PAUSE_MINUTES: Final = 30
LONGEST_PAUSE: Final = timedelta(days=7)


class PauseArguments(ByHandArguments):
    """For how long, or until when, and why; half an hour unless one of the three is given."""

    minutes: int | None = Field(default=None, ge=5, le=24 * 60)
    until: AwareDatetime | None = None
    until_opening: bool = False
    """Until its opening hours begin the next time."""
    reason: str = Field(default="", max_length=40)

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        given = (self.minutes is not None, self.until is not None, self.until_opening)
        if sum(given) > 1:
            raise ValueError("give minutes, until or until_opening")
        return self


class BusyArguments(Arguments):
    """How much longer preparation takes, and for how long; until told otherwise when absent."""

    minutes: int = Field(ge=5, le=60)
    for_minutes: int | None = Field(default=None, ge=5, le=24 * 60)


class BoardArguments(Arguments):
    """Whether orders are answered at a board."""

    needs_board: bool


class NoOpeningHours(Invalid):
    """A shop that is always open has no next opening."""

    code = "no_opening_hours"
    title = "The shop has no opening hours."


class StockArguments(Arguments):
    """How many are left; null lifts the limit, 0 sells out."""

    stock: int | None = Field(ge=0, le=1_000_000)


@command(
    "merchant.open",
    path="/merchants/{merchant_id}/open",
    subject="merchant_id",
    arguments=ByHandArguments,
)
def open_(call: Call, arguments: ByHandArguments) -> dict[str, Any]:
    """Open the shop."""
    merchant = _locked_merchant(call)
    with _working(call, arguments.reason) as work:
        open_merchant(merchant=merchant, work=work)
    return _merchant_answer(merchant)


@command(
    "merchant.close",
    path="/merchants/{merchant_id}/close",
    subject="merchant_id",
    arguments=ByHandArguments,
)
def close(call: Call, arguments: ByHandArguments) -> dict[str, Any]:
    """Close the shop; running orders go on."""
    merchant = _locked_merchant(call)
    with _working(call, arguments.reason) as work:
        close_merchant(merchant=merchant, work=work)
    return _merchant_answer(merchant)


@command(
    "merchant.pause",
    path="/merchants/{merchant_id}/pause",
    subject="merchant_id",
    arguments=PauseArguments,
)
def pause(call: Call, arguments: PauseArguments) -> dict[str, Any]:
    """Take no orders for some minutes, until a time, or until the next opening."""
    merchant = _locked_merchant(call)
    until = _end_of_pause(merchant, arguments, call.now)
    with _working(call, arguments.reason) as work:
        pause_merchant(merchant=merchant, until=until, reason=arguments.reason, work=work)
    return _merchant_answer(merchant)


@command(
    "merchant.set_busy",
    path="/merchants/{merchant_id}/set-busy",
    subject="merchant_id",
    arguments=BusyArguments,
)
def set_busy(call: Call, arguments: BusyArguments) -> dict[str, Any]:
    """Promise later times while the kitchen is busy."""
    merchant = _locked_merchant(call)
    span = arguments.for_minutes
    until = call.now + timedelta(minutes=span) if span is not None else None
    with _working(call) as work:
        be_busy(merchant=merchant, minutes=arguments.minutes, until=until, work=work)
    return _merchant_answer(merchant)


@command("merchant.end_busy", path="/merchants/{merchant_id}/end-busy", subject="merchant_id")
def calm_down(call: Call, _arguments: NoArguments) -> dict[str, Any]:
    """Promise the usual times again."""
    merchant = _locked_merchant(call)
    with _working(call) as work:
        end_busy(merchant=merchant, work=work)
    return _merchant_answer(merchant)


@command(
    "merchant.need_board",
    path="/merchants/{merchant_id}/need-board",
    subject="merchant_id",
    arguments=BoardArguments,
)
def set_board_need(call: Call, arguments: BoardArguments) -> dict[str, Any]:
    """Say whether the shop answers orders at a board, or a point of sale does it."""
    merchant = _locked_merchant(call)
    with _working(call) as work:
        need_board(merchant=merchant, value=arguments.needs_board, work=work)
    return _merchant_answer(merchant)


@command(
    "merchant.resume",
    path="/merchants/{merchant_id}/resume",
    subject="merchant_id",
    arguments=ByHandArguments,
)
def resume(call: Call, arguments: ByHandArguments) -> dict[str, Any]:
    """End the pause."""
    merchant = _locked_merchant(call)
    with _working(call, arguments.reason) as work:
        resume_merchant(merchant=merchant, work=work)
    return _merchant_answer(merchant)


@command("item.sold_out", path="/items/{item_id}/sold-out", subject="item_id")
def sold_out(call: Call, _arguments: NoArguments) -> dict[str, Any]:
    """Take an item off the menu."""
    item = _locked_item(call)
    with _working(call) as work:
        sell_out_item(item=item, work=work)
    return _item_answer(item)


@command("item.restore", path="/items/{item_id}/restore", subject="item_id")
def restore(call: Call, _arguments: NoArguments) -> dict[str, Any]:
    """Offer an item again."""
    item = _locked_item(call)
    with _working(call) as work:
        restore_item(item=item, work=work)
    return _item_answer(item)


@command(
    "item.set_stock",
    path="/items/{item_id}/set-stock",
    subject="item_id",
    arguments=StockArguments,
)
def set_item_stock(call: Call, arguments: StockArguments) -> dict[str, Any]:
    """Say how many of an item are left."""
    item = _locked_item(call)
    with _working(call) as work:
        set_stock(item=item, stock=arguments.stock, work=work)
    return _item_answer(item)


def _end_of_pause(merchant: Merchant, arguments: PauseArguments, now: datetime) -> datetime:
    """Return until when the shop rests.

    :raises NoOpeningHours: it is always open.
    :raises Invalid: that is not within the next week.
    """
    if arguments.until_opening:
        until = get_next_opening(merchant, now)
        if until is None:
            raise NoOpeningHours
    elif arguments.until is not None:
        until = arguments.until
    else:
        until = now + timedelta(minutes=arguments.minutes or USUAL_PAUSE_MINUTES)
    if not now < until <= now + LONGEST_PAUSE:
        raise Invalid("a pause ends within the next week")
    return until


def _working(call: Call, because: str | None = None) -> AbstractContextManager[Work]:
    """Act as operator, unless the caller works for some shop; `because` is why, by hand."""
    staff = Membership.objects.filter(person=call.person).exists()
    role = "operator" if call.person.is_operator and not staff else "merchant"
    actor = call.actor(role) if because is None else call.actor_by_hand(role, because)
    return unit_of_work(now=call.now, actor=actor)


def _locked_merchant(call: Call) -> Merchant:
    if call.subject_id is None:
        raise NotFound
    access_merchant(call.person, call.subject_id)
    merchant = lock_merchant(call.subject_id)
    _compare(call, merchant.version, merchant=merchant_view(merchant))
    return merchant


def _locked_item(call: Call) -> MenuItem:
    if call.subject_id is None:
        raise NotFound
    item = lock_item(call.subject_id)
    access_merchant(call.person, item.merchant_id)
    _compare(call, item.version, item=item_view(item))
    return item


def _compare(call: Call, version: int, **current: Any) -> None:
    if call.expected_version is not None and call.expected_version != version:
        raise VersionConflict(version=version, **current)


def _merchant_answer(merchant: Merchant) -> dict[str, Any]:
    return {**merchant_view(merchant), "version": merchant.version}


def _item_answer(item: MenuItem) -> dict[str, Any]:
    return {**item_view(item), "stock": item.stock, "version": item.version}
