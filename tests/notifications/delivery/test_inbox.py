"""The inbox and its stream: replayed changes equal a fresh look, for everyone, at any time."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from core.api.pages import Page
from core.errors import NotFound
from core.events import catalogue as events
from core.events.facts import Actor
from core.events.queries import get_entries, get_snapshot
from core.orders.models import Order
from core.people.models import Person
from notifications.audit import get_audit
from notifications.claims import ALL_CHANNELS, claim_due
from notifications.queries import access_notice, get_funnel, get_inbox
from notifications.receipts import act_on_notice, mark_delivered, mark_seen, see_notice
from tests.notifications.delivery.town import (
    NOON,
    about,
    notice_of,
    offer,
    order,
    person,
    receipt,
    seconds,
    shop,
    staff,
    state,
)


pytestmark = pytest.mark.django_db


def replayed(who: Person) -> dict[str, Any]:
    """What a client has that applied every entry by version and dropped what closed."""
    rows: dict[str, Any] = {}
    for entry in get_entries(f"user:{who.pk}", after=0):
        body = json.loads(entry.body)
        if body["key"] not in rows or rows[body["key"]]["ver"] < body["ver"]:
            rows[body["key"]] = {"key": body["key"], "ver": body["ver"], "d": body["d"]}
    return {key: row for key, row in rows.items() if row["d"]["open"]}


def fresh(who: Person) -> dict[str, Any]:
    snapshot = get_snapshot(f"user:{who.pk}", now=NOON)
    return {row["key"]: row for row in snapshot.rows}


def listed(who: Person, *, unread: bool = False) -> list[str]:
    return [item["template"] for item in get_inbox(who, Page(), unread=unread)["items"]]


@pytest.fixture
def placed() -> Order:
    made = order(shop())
    state(events.ORDER_PLACED, about(made))
    return made


class TestStream:
    def test_equals_a_fresh_snapshot_after_every_change(self, placed: Order) -> None:
        clerk, owner = staff(placed.merchant), staff(placed.merchant, owner=True)
        courier = person("Sun", is_courier=True)
        new = notice_of("new_order")
        merchant = Actor("merchant", str(clerk.pk))
        changes: list[Callable[[], object]] = [
            lambda: mark_delivered(person=clerk, receipts=[receipt(new)], now=NOON),
            lambda: mark_seen(person=owner, receipts=[receipt(new)], now=NOON),
            lambda: act_on_notice(person=clerk, notice_id=new.pk, now=NOON),
            lambda: state(events.ORDER_ACCEPTED, about(placed), actor=merchant),
            lambda: offer(placed, courier),
            lambda: state(events.ORDER_READY, about(placed), actor=merchant),
            lambda: see_notice(
                person=placed.customer, notice_id=notice_of("order_ready").pk, now=NOON
            ),
            lambda: state(events.ORDER_CANCELLED_AFTER_ACCEPTANCE, about(placed)),
        ]
        for change in changes:
            change()
            for who in (clerk, owner, courier, placed.customer):
                assert replayed(who) == fresh(who)

    def test_keeps_an_alert_that_was_only_seen(self, placed: Order) -> None:
        clerk = staff(placed.merchant)
        mark_seen(person=clerk, receipts=[receipt(notice_of("new_order"))], now=NOON)
        (row,) = fresh(clerk).values()
        assert row["d"]["seen_at"] is not None

    def test_drops_an_alert_for_all_when_one_acts(self, placed: Order) -> None:
        clerk, owner = staff(placed.merchant), staff(placed.merchant, owner=True)
        act_on_notice(person=clerk, notice_id=notice_of("new_order").pk, now=NOON)
        assert replayed(owner) == fresh(owner) == {}

    def test_drops_plain_news_that_was_seen(self, placed: Order) -> None:
        state(events.ORDER_ACCEPTED, about(placed))
        notice = notice_of("order_accepted")
        mark_seen(person=placed.customer, receipts=[receipt(notice)], now=NOON)
        assert fresh(placed.customer) == {}


class TestInbox:
    def test_lists_the_newest_first_and_can_leave_out_the_old(self, placed: Order) -> None:
        state(events.ORDER_ACCEPTED, about(placed), now=NOON)
        state(events.ORDER_READY, about(placed), now=NOON + seconds(60))
        assert listed(placed.customer) == ["order_ready", "order_accepted"]
        assert listed(placed.customer, unread=True) == ["order_ready"]

    def test_comes_in_pages_that_lose_nothing_of_one_moment(self, placed: Order) -> None:
        clerk = staff(placed.merchant)
        for _ in range(4):
            state(events.ORDER_PLACED, about(order(placed.merchant)), now=NOON)
        found, after = [], None
        for _ in range(3):
            page = get_inbox(clerk, Page(after=after, limit=2), unread=False)
            found += [item["id"] for item in page["items"]]
            after = page["next"]
        assert after is None
        assert len(set(found)) == len(found) == 5

    def test_speaks_the_readers_language(self) -> None:
        made = order(shop(), customer=person("Ann", locale="en"))
        state(events.ORDER_ACCEPTED, about(made))
        (item,) = get_inbox(made.customer, Page(), unread=True)["items"]
        assert item["title"] == "Order accepted"

    def test_shows_nobody_elses_notice(self, placed: Order) -> None:
        with pytest.raises(NotFound):
            access_notice(person("Zhou"), notice_of("new_order").pk)
        with pytest.raises(NotFound):
            see_notice(person=person("Wu"), notice_id=notice_of("new_order").pk, now=NOON)


class TestAudit:
    def test_tells_the_whole_story(self, placed: Order) -> None:
        claim_due(ALL_CHANNELS, now=NOON + seconds(10))
        audit = get_audit(notice_of("new_order"), now=NOON)
        assert len(audit["recipients"]) == 2
        assert [(each["channel"], each["state"]) for each in audit["deliveries"]][:2] == [
            ("board", "sent"),
            ("push", "leased"),
        ]

    def test_tells_a_recipient_their_own_part(self, placed: Order) -> None:
        owner = staff(placed.merchant, owner=True)
        audit = get_audit(notice_of("new_order"), now=NOON, only=owner)
        assert len(audit["recipients"]) == 1
        assert {each["person_id"] for each in audit["deliveries"]} == {owner.pk, None}

    def test_counts_how_far_notices_came(self, placed: Order) -> None:
        act_on_notice(person=staff(placed.merchant), notice_id=notice_of("new_order").pk, now=NOON)
        (row,) = get_funnel(since=NOON)["notices"]
        assert (row["template"], row["made"], row["acted"]) == ("new_order", 1, 1)


class TestPrice:
    @pytest.mark.parametrize(("currency", "told"), [("CNY", "¥45.00"), ("SEK", "45.00 SEK")])
    def test_is_told_as_people_read_it(self, currency: str, told: str) -> None:
        state(events.ORDER_PLACED, about(order(shop(clerks=1), currency=currency)))
        assert notice_of("new_order").variables["total"] == told
