"""Apple's push service: what is taken, refused, put off, and what ends a device."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from notifications.channels.apns import ApnsPush, payload_for, provider_token
from notifications.channels.result import Outcome
from tests.notifications.channels.apps import (
    COLLAPSE_ID,
    CONTENT,
    apns_account,
    apns_push,
    app_message,
    device_of,
)
from tests.notifications.running import SandboxClient


@pytest.fixture
async def apns(sandbox: SandboxClient) -> AsyncIterator[ApnsPush]:
    adapter = apns_push(sandbox, await apns_account(sandbox))
    yield adapter
    await adapter.close()


async def sent_with(sandbox: SandboxClient, *, device: Any = None, **changes: Any) -> Any:
    """Send once as somebody with another account; return outcome and code."""
    adapter = apns_push(sandbox, await apns_account(sandbox, **changes))
    try:
        result = await adapter.send(device or device_of(await sandbox.app("apns")), app_message())
    finally:
        await adapter.close()
    return result.outcome, result.code


class TestSend:
    @pytest.mark.parametrize("environment", ["production", "development"])
    async def test_reaches_the_screen(
        self, sandbox: SandboxClient, apns: ApnsPush, environment: str
    ) -> None:
        installed = await sandbox.app("apns", environment=environment)
        result = await apns.send(device_of(installed), app_message())
        assert result.outcome is Outcome.SENT
        (card,) = (await sandbox.app_screen(installed))["cards"]
        assert card["message"]["title"] == "商家已接单"
        assert card["message"]["url"] == "/orders/1"
        (entry,) = await sandbox.ledger("apns")
        assert entry["message_id"] == result.provider_id

    async def test_shows_a_repeat_once(self, sandbox: SandboxClient, apns: ApnsPush) -> None:
        installed = await sandbox.app("apns")
        for _ in range(2):
            await apns.send(device_of(installed), app_message())
        shown = await sandbox.app_screen(installed)
        assert (shown["raw_count"], shown["visible_count"]) == (2, 1)

    async def test_waits_for_a_phone_that_is_off(
        self, sandbox: SandboxClient, apns: ApnsPush
    ) -> None:
        installed = await sandbox.app("apns")
        path = f"/apps/{installed['device_id']}/connection"
        await sandbox.call("PUT", path, {"online": False})
        for _ in range(2):
            await apns.send(device_of(installed), app_message())
        _, shown = await sandbox.call("PUT", path, {"online": True})
        assert [card["tag"] for card in shown["cards"]] == [COLLAPSE_ID]

    async def test_says_how_it_is_to_be_delivered(
        self, sandbox: SandboxClient, apns: ApnsPush
    ) -> None:
        installed = await sandbox.app("apns")
        begun = int(time.time())
        await apns.send(device_of(installed), app_message(is_urgent=True))
        silent = app_message(content={**CONTENT, "silent": True})
        await apns.send(device_of(installed), silent)
        loud, quiet = (await sandbox.app_screen(installed))["pushes"]
        headers = loud["headers"]
        assert headers["apns-topic"] == "com.example.shop"
        assert headers["apns-push-type"] == "alert"
        assert headers["apns-collapse-id"] == COLLAPSE_ID
        assert begun <= int(headers["apns-expiration"]) - 600 <= time.time()
        assert headers["apns-priority"] == "10"
        assert loud["aps"]["interruption-level"] == "time-sensitive"
        assert loud["aps"]["sound"] == "default"
        assert quiet["headers"]["apns-priority"] == "5"
        assert quiet["aps"]["interruption-level"] == "passive"
        assert "sound" not in quiet["aps"]

    async def test_is_too_large_beyond_four_kilobytes(
        self, sandbox: SandboxClient, apns: ApnsPush
    ) -> None:
        installed = await sandbox.app("apns")
        long = app_message(content={**CONTENT, "body": "字" * 1400})
        assert (await apns.send(device_of(installed), long)).outcome is Outcome.TOO_LARGE
        assert (await apns.send(device_of(installed), long.shrunk())).outcome is Outcome.SENT

    async def test_sends_many_at_once_over_one_connection(
        self, sandbox: SandboxClient, apns: ApnsPush
    ) -> None:
        devices = [device_of(await sandbox.app("apns")) for _ in range(30)]
        long = app_message(content={**CONTENT, "body": "x" * 3000})
        results = await asyncio.gather(*(apns.send(each, long) for each in devices))
        assert {each.outcome for each in results} == {Outcome.SENT}
        entries = await sandbox.ledger("apns")
        assert len({each["connection"] for each in entries}) == 1
        assert len(entries) == 30


class TestRefusals:
    async def test_a_removed_app_is_gone_since_a_moment(
        self, sandbox: SandboxClient, apns: ApnsPush
    ) -> None:
        installed = await sandbox.app("apns")
        await sandbox.call("DELETE", f"/apps/{installed['device_id']}", {"ago_seconds": 500})
        result = await apns.send(device_of(installed), app_message())
        assert (result.outcome, result.code) == (Outcome.GONE, "Unregistered")
        assert result.gone_since is not None
        assert result.gone_since.timestamp() <= time.time() - 499

    @pytest.mark.parametrize(
        ("changes", "code"),
        [
            ({"token": "ab" * 32}, "BadDeviceToken"),
            ({"app_id": "com.example.other"}, "DeviceTokenNotForTopic"),
            ({"app_id": ""}, "MissingTopic"),
            ({"token": ""}, "MissingDeviceToken"),
        ],
    )
    async def test_a_device_that_is_not_ours_is_refused(
        self, sandbox: SandboxClient, apns: ApnsPush, changes: dict[str, str], code: str
    ) -> None:
        installed = await sandbox.app("apns")
        result = await apns.send(device_of(installed, **changes), app_message())
        assert (result.outcome, result.code) == (Outcome.REFUSED, code)

    async def test_a_token_of_the_other_environment_ends_no_device(
        self, sandbox: SandboxClient, apns: ApnsPush
    ) -> None:
        installed = await sandbox.app("apns", environment="development")
        wrong = device_of({**installed, "environment": "production"})
        result = await apns.send(wrong, app_message())
        assert (result.outcome, result.code) == (Outcome.REFUSED, "BadDeviceToken")

    @pytest.mark.parametrize(
        ("mode", "more", "told"),
        [
            ("429", {"retry_after": "17"}, (Outcome.RETRY, "TooManyRequests", 17.0)),
            ("429", {}, (Outcome.RETRY, "TooManyRequests", 10.0)),
            ("503", {}, (Outcome.RETRY, "ServiceUnavailable", None)),
            ("500", {}, (Outcome.RETRY, "InternalServerError", None)),
            ("413", {}, (Outcome.TOO_LARGE, "PayloadTooLarge", None)),
            ("410", {}, (Outcome.GONE, "Unregistered", None)),
            ("reset", {}, (Outcome.UNKNOWN, "connection_lost", None)),
            ("accept_then_reset", {}, (Outcome.UNKNOWN, "connection_lost", None)),
        ],
    )
    async def test_say_whether_to_come_again(
        self, sandbox: SandboxClient, apns: ApnsPush, mode: str, more: Any, told: Any
    ) -> None:
        installed = await sandbox.app("apns")
        await sandbox.fault("apns", mode, **more)
        result = await apns.send(device_of(installed), app_message())
        assert (result.outcome, result.code, result.retry_after_seconds) == told

    @pytest.mark.parametrize(("mode", "told"), [("429", True), ("503", False)])
    async def test_say_whether_other_devices_must_wait_too(
        self, sandbox: SandboxClient, apns: ApnsPush, mode: str, told: Any
    ) -> None:
        installed = await sandbox.app("apns")
        await sandbox.fault("apns", mode, retry_after="17")
        result = await apns.send(device_of(installed), app_message())
        assert (result.outcome, result.is_of_address) == (Outcome.RETRY, told)

    @pytest.mark.parametrize("mode", ["reset", "accept_then_reset"])
    async def test_a_broken_connection_is_opened_anew(
        self, sandbox: SandboxClient, apns: ApnsPush, mode: str
    ) -> None:
        installed = await sandbox.app("apns")
        await sandbox.fault("apns", mode)
        results = [await apns.send(device_of(installed), app_message()) for _ in range(2)]
        assert [each.outcome for each in results] == [Outcome.UNKNOWN, Outcome.SENT]

    async def test_a_silent_connection_is_opened_anew(self, sandbox: SandboxClient) -> None:
        installed = await sandbox.app("apns")
        adapter = apns_push(sandbox, await apns_account(sandbox), seconds=0.5)
        await sandbox.fault("apns", "hang")
        first = await adapter.send(device_of(installed), app_message())
        await sandbox.call("DELETE", "/faults")
        for client in adapter._clients.values():
            client._timeout_seconds = 30.0
        second = await adapter.send(device_of(installed), app_message())
        assert (first.outcome is not Outcome.SENT, second.outcome) == (True, Outcome.SENT)
        await adapter.close()

    async def test_a_closed_port_took_nothing(
        self, sandbox: SandboxClient, apns: ApnsPush
    ) -> None:
        installed = await sandbox.app("apns")
        sandbox.running.stop()
        result = await apns.send(device_of(installed), app_message())
        assert (result.outcome, result.code) == (Outcome.RETRY, "connection_refused")


class TestProviderToken:
    async def test_is_kept(self, sandbox: SandboxClient) -> None:
        now = time.time()
        moments = [now - 3000.0]
        adapter = apns_push(sandbox, await apns_account(sandbox), clock=lambda: moments[0])
        device = device_of(await sandbox.app("apns"))
        assert (await adapter.send(device, app_message())).outcome is Outcome.SENT
        moments[0] = now - 3000.0 + 3299.0  # it is 54:59 old, and taken on the same connection
        assert (await adapter.send(device, app_message())).outcome is Outcome.SENT
        await adapter.close()

    async def test_is_renewed_before_an_hour_has_passed(self, sandbox: SandboxClient) -> None:
        now = time.time()
        moments = [now - 3550.0]
        adapter = apns_push(sandbox, await apns_account(sandbox), clock=lambda: moments[0])
        device = device_of(await sandbox.app("apns"))
        await adapter.send(device, app_message())
        moments[0] = now
        # Apple minds two tokens within twenty minutes; by its clock only seconds have passed.
        result = await adapter.send(device, app_message())
        assert (result.outcome, result.code) == (Outcome.RETRY, "TooManyProviderTokenUpdates")
        assert result.retry_after_seconds == 1200.0
        await adapter.close()

    async def test_that_has_expired_is_replaced_once(self, sandbox: SandboxClient) -> None:
        moments = [time.time() - 1300.0]
        adapter = apns_push(sandbox, await apns_account(sandbox), clock=lambda: moments[0])
        device = device_of(await sandbox.app("apns"))
        await adapter.send(device, app_message())
        await sandbox.call("DELETE", "/apns/tokens")
        moments[0] = time.time()
        assert (await adapter.send(device, app_message())).outcome is Outcome.SENT
        codes = [each.get("code") for each in await sandbox.ledger("apns")]
        assert codes == [None, "ExpiredProviderToken", None]
        await adapter.close()

    async def test_that_is_young_is_not_replaced(
        self, sandbox: SandboxClient, apns: ApnsPush
    ) -> None:
        device = device_of(await sandbox.app("apns"))
        await apns.send(device, app_message())
        await sandbox.call("DELETE", "/apns/tokens")
        for _ in range(3):
            result = await apns.send(device, app_message())
            assert (result.outcome, result.code) == (Outcome.UNAUTHORISED, "token_refused")

    async def test_with_a_wrong_clock_is_refused(self, sandbox: SandboxClient) -> None:
        account = await apns_account(sandbox)
        adapter = apns_push(sandbox, account, clock=lambda: time.time() - 4000)
        device = device_of(await sandbox.app("apns"))
        result = await adapter.send(device, app_message())
        assert (result.outcome, result.code) == (Outcome.UNAUTHORISED, "token_refused")
        await adapter.close()

    @pytest.mark.parametrize("changes", [{"team_id": "ANOTHER"}, {"key_id": "ANOTHER"}])
    async def test_of_strangers_is_refused(
        self, sandbox: SandboxClient, changes: dict[str, str]
    ) -> None:
        told = await sent_with(sandbox, **changes)
        assert told == (Outcome.UNAUTHORISED, "InvalidProviderToken")

    async def test_is_what_another_library_reads(self, sandbox: SandboxClient) -> None:
        account = await apns_account(sandbox)
        signed = provider_token(account, now=1_000_000)
        key = load_pem_private_key(account.private_key.encode(), password=None).public_key()
        claims = jwt.decode(signed, key, algorithms=["ES256"])  # type: ignore[arg-type]
        assert claims == {"iss": account.team_id, "iat": 1_000_000}
        assert jwt.get_unverified_header(signed)["kid"] == account.key_id


class TestPayload:
    def test_keeps_the_apps_own_part_beside_what_is_shown(self) -> None:
        payload = payload_for(app_message())
        assert payload["aps"]["alert"] == {"title": CONTENT["title"], "body": CONTENT["body"]}
        assert payload["receipt"] == "r_1"
        assert "title" not in payload
