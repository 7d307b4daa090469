"""The push service accepts only what a real one accepts, and really reads it."""

import time
from pathlib import Path
from typing import Any

import pytest

from notifications.sandbox.server import SandboxOptions
from tests.notifications.running import SandboxClient, running_sandbox
from tests.notifications.sandbox.wire import authorization, encrypt, push


class TestSender:
    async def test_a_correct_push_is_shown(self, sandbox: SandboxClient) -> None:
        subscription = await sandbox.device()
        status, location = await push(sandbox, subscription)
        assert status == 201
        assert location.startswith("/push/messages/")
        shown = await sandbox.screen(subscription)
        assert shown["cards"][0]["message"] == {"title": "hello", "tag": "t"}

    @pytest.mark.parametrize(
        ("header", "status", "code"),
        [
            (None, 401, "vapid_missing"),
            ("Bearer abc", 401, "vapid_missing"),
            ("vapid t=abc", 401, "vapid_unreadable"),
            ("vapid t=a.b.c,k=AAAA", 403, "vapid_key_mismatch"),
        ],
    )
    async def test_an_unreadable_sender_is_refused(
        self, sandbox: SandboxClient, header: str | None, status: int, code: str
    ) -> None:
        subscription = await sandbox.device()
        answered = await push(sandbox, subscription, headers={"Authorization": header})
        assert answered == (status, code)

    @pytest.mark.parametrize(
        ("claims", "code"),
        [
            ({"aud": "https://other.example"}, "vapid_audience_mismatch"),
            ({"exp": 1}, "vapid_expiry_invalid"),
            ({"exp": int(time.time()) + 25 * 3600}, "vapid_expiry_invalid"),
            ({"exp": "tomorrow"}, "vapid_expiry_invalid"),
            ({"sub": "nobody"}, "vapid_subject_missing"),
        ],
    )
    async def test_a_wrong_claim_is_refused(
        self, sandbox: SandboxClient, claims: dict[str, Any], code: str
    ) -> None:
        subscription = await sandbox.device()
        header = authorization(sandbox, **claims)
        answered = await push(sandbox, subscription, headers={"Authorization": header})
        assert answered == (403, code)

    @pytest.mark.parametrize("token", ["{t}x.y.z", "a.b.c", "e30.{t}", "...."])
    async def test_a_broken_signature_is_refused(self, sandbox: SandboxClient, token: str) -> None:
        subscription = await sandbox.device()
        good, _, key = authorization(sandbox).removeprefix("vapid t=").partition(",k=")
        header = f"vapid t={token.format(t=good)},k={key}"
        answered = await push(sandbox, subscription, headers={"Authorization": header})
        assert answered == (403, "vapid_signature_invalid")


class TestHeaders:
    @pytest.mark.parametrize(
        ("headers", "code"),
        [
            ({"Content-Encoding": "aesgcm"}, "content_encoding_invalid"),
            ({"Content-Encoding": None}, "content_encoding_invalid"),
            ({"TTL": None}, "ttl_invalid"),
            ({"TTL": "-1"}, "ttl_invalid"),
            ({"Urgency": "urgent"}, "urgency_invalid"),
            ({"Topic": "t" * 33}, "topic_invalid"),
            ({"Topic": "a b"}, "topic_invalid"),
        ],
    )
    async def test_a_wrong_header_is_refused(
        self, sandbox: SandboxClient, headers: dict[str, str | None], code: str
    ) -> None:
        subscription = await sandbox.device()
        assert await push(sandbox, subscription, headers=headers) == (400, code)


class TestBody:
    @pytest.mark.parametrize("at", [0, 20, 30, 90, -1])
    async def test_tampered_bytes_are_refused(self, sandbox: SandboxClient, at: int) -> None:
        subscription = await sandbox.device()
        body = bytearray(encrypt(subscription))
        body[at] ^= 1
        answered = await push(sandbox, subscription, body=bytes(body))
        assert answered == (400, "undecryptable")
        assert (await sandbox.screen(subscription))["cards"] == []

    @pytest.mark.parametrize("length", [1, 20, 86, 100])
    async def test_a_cut_body_is_refused(self, sandbox: SandboxClient, length: int) -> None:
        subscription = await sandbox.device()
        body = encrypt(subscription)[:length]
        assert await push(sandbox, subscription, body=body) == (400, "undecryptable")

    async def test_a_body_over_4096_bytes_is_too_large(self, sandbox: SandboxClient) -> None:
        subscription = await sandbox.device()
        body = encrypt(subscription, b"x" * 3994)
        assert await push(sandbox, subscription, body=body) == (413, "body_too_large")

    async def test_plain_text_is_shown_as_a_body(self, sandbox: SandboxClient) -> None:
        subscription = await sandbox.device()
        await push(sandbox, subscription, body=encrypt(subscription, b"hello"))
        shown = await sandbox.screen(subscription)
        assert shown["cards"][0]["message"] == {"body": "hello"}


