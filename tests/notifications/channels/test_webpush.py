"""Web push against a push service that decrypts and checks signatures."""

import json
import time
from email.utils import formatdate
from typing import Any

import pytest

from notifications.channels.result import Outcome, SendResult
from notifications.channels.vapid import generate_private_key
from notifications.channels.webpush import PayloadTooLargeError, WebPushChannel
from tests.notifications.receiver import Receiver
from tests.notifications.running import VAPID_SUBJECT, SandboxClient, opened_lines


MESSAGE = {"title": "新订单 New order", "body": "3 dishes", "tag": "notice1"}


async def send(channel: WebPushChannel, subscription: Any, **changes: Any) -> SendResult:
    wishes: dict[str, Any] = {"ttl_seconds": 60, "urgency": "high", "topic": "notice1", **changes}
    payload = wishes.pop("payload", json.dumps(MESSAGE).encode())
    return await channel.send(subscription, payload, **wishes)


def channel_with(sandbox: SandboxClient, **changes: Any) -> WebPushChannel:
    settings: dict[str, Any] = {
        "vapid_private_keys": [generate_private_key()],
        "vapid_subject": VAPID_SUBJECT,
        "allowed_hosts": ["push.example.org"],
        "allow_loopback": True,
        "timeout_seconds": 2.0,
        "lines": sandbox.lines,
    }
    return WebPushChannel(**(settings | changes))


class TestSend:
    async def test_shows_the_message_on_the_device(
        self, sandbox: SandboxClient, webpush: WebPushChannel
    ) -> None:
        subscription = await sandbox.device()
        result = await send(webpush, subscription)
        assert result.outcome is Outcome.SENT
        assert result.provider_id is not None
        assert result.provider_id.startswith("/push/messages/")
        shown = await sandbox.screen(subscription)
        assert [card["message"] for card in shown["cards"]] == [MESSAGE]

    async def test_a_repeat_is_invisible_but_recorded(
        self, sandbox: SandboxClient, webpush: WebPushChannel
    ) -> None:
        subscription = await sandbox.device()
        for _ in range(3):
            await send(webpush, subscription)
        shown = await sandbox.screen(subscription)
        assert (shown["raw_count"], shown["visible_count"]) == (3, 1)
        assert len(await sandbox.ledger("push")) == 3

    async def test_the_largest_plaintext_is_taken(
        self, sandbox: SandboxClient, webpush: WebPushChannel
    ) -> None:
        subscription = await sandbox.device()
        result = await send(webpush, subscription, payload=b"x" * 3993)
        assert result.outcome is Outcome.SENT
        assert (await sandbox.ledger("push"))[0]["byte_count"] == 4096

    async def test_refuses_a_larger_plaintext_before_sending(
        self, sandbox: SandboxClient, webpush: WebPushChannel
    ) -> None:
        subscription = await sandbox.device()
        with pytest.raises(PayloadTooLargeError):
            await send(webpush, subscription, payload=b"x" * 3994)
        assert await sandbox.ledger("push") == []

    async def test_the_callers_subscription_is_left_as_it_was(
        self, sandbox: SandboxClient, webpush: WebPushChannel
    ) -> None:
        subscription = await sandbox.device()
        before = json.dumps(subscription)
        await send(webpush, subscription)
        assert json.dumps(subscription) == before


