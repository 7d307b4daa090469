"""Commands about a shop and its menu, as the outside names them."""

from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

from pydantic import Field

from core.errors import NotFound
from core.events.work import Work, unit_of_work
from core.gate.registry import Arguments, Call, NoArguments, command
from core.gate.run import VersionConflict
from core.merchants.commands import (
    close_merchant,
    lock_item,
    lock_merchant,
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


class PauseArguments(Arguments):
    """For how long, and why."""

    minutes: int = Field(default=30, ge=5, le=24 * 60)
    reason: str = Field(default="", max_length=40)


class StockArguments(Arguments):
    """How many are left; null lifts the limit, 0 sells out."""

    stock: int | None = Field(ge=0, le=1_000_000)


@command("merchant.open", path="/merchants/{merchant_id}/open", subject="merchant_id")
def open_(call: Call, _arguments: NoArguments) -> dict[str, Any]:
    """Open the shop."""
    merchant = _locked_merchant(call)
    with _working(call) as work:
        open_merchant(merchant=merchant, work=work)
    return _merchant_answer(merchant)


@command("merchant.close", path="/merchants/{merchant_id}/close", subject="merchant_id")
def close(call: Call, _arguments: NoArguments) -> dict[str, Any]:
    """Close the shop; running orders go on."""
    merchant = _locked_merchant(call)
    with _working(call) as work:
        close_merchant(merchant=merchant, work=work)
    return _merchant_answer(merchant)


@command(
    "merchant.pause",
    path="/merchants/{merchant_id}/pause",
    subject="merchant_id",
    arguments=PauseArguments,
)
def pause(call: Call, arguments: PauseArguments) -> dict[str, Any]:
    """Take no orders for some minutes."""
    merchant = _locked_merchant(call)
    with _working(call) as work:
        pause_merchant(
            merchant=merchant,
            duration=timedelta(minutes=arguments.minutes),
            reason=arguments.reason,
            work=work,
        )
    return _merchant_answer(merchant)


@command("merchant.resume", path="/merchants/{merchant_id}/resume", subject="merchant_id")
def resume(call: Call, _arguments: NoArguments) -> dict[str, Any]:
    """End the pause."""
    merchant = _locked_merchant(call)
    with _working(call) as work:
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


def _working(call: Call) -> AbstractContextManager[Work]:
    """Act as operator, unless the caller works for some shop."""
    staff = Membership.objects.filter(person=call.person).exists()
    role = "operator" if call.person.is_operator and not staff else "merchant"
    return unit_of_work(now=call.now, actor=call.actor(role))


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
