"""Guests read what is named, and nothing that is not."""

import json
from typing import Any

from realtime.event_frames import EventFrame
from realtime.fan_out import Batch
from realtime.feeds import Feed
from realtime.guest_subscriptions import GuestSubscription
from realtime.guest_views import UNTOLD, guest_body, guest_position, guest_row
from tests.unit.realtime.test_fan_out import Viewer, live


ORDER = "order:1"


def body(seq: int = 1, *, kind: str = "order.accepted", **view: Any) -> str:
    event = {"seq": seq, "key": ORDER, "ver": 2, "type": kind, "at": "2026-03-02T04:00:00+00:00"}
    actor = {"type": "merchant", "id": "p1", "device": "tablet"}
    return json.dumps({**event, "actor": actor, "crit": "r_1", "d": view}, separators=(",", ":"))


def view_of(**view: Any) -> Any:
    return guest_row({"key": ORDER, "ver": 1, "d": view})["d"]


class TestRow:
    def test_holds_the_members_that_are_named(self) -> None:
        assert view_of(state="ready", ended_at=None) == {"state": "ready", "ended_at": None}

    def test_withholds_the_others(self) -> None:
        assert view_of(contact={"phone": "1"}, merchant={"phone": "1"}, new=1) == {"merchant": {}}

    def test_withholds_what_a_plain_value_has_become(self) -> None:
        assert view_of(state={"name": "x"}, group=["x"]) == {"state": {}, "group": None}

    def test_says_that_there_is_a_courier_and_not_who(self) -> None:
        courier = {"id": "c1", "name": "Chen", "phone": "1"}
        assert view_of(leg={"courier": courier}) == {"leg": {"courier": {}}}
        assert view_of(leg={"courier": None}) == {"leg": {"courier": None}}
        assert view_of(leg=None) == {"leg": None}

    def test_of_another_thing_is_empty(self) -> None:
        row = guest_row({"key": "person:1", "ver": 1, "d": {"id": "1", "state": "x"}})
        assert row["d"] == {}


class TestEvent:
    def test_keeps_its_place_and_the_role_of_who_acted(self) -> None:
        event = json.loads(guest_body(body(7, state="accepted")))
        assert event == {
            "seq": 7,
            "key": ORDER,
            "ver": 2,
            "type": "order.accepted",
            "at": "2026-03-02T04:00:00+00:00",
            "actor": {"type": "merchant"},
            "d": {"state": "accepted"},
        }

    def test_says_of_money_only_that_something_changed(self) -> None:
        assert json.loads(guest_body(body(kind="refund.requested")))["type"] == UNTOLD

    def test_is_a_frame_like_any_other(self) -> None:
        event = EventFrame(ORDER, 1, body()).for_guests
        assert (event.receipt, event.key) == (None, ORDER)

    def test_gets_its_form_once(self) -> None:
        event = EventFrame(ORDER, 1, body())
        assert event.for_guests is event.for_guests
        batch = Batch([event])
        assert batch.for_guests is batch.for_guests
        assert batch.for_guests.events == [event.for_guests]


class TestPosition:
    def test_is_of_nobody(self) -> None:
        place = {"t": "pos", "topic": ORDER, "courier": "c1", "lat": 1.5, "lng": 2, "at": None}
        assert json.loads(guest_position(json.dumps(place | {"name": "x"}))) == {
            **place,
            "courier": "",
        }


def guest(feed: Feed) -> tuple[GuestSubscription, Any]:
    viewer = Viewer()
    subscription = GuestSubscription(viewer, feed)
    subscription.last = subscription.written = feed.last
    subscription._live = True
    return subscription, viewer.wire


def open_feed() -> Feed:
    feed = Feed(ORDER)
    feed.open("k3", 0)
    return feed


class TestFanOut:
    async def test_hands_all_guests_the_same_bytes_and_people_others(self) -> None:
        feed = open_feed()
        (_, one), (_, two), (_, person) = guest(feed), guest(feed), live(feed)
        feed.offer(1, body(note="secret"))
        assert one.buffers[0] is two.buffers[0]
        assert "secret" not in one.texts[0]
        assert "secret" in person.texts[0]

    async def test_makes_no_form_that_no_guest_needs(self) -> None:
        feed = open_feed()
        live(feed)
        feed.offer(1, body())
        assert feed.ring[0]._for_guests is None

    async def test_gives_batches_without_a_gap(self) -> None:
        feed = open_feed()
        (_, wire), (ahead, rest) = guest(feed), guest(feed)
        ahead.last = ahead.written = 2
        feed.offer_all((seq, body(seq, note="secret")) for seq in (1, 2, 3, 4))
        assert wire.events == [(0, 1), (1, 2), (2, 3), (3, 4)]
        assert rest.events == [(2, 3), (3, 4)]
        assert "secret" not in wire.texts[0] + rest.texts[0]

    async def test_waits_for_no_acknowledgement(self) -> None:
        subscription, _ = guest(feed := open_feed())
        feed.offer(1, body())
        assert subscription.acknowledged(1) == []