class TestStatuses:
    @pytest.mark.parametrize(
        ("mode", "outcome", "code"),
        [
            ("500", Outcome.RETRY, "http_500"),
            ("503", Outcome.RETRY, "http_503"),
            ("429", Outcome.RETRY, "http_429"),
            ("410", Outcome.GONE, "http_410"),
            ("413", Outcome.TOO_LARGE, "http_413"),
            ("reset", Outcome.RETRY, "connection_lost"),
            ("accept_then_reset", Outcome.RETRY, "connection_lost"),
        ],
    )
    async def test_a_fault_has_its_outcome(
        self,
        sandbox: SandboxClient,
        webpush: WebPushChannel,
        mode: str,
        outcome: Outcome,
        code: str,
    ) -> None:
        subscription = await sandbox.device()
        await sandbox.fault("push", mode)
        result = await send(webpush, subscription)
        assert (result.outcome, result.code) == (outcome, code)

    async def test_a_hanging_service_is_retried(self, sandbox: SandboxClient) -> None:
        subscription = await sandbox.device()
        await sandbox.fault("push", "hang")
        result = await send(channel_with(sandbox, timeout_seconds=0.2), subscription)
        assert (result.outcome, result.code) == (Outcome.RETRY, "timeout")

    async def test_a_closed_port_is_retried(self, sandbox: SandboxClient) -> None:
        subscription = await sandbox.device()
        sandbox.running.stop()
        async with opened_lines() as lines:
            result = await send(channel_with(sandbox, lines=lines), subscription)
        assert (result.outcome, result.code) == (Outcome.RETRY, "connection_refused")

    async def test_a_slow_service_is_waited_for(
        self, sandbox: SandboxClient, webpush: WebPushChannel
    ) -> None:
        subscription = await sandbox.device()
        await sandbox.fault("push", "slow", delay_seconds=0.1)
        assert (await send(webpush, subscription)).outcome is Outcome.SENT

    @pytest.mark.parametrize("mode", ["429", "503"])
    async def test_retry_after_in_seconds(
        self, sandbox: SandboxClient, webpush: WebPushChannel, mode: str
    ) -> None:
        subscription = await sandbox.device()
        await sandbox.fault("push", mode, retry_after="17")
        assert (await send(webpush, subscription)).retry_after_seconds == 17.0

    async def test_retry_after_as_a_date(
        self, sandbox: SandboxClient, webpush: WebPushChannel
    ) -> None:
        subscription = await sandbox.device()
        later = formatdate(time.time() + 100, usegmt=True)
        await sandbox.fault("push", "503", retry_after=later)
        wait_seconds = (await send(webpush, subscription)).retry_after_seconds
        assert wait_seconds is not None
        assert 0 < wait_seconds <= 100

    async def test_an_ended_subscription_is_gone(
        self, sandbox: SandboxClient, webpush: WebPushChannel
    ) -> None:
        subscription = await sandbox.device()
        await sandbox.call("DELETE", f"/push/devices/{subscription['device_id']}")
        result = await send(webpush, subscription)
        assert (result.outcome, result.code) == (Outcome.GONE, "http_410")

    async def test_an_unknown_subscription_is_gone(
        self, sandbox: SandboxClient, webpush: WebPushChannel
    ) -> None:
        subscription = await sandbox.device()
        subscription["endpoint"] += "x"
        result = await send(webpush, subscription)
        assert (result.outcome, result.code) == (Outcome.GONE, "http_404")

    async def test_a_key_that_the_device_does_not_trust_is_unauthorised(
        self, sandbox: SandboxClient
    ) -> None:
        subscription = await sandbox.device()
        result = await send(channel_with(sandbox), subscription)
        assert (result.outcome, result.code) == (Outcome.UNAUTHORISED, "http_403")
        assert (await sandbox.screen(subscription))["cards"] == []

    async def test_keys_of_another_device_are_refused(
        self, sandbox: SandboxClient, webpush: WebPushChannel
    ) -> None:
        subscription, other = await sandbox.device(), await sandbox.device()
        mixed = {**subscription, "keys": other["keys"]}
        result = await send(webpush, mixed)
        assert (result.outcome, result.code) == (Outcome.REFUSED, "http_400")

    async def test_a_topic_that_is_too_long_is_refused(
        self, sandbox: SandboxClient, webpush: WebPushChannel
    ) -> None:
        subscription = await sandbox.device()
        result = await send(webpush, subscription, topic="t" * 33)
        assert (result.outcome, result.code) == (Outcome.REFUSED, "http_400")


class TestSubscriptionsThatCannotBeUsed:
    @pytest.mark.parametrize(
        "endpoint",
        [
            "https://evil.example/push",
            "https://push.example.org.evil.example/push",
            "https://push.example.org:8443/push",
            "https://user@push.example.org/push",
            "http://push.example.org/push",
            "http://169.254.169.254/latest",
            "https://[::1",
            "https://push.example.org/a b",
            "https://push.example.org/a\r\nTopic: b",
            "https://push.example.org/\u00e4",
            "file:///etc/passwd",
            "",
        ],
    )
    async def test_an_endpoint_outside_the_list_is_never_called(
        self, sandbox: SandboxClient, webpush: WebPushChannel, endpoint: str
    ) -> None:
        subscription = {**await sandbox.device(), "endpoint": endpoint}
        result = await send(webpush, subscription)
        assert (result.outcome, result.code) == (Outcome.REFUSED, "endpoint_not_allowed")

    async def test_loopback_needs_permission(self, sandbox: SandboxClient) -> None:
        channel = channel_with(sandbox, allow_loopback=False)
        result = await send(channel, await sandbox.device())
        assert result.code == "endpoint_not_allowed"

    @pytest.mark.parametrize(
        "keys",
        [
            {},
            {"p256dh": "AAAA", "auth": "AAAA"},
            {"p256dh": "!", "auth": "!"},
            {"p256dh": "A" * 87, "auth": "AAAAAAAAAAAAAAAAAAAAAA"},
            "keys",
        ],
    )
    async def test_broken_keys_are_refused(
        self, sandbox: SandboxClient, webpush: WebPushChannel, keys: object
    ) -> None:
        subscription = {**await sandbox.device(), "keys": keys}
        result = await send(webpush, subscription)
        assert (result.outcome, result.code) == (Outcome.REFUSED, "subscription_keys_invalid")

    async def test_a_redirect_is_not_followed(
        self, sandbox: SandboxClient, webpush: WebPushChannel, receiver: Receiver
    ) -> None:
        receiver.statuses = [307]
        subscription = {**await sandbox.device(), "endpoint": receiver.url}
        result = await send(webpush, subscription)
        assert (result.outcome, result.code) == (Outcome.REFUSED, "http_307")
        assert len(receiver.received) == 1
