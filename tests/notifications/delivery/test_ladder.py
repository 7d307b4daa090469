"""Alerts climb until somebody acts, and not a step further."""

from datetime import datetime

import pytest

from core.events import catalogue as events
from core.events.facts import Actor, Subject
from core.orders.models import Order
from notifications.channels.result import Outcome, SendResult
from notifications.claims import ALL_CHANNELS, Claim, claim_due
from notifications.models import Delivery, Notice, RecipientNotice
from notifications.receipts import mark_acted, mark_delivered, mark_seen
from notifications.results import Answer, Finished, store
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
    states,
)


pytestmark = pytest.mark.django_db


def climb(now: datetime) -> list[tuple[str, int]]:
    """Claim what is due, let every provider take it, and return channel and step of each."""
    claims, _ = claim_due(ALL_CHANNELS, now=now)
    store([Finished(claim=claim, answers=_taken(claim)) for claim in claims], now=now)
    rows = Delivery.objects.in_bulk([claim.delivery_id for claim in claims])
    return sorted((row.channel, row.step) for row in rows.values())


def _taken(claim: Claim) -> tuple[Answer, ...]:
    return (Answer(result=SendResult(Outcome.SENT, "http_201"), subscription_id=1),)


@pytest.fixture
def placed() -> Order:
    made = order(shop())
    state(events.ORDER_PLACED, about(made), actor=Actor("customer", str(made.customer_id)))
    return made


class TestNewOrder:
    def test_is_on_the_board_at_once_and_plans_its_ladder(self, placed: Order) -> None:
        assert states(notice_of("new_order")) == [
            ("board", 0, "sent"),
            ("push", 1, "pending"),
            ("push", 2, "pending"),
            ("push", 2, "pending"),
            ("sms", 3, "pending"),
            ("sms", 3, "pending"),
            ("call", 4, "pending"),
            ("call", 4, "pending"),
            ("operator", 5, "pending"),
        ]

    def test_climbs_when_nobody_reacts(self, placed: Order) -> None:
        person("Zhao", is_operator=True)
        assert climb(NOON + seconds(9.9)) == []
        assert climb(NOON + seconds(10)) == [("push", 1)]
        assert climb(NOON + seconds(30)) == [("push", 2), ("push", 2)]
        assert climb(NOON + seconds(60)) == [("sms", 3), ("sms", 3)]
        assert climb(NOON + seconds(90)) == [("call", 4), ("call", 4)]
        climb(NOON + seconds(180))
        assert states(notice_of("new_order"))[-1] == ("operator", 5, "sent")
        assert notice_of("alert_unanswered").order_id == placed.pk

    def test_skips_the_first_push_once_a_device_has_it(self, placed: Order) -> None:
        notice = notice_of("new_order")
        clerk = staff(placed.merchant)
        assert mark_delivered(person=clerk, receipts=[receipt(notice)], now=NOON) == 1
        assert climb(NOON + seconds(10)) == []
        assert states(notice)[:2] == [("board", 0, "confirmed"), ("push", 1, "cancelled")]
        assert climb(NOON + seconds(30)) == [("push", 2), ("push", 2)]

    def test_stops_for_everybody_when_one_device_acts(self, placed: Order) -> None:
        notice = notice_of("new_order")
        clerk = staff(placed.merchant)
        mark_acted(person=clerk, receipts=[receipt(notice)], now=NOON + seconds(5))
        assert {each for _, _, each in states(notice)[1:]} == {"cancelled"}
        assert not RecipientNotice.objects.filter(closed_at__isnull=True).exists()
        assert climb(NOON + seconds(300)) == []

    def test_keeps_ringing_when_it_was_only_seen(self, placed: Order) -> None:
        notice = notice_of("new_order")
        mark_seen(person=staff(placed.merchant), receipts=[receipt(notice)], now=NOON)
        assert climb(NOON + seconds(30)) == [("push", 2), ("push", 2)]

    def test_stops_when_the_order_is_accepted(self, placed: Order) -> None:
        clerk = staff(placed.merchant)
        state(events.ORDER_ACCEPTED, about(placed), actor=Actor("merchant", str(clerk.pk)))
        notice = notice_of("new_order")
        assert (notice.acted_by, notice.close_code) == (clerk.pk, "order.accepted")
        assert climb(NOON + seconds(60)) == [("push", 1)]
        assert notice_of("order_accepted").recipients.get().person_id == placed.customer_id

    def test_does_not_heed_a_stranger(self, placed: Order) -> None:
        notice = notice_of("new_order")
        stranger = person("Zhou")
        receipts = [receipt(notice), "r_nonsense", "other"]
        assert mark_acted(person=stranger, receipts=receipts, now=NOON) == 0
        assert mark_delivered(person=stranger, receipts=receipts, now=NOON) == 0

    def test_heeds_staff_who_came_later(self, placed: Order) -> None:
        notice = notice_of("new_order")
        newcomer = person("Zhou")
        newcomer.memberships.create(merchant=placed.merchant)
        assert mark_acted(person=newcomer, receipts=[receipt(notice)], now=NOON) == 1
        assert climb(NOON + seconds(60)) == []

    def test_ends_with_its_accept_deadline(self, placed: Order) -> None:
        assert climb(NOON + seconds(301)) == []
        assert {each for _, _, each in states(notice_of("new_order"))[1:]} == {"expired"}


