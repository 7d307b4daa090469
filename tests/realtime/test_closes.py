"""Why the server closes: one code each, over real sockets."""

import asyncio
import json
import socket
from typing import Any

import pytest
from asgiref.sync import sync_to_async

from core.events.models import Installation
from core.people.models import Membership
from realtime.client import Client
from realtime.client_terms import Ended
from realtime.tickets import SIGNER
from tests.realtime.conftest import Shop, make_person
from tests.realtime.raw import raw, welcomed


class TestBeforeWelcome:
    async def test_silence_is_no_auth(self, strict_shop: Shop) -> None:
        async with raw(strict_shop) as wire:
            assert await wire.close_code() == 4501

    async def test_a_blocked_server_blames_nobody(self, strict_shop: Shop) -> None:
        seconds = 2 * strict_shop.node.limits["auth_seconds"]
        async with raw(strict_shop) as wire, welcomed(strict_shop) as other:
            await other.send(command("probe.block", seconds=seconds))
            await asyncio.sleep(seconds / 4)
            await wire.send({"t": "auth", "ticket": await strict_shop.ticket()})
            assert (await wire.read("welcome"))["user"] == str(strict_shop.person.pk)

    async def test_another_first_frame_is_no_auth(self, shop: Shop) -> None:
        async with raw(shop) as wire:
            await wire.send({"t": "sub", "id": 1, "topic": shop.topic})
            assert await wire.close_code() == 4501

    @pytest.mark.parametrize(
        "ticket", ["forged", SIGNER.sign_object("no id")], ids=["unsigned", "no id"]
    )
    async def test_a_forged_ticket_is_final(self, shop: Shop, ticket: str) -> None:
        async with raw(shop) as wire:
            await wire.send({"t": "auth", "ticket": ticket})
            assert await wire.close_code() == 4500

    async def test_a_ticket_of_somebody_gone_is_final(self, shop: Shop) -> None:
        shop.person.is_active = False
        await sync_to_async(shop.person.save)()
        with pytest.raises(Ended, match="bad ticket"):
            async with shop.client():
                raise AssertionError

    async def test_another_path_is_refused(self, shop: Shop) -> None:
        with pytest.raises(Exception, match="403"):
            async with raw(shop, path="/ws/v2"):
                raise AssertionError


class TestBadFrames:
    async def test_are_told_of_and_forgiven_twice(self, shop: Shop) -> None:
        async with welcomed(shop) as wire:
            for _ in range(2):
                await wire.send("{}")
                assert (await wire.read("err"))["code"] == "bad_frame"
            await wire.send({"t": "pong"})
            await wire.send("{}")
            await wire.send({"t": "sub", "id": 1, "topic": shop.topic})
            await wire.read("subd")

    @pytest.mark.parametrize(
        "bad",
        [
            "",
            "[]",
            "no JSON",
            b"binary",
            '{"t":"unknown"}',
            '{"t":"pong","more":1}',
            '{"t":"sub","id":-1,"topic":"x"}',
            '{"t":"sub","id":1,"topic":"x","since":{"epoch":"e"}}',
            '{"t":"pos","lat":91,"lng":0,"at":""}',
            '{"t":"seen","r":[]}',
        ],
    )
    async def test_close_after_three_in_a_row(self, shop: Shop, bad: str | bytes) -> None:
        async with welcomed(shop) as wire:
            for _ in range(3):
                await wire.send(bad)
            assert await wire.close_code() == 4505

    async def test_close_at_once_when_too_big(self, shop: Shop) -> None:
        async with welcomed(shop) as wire:
            frame = {"t": "cmd", "id": 1, "name": "x", "args": {"text": "饭" * 22_000}}
            await wire.send(json.dumps(frame, ensure_ascii=False))
            assert await wire.close_code() == 4505