async def connect(sandbox: SandboxClient, subscription: Any, *, online: bool) -> None:
    path = f"/push/devices/{subscription['device_id']}/connection"
    assert (await sandbox.call("PUT", path, {"online": online}))[0] == 200


class TestDevice:
    async def test_the_same_topic_replaces_what_waits(self, sandbox: SandboxClient) -> None:
        subscription = await sandbox.device()
        await connect(sandbox, subscription, online=False)
        for number in (1, 2):
            body = encrypt(subscription, b'{"title":"%d"}' % number)
            await push(sandbox, subscription, body=body, headers={"Topic": "same"})
        assert (await sandbox.screen(subscription))["waiting_count"] == 1
        await connect(sandbox, subscription, online=True)
        shown = await sandbox.screen(subscription)
        assert [card["message"]["title"] for card in shown["cards"]] == ["2"]

    async def test_a_ttl_of_zero_never_waits(self, sandbox: SandboxClient) -> None:
        subscription = await sandbox.device()
        await connect(sandbox, subscription, online=False)
        assert (await push(sandbox, subscription, headers={"TTL": "0"}))[0] == 201
        await connect(sandbox, subscription, online=True)
        assert (await sandbox.screen(subscription))["cards"] == []

    async def test_an_ended_subscription_answers_410(self, sandbox: SandboxClient) -> None:
        subscription = await sandbox.device()
        await sandbox.call("DELETE", f"/push/devices/{subscription['device_id']}")
        assert await push(sandbox, subscription) == (410, "subscription_gone")

    async def test_an_unknown_device_answers_404(self, sandbox: SandboxClient) -> None:
        for method, path in (("GET", ""), ("DELETE", ""), ("PUT", "/connection")):
            body = {"online": True} if method == "PUT" else None
            status, _ = await sandbox.call(method, f"/push/devices/none{path}", body)
            assert status == 404

    @pytest.mark.parametrize("key", ["", "AAAA", "A" * 87, "not base64!"])
    async def test_a_wrong_server_key_cannot_subscribe(
        self, sandbox: SandboxClient, key: str
    ) -> None:
        wanted = {"label": "l", "person": "p", "vapid_public_key": key}
        assert (await sandbox.call("POST", "/push/devices", wanted))[0] == 422

    async def test_keys_survive_a_restart(self, tmp_path: Path) -> None:
        options = SandboxOptions(state_file=tmp_path / "devices.json")
        async with running_sandbox(options) as first:
            kept, ended = await first.device(), await first.device()
            await first.call("DELETE", f"/push/devices/{ended['device_id']}")
        async with running_sandbox(options) as second:
            for subscription, expected in ((kept, 201), (ended, 410)):
                path = f"/push/{subscription['device_id']}"
                moved = {**subscription, "endpoint": second.url + path}
                assert (await push(second, moved))[0] == expected
        assert (tmp_path / "devices.json").stat().st_mode & 0o077 == 0


class TestLedger:
    async def test_every_request_is_recorded(self, sandbox: SandboxClient) -> None:
        subscription = await sandbox.device()
        await sandbox.fault("push", "500")
        await push(sandbox, subscription)
        await push(sandbox, subscription, headers={"TTL": None})
        await push(sandbox, subscription)
        entries = await sandbox.ledger("push")
        assert [entry.get("status") for entry in entries] == [None, 400, 201]
        assert [entry["fault"] for entry in entries] == ["500", None, None]

    async def test_is_bounded_and_says_what_it_dropped(self) -> None:
        async with running_sandbox(SandboxOptions(ledger_limit=2)) as sandbox:
            subscription = await sandbox.device()
            for _ in range(3):
                await push(sandbox, subscription)
            _, page = await sandbox.call("GET", "/ledger/push?since=2")
        assert (page["recorded_count"], page["dropped_count"]) == (3, 1)
        assert [entry["number"] for entry in page["entries"]] == [3]