class TestPickupOffer:
    def test_is_pushed_at_once_and_again_before_it_expires(self, placed: Order) -> None:
        offer(placed, person("Sun", is_courier=True))
        assert climb(NOON) == [("push", 1)]
        assert climb(NOON + seconds(15)) == [("push", 1), ("push", 2)]

    def test_stops_when_the_courier_answers(self, placed: Order) -> None:
        courier = person("Sun", is_courier=True)
        made = Subject(kind="offer", id=offer(placed, courier))
        state(events.DELIVERY_OFFER_DECLINED, made, actor=Actor("courier", str(courier.pk)))
        notice = notice_of("pickup_offer")
        assert {each for _, _, each in states(notice)[1:]} == {"cancelled"}
        assert (notice.acted_by, notice.close_code) == (courier.pk, "delivery.offer_declined")

    def test_stops_when_the_offer_expires(self, placed: Order) -> None:
        made = Subject(kind="offer", id=offer(placed, person("Sun", is_courier=True)))
        state(events.DELIVERY_OFFER_EXPIRED, made)
        notice = notice_of("pickup_offer")
        assert (notice.acted_at, notice.close_code) == (None, "delivery.offer_expired")


class TestCustomer:
    def test_is_told_of_steps_and_not_of_stale_ones(self, placed: Order) -> None:
        merchant = Actor("merchant", str(staff(placed.merchant).pk))
        state(events.ORDER_ACCEPTED, about(placed), actor=merchant)
        state(events.ORDER_READY, about(placed), actor=merchant)
        assert states(notice_of("order_accepted")) == [("push", 1, "cancelled")]
        assert states(notice_of("order_ready")) == [("push", 1, "pending")]

    def test_is_not_told_of_their_own_deeds(self, placed: Order) -> None:
        customer = Actor("customer", str(placed.customer_id))
        state(events.ORDER_CANCELLED, about(placed), actor=customer)
        assert not Notice.objects.filter(template="order_cancelled").exists()
        assert notice_of("new_order").close_code == "order.cancelled"

    def test_is_asked_until_they_answer(self, placed: Order) -> None:
        state(events.ORDER_ADJUSTMENT_PROPOSED, about(placed))
        climb(NOON)
        notice = notice_of("adjustment_proposed")
        assert states(notice)[1] == ("push", 1, "sent")
        state(events.ORDER_ADJUSTED, about(placed))
        assert {each for _, _, each in states(notice)[2:]} == {"cancelled"}


class TestStop:
    def test_must_be_acknowledged_by_the_shop(self, placed: Order) -> None:
        customer = Actor("customer", str(placed.customer_id))
        state(events.ORDER_CANCELLED_AFTER_ACCEPTANCE, about(placed), actor=customer)
        notice = notice_of("order_stopped")
        assert climb(NOON + seconds(10)) == [("push", 1)]
        mark_acted(person=staff(placed.merchant), receipts=[receipt(notice)], now=NOON)
        assert climb(NOON + seconds(60)) == []