class TestLater:
    async def test_no_pong_closes(self, strict_shop: Shop) -> None:
        async with welcomed(strict_shop) as wire:
            assert await wire.close_code(pong=False) == 4012

    async def test_an_expired_lease_closes(self, strict_shop: Shop) -> None:
        async with welcomed(strict_shop) as wire:
            assert await wire.close_code() == 4002

    async def test_a_ticket_of_another_person_closes(self, shop: Shop) -> None:
        other = Shop(shop.node, await sync_to_async(make_person)())
        async with welcomed(shop) as wire:
            await wire.send({"t": "refresh", "ticket": await other.ticket()})
            assert await wire.close_code() == 4500

    async def test_a_revoked_person_is_closed_on_every_socket(self, shop: Shop) -> None:
        async with welcomed(shop) as one, welcomed(shop) as two:
            message = {"revoke": [str(shop.person.pk)]}
            await one.send(command("probe.ring", topic=shop.topic, message=message))
            assert await one.close_code() == await two.close_code() == 4503

    @pytest.mark.parametrize("deed", ["dismissed", "no courier", "deactivated"])
    async def test_who_loses_a_right_is_closed_at_once(self, shop: Shop, deed: str) -> None:
        other = Shop(shop.node, await sync_to_async(make_person)(is_courier=True))
        await sync_to_async(Membership.objects.create)(
            person=other.person, merchant_id=shop.merchant_id
        )
        operator = Shop(shop.node, await sync_to_async(make_person)(is_operator=True))
        person_id = str(other.person.pk)
        name, arguments = {
            "dismissed": (
                "staff.dismiss",
                {"merchant_id": str(shop.merchant_id), "person_id": person_id},
            ),
            "no courier": ("person.dismiss_courier", {"person_id": person_id}),
            "deactivated": ("person.deactivate", {"person_id": person_id}),
        }[deed]
        async with welcomed(other) as one, welcomed(other) as two, operator.client() as boss:
            await boss.command(name, arguments)
            assert await one.close_code() == await two.close_code() == 4503

    async def test_a_new_epoch_closes_those_who_follow_the_old_one(self, shop: Shop) -> None:
        async with welcomed(shop) as wire:
            await wire.send({"t": "sub", "id": 1, "topic": shop.topic})
            await wire.read("snap")
            await sync_to_async(Installation.objects.update)(epoch="restored")
            assert await wire.close_code() == 4003

    async def test_too_many_waiting_requests_close(self, shop: Shop) -> None:
        async with welcomed(shop) as wire:
            for _ in range(200):
                await wire.send(command("probe.say", topic=shop.topic, texts=["x"]))
            assert await wire.close_code() == 4013

    async def test_too_many_sockets_of_one_person_close(self, strict_shop: Shop) -> None:
        async with welcomed(strict_shop), welcomed(strict_shop), raw(strict_shop) as third:
            await third.send({"t": "auth", "ticket": await strict_shop.ticket()})
            assert await third.close_code() == 4504


class TestSlowReader:
    async def test_is_closed_while_others_go_on(self, shop: Shop) -> None:
        async with shop.client() as quick, welcomed(shop, sock=narrow(shop), max_queue=1) as slow:
            board = await quick.subscribe(shop.topic)
            await slow.send({"t": "sub", "id": 1, "topic": shop.topic})
            await slow.read("subd")
            while not await slow_closes(quick) and board.seq < 2000:
                arguments = {"topic": shop.topic, "texts": ["x" * 3000] * 20, "scatter": True}
                await quick.command("probe.say", arguments)
            assert await slow.close_code() in {4008, 1006}
            await quick.until(lambda: board.seq % 20 == 0)
            assert await slow_closes(quick) == 1
            assert quick.close_codes == []


async def slow_closes(client: Client) -> int:
    """Count the sockets that the node has closed because they were too slow."""
    return int((await client.command("probe.closes")).get("4008", 0))


def narrow(shop: Shop) -> socket.socket:
    """Connect a socket whose kernel keeps little, so that its reader is slow at once."""
    narrowed = socket.socket()
    narrowed.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    narrowed.connect(("127.0.0.1", shop.node.port))
    narrowed.settimeout(0)
    return narrowed


def command(name: str, **arguments: Any) -> dict[str, Any]:
    return {"t": "cmd", "id": 1, "name": name, "args": arguments}
