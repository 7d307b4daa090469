"""Every frame a client may send, and what comes back, over real sockets."""

from uuid import uuid4

import pytest
from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore

from realtime.client_terms import Refused
from realtime.protocol import Pos
from realtime.tickets import issue_ticket
from tests.realtime.conftest import Shop, make_person
from tests.realtime.raw import raw, welcomed


class TestAuth:
    async def test_is_answered_with_welcome(self, shop: Shop) -> None:
        async with raw(shop) as socket:
            await socket.send({"t": "auth", "ticket": await shop.ticket(), "caps": ["receipt"]})
            welcome = await socket.read("welcome")
            assert welcome["user"] == str(shop.person.pk)
            assert (welcome["lease_s"], welcome["ping_s"]) == (900, 20)

    async def test_speaks_the_named_subprotocol(self, shop: Shop) -> None:
        async with raw(shop, subprotocols=["paidan.v1"]) as socket:
            assert socket.socket.subprotocol == "paidan.v1"

    async def test_is_not_needed_with_a_cookie_from_our_own_page(self, shop: Shop) -> None:
        headers = {"Cookie": f"sessionid={await session(shop)}"}
        origin = f"http://127.0.0.1:{shop.node.port}"
        async with raw(shop, origin=origin, additional_headers=headers) as socket:
            assert (await socket.read("welcome"))["user"] == str(shop.person.pk)

    async def test_is_needed_with_a_cookie_that_shall_not_count(self, shop: Shop) -> None:
        headers = {"Cookie": f"sessionid={await session(shop)}"}
        origin, path = f"http://127.0.0.1:{shop.node.port}", "/ws/v1?auth=ticket"
        another = await sync_to_async(make_person)()
        async with raw(shop, path=path, origin=origin, additional_headers=headers) as socket:
            await socket.send({"t": "auth", "ticket": await sync_to_async(issue_ticket)(another)})
            assert (await socket.read("welcome"))["user"] == str(another.pk)

    async def test_is_needed_with_a_cookie_from_a_foreign_page(self, strict_shop: Shop) -> None:
        headers = {"Cookie": f"sessionid={await session(strict_shop)}"}
        async with raw(
            strict_shop, origin="http://evil.example", additional_headers=headers
        ) as socket:
            assert await socket.close_code() == 4501


class TestCommand:
    async def test_is_answered(self, shop: Shop) -> None:
        async with shop.client() as client:
            answer = await client.command("probe.say", {"topic": shop.topic, "texts": ["1"]})
            assert answer == {"said": 1}

    async def test_is_carried_out_once_for_one_key(self, shop: Shop) -> None:
        arguments = {"topic": shop.topic, "texts": ["1"]}
        async with shop.client() as client:
            await client.command("probe.say", arguments, key="once")
            await client.command("probe.say", arguments, key="once")
            assert (await client.subscribe(shop.topic)).seq == 1

    async def test_is_repeated_by_the_client_after_a_lost_connection(self, shop: Shop) -> None:
        async with shop.client() as client:
            await client.drop()
            answer = await client.command("probe.say", {"topic": shop.topic, "texts": ["1"]})
            assert answer == {"said": 1}

    @pytest.mark.parametrize(
        ("name", "arguments", "code"),
        [
            ("probe.fly", {}, "unknown_command"),
            ("probe.say", {"topic": "x", "texts": [], "more": 1}, "validation_failed"),
            ("order.accept", {"order_id": str(uuid4())}, "not_found"),
        ],
    )
    async def test_is_refused_with_its_own_code(
        self, shop: Shop, name: str, arguments: dict[str, object], code: str
    ) -> None:
        async with shop.client() as client:
            with pytest.raises(Refused, match=code):
                await client.command(name, arguments)


class TestReceipts:
    async def test_travel_with_critical_events_only(self, shop: Shop) -> None:
        async with shop.client() as client:
            board = await client.subscribe(shop.topic)
            await shop.say("quiet")
            await shop.say("loud", shout=True)
            await client.until(lambda: board.seq == 2)
            quiet, loud = board.log[-2:]
            assert quiet.receipt is None
            assert str(loud.receipt).startswith("r_")

    async def test_are_accepted_even_when_unknown(self, shop: Shop) -> None:
        async with shop.client() as client:
            await client.seen("r_00")
            await client.act("r_00")
            await client.command("probe.say", {"topic": shop.topic, "texts": ["1"]})
            assert client.refusals == []


class TestPosition:
    async def test_of_a_courier_reaches_those_who_watch(self, shop: Shop) -> None:
        found: list[str] = []
        async with shop.client() as client:
            client.on_position = lambda frame: found.append(frame.courier)
            board = await client.subscribe(shop.topic)
            text = f'{{"t":"pos","topic":"{shop.topic}","courier":"c","lat":1,"lng":2,"at":""}}'
            message = {"pos": [[shop.topic, text]]}
            await client.command("probe.ring", {"topic": shop.topic, "message": message})
            await client.until(lambda: found == ["c"])
            assert board.seq == 0

    async def test_of_somebody_else_is_refused(self, shop: Shop) -> None:
        async with shop.client() as client:
            await client.report_position(Pos(lat=1, lng=2, at="2026-03-02T04:00:00Z"))
            await client.until(lambda: len(client.refusals) == 1)


class TestZone:
    async def test_is_shown_to_operators_once_a_second(self, shop: Shop) -> None:
        await sync_to_async(promote)(shop)
        topic = f"zone:{uuid4()}"
        async with shop.client() as client:
            zone = await client.subscribe(topic)
            await client.until(lambda: topic in zone.rows)
            assert zone.rows[topic].data["orders"] == {}


class TestRefresh:
    async def test_renews_the_lease_in_band(self, strict_shop: Shop) -> None:
        async with strict_shop.client() as client, welcomed(strict_shop) as other:
            assert await other.close_code() == 4002
            assert client.close_codes == []

    async def test_leaves_topics_that_are_no_longer_ours(self, shop: Shop) -> None:
        async with welcomed(shop) as socket:
            await socket.send({"t": "sub", "id": 1, "topic": shop.topic})
            await socket.read("snap")
            await sync_to_async(shop.person.memberships.all().delete)()
            await socket.send({"t": "refresh", "ticket": await shop.ticket()})
            refused = await socket.read("err")
            assert (refused["code"], refused["d"]) == ("not_found", {"topic": shop.topic})


async def session(shop: Shop) -> str:
    """Log the shop's person in, as a page would; return the session's key."""
    return await sync_to_async(_log_in)(shop)


def _log_in(shop: Shop) -> str:
    store = SessionStore()
    store[SESSION_KEY] = str(shop.person.pk)
    store[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    store[HASH_SESSION_KEY] = shop.person.get_session_auth_hash()
    store.create()
    return str(store.session_key)


def promote(shop: Shop) -> None:
    """Make the shop's person an operator."""
    shop.person.is_operator = True
    shop.person.save(update_fields=["is_operator"])
