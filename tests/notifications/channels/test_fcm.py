"""Firebase Cloud Messaging: what is taken, refused, put off, and what ends a device."""

import time
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from notifications.channels.fcm import SCOPE, FcmPush, assertion, message_for, payload_bytes
from notifications.channels.result import Outcome
from tests.notifications.channels.apps import (
    COLLAPSE_ID,
    CONTENT,
    app_message,
    device_of,
    fcm_push,
    service_account,
)
from tests.notifications.running import SandboxClient


@pytest.fixture
async def fcm(sandbox: SandboxClient) -> FcmPush:
    return fcm_push(sandbox, await service_account(sandbox))


async def grants(sandbox: SandboxClient) -> list[Any]:
    return [each for each in await sandbox.ledger("fcm") if each.get("path") == "/fcm/token"]


def _other_key() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


class TestSend:
    async def test_reaches_the_screen(self, sandbox: SandboxClient, fcm: FcmPush) -> None:
        installed = await sandbox.app("fcm")
        result = await fcm.send(device_of(installed), app_message())
        assert result.outcome is Outcome.SENT
        assert result.provider_id is not None
        (card,) = (await sandbox.app_screen(installed))["cards"]
        assert card["message"]["title"] == "商家已接单"
        assert card["message"]["url"] == "/orders/1"

    async def test_shows_a_repeat_once(self, sandbox: SandboxClient, fcm: FcmPush) -> None:
        installed = await sandbox.app("fcm")
        for _ in range(2):
            await fcm.send(device_of(installed), app_message())
        shown = await sandbox.app_screen(installed)
        assert (shown["raw_count"], shown["visible_count"]) == (2, 1)

    async def test_waits_for_a_phone_that_is_off(
        self, sandbox: SandboxClient, fcm: FcmPush
    ) -> None:
        installed = await sandbox.app("fcm")
        path = f"/apps/{installed['device_id']}/connection"
        await sandbox.call("PUT", path, {"online": False})
        for _ in range(2):
            await fcm.send(device_of(installed), app_message())
        _, shown = await sandbox.call("PUT", path, {"online": True})
        assert [card["tag"] for card in shown["cards"]] == [COLLAPSE_ID]

    async def test_says_how_urgent_it_is(self, sandbox: SandboxClient, fcm: FcmPush) -> None:
        installed = await sandbox.app("fcm")
        await fcm.send(device_of(installed), app_message(is_urgent=True))
        silent = app_message(content={**CONTENT, "silent": True})
        await fcm.send(device_of(installed), silent)
        loud, quiet = (await sandbox.app_screen(installed))["pushes"]
        assert loud["android"]["priority"] == "HIGH"
        assert loud["android"]["ttl"] == "600s"
        assert loud["android"]["notification"]["channel_id"] == "alerts"
        assert quiet["android"]["priority"] == "NORMAL"
        assert quiet["android"]["notification"]["channel_id"] == "quiet"

    async def test_is_too_large_beyond_four_kilobytes(
        self, sandbox: SandboxClient, fcm: FcmPush
    ) -> None:
        installed = await sandbox.app("fcm")
        long = app_message(content={**CONTENT, "body": "字" * 1400})
        assert (await fcm.send(device_of(installed), long)).outcome is Outcome.TOO_LARGE
        assert (await fcm.send(device_of(installed), long.shrunk())).outcome is Outcome.SENT

    async def test_counts_as_the_vendor_does(self, sandbox: SandboxClient, fcm: FcmPush) -> None:
        installed = await sandbox.app("fcm")
        short = payload_bytes(message_for(device_of(installed), app_message(content={})))
        fitting = app_message(content={"body": "x" * (4096 - short)})
        assert (await fcm.send(device_of(installed), fitting)).outcome is Outcome.SENT


class TestRefusals:
    async def test_a_removed_app_is_gone(self, sandbox: SandboxClient, fcm: FcmPush) -> None:
        installed = await sandbox.app("fcm")
        await sandbox.call("DELETE", f"/apps/{installed['device_id']}")
        result = await fcm.send(device_of(installed), app_message())
        assert (result.outcome, result.code) == (Outcome.GONE, "unregistered")

    async def test_a_token_that_was_replaced_is_gone(
        self, sandbox: SandboxClient, fcm: FcmPush
    ) -> None:
        installed = await sandbox.app("fcm")
        _, fresh = await sandbox.call("POST", f"/apps/{installed['device_id']}/rotate")
        assert (await fcm.send(device_of(installed), app_message())).outcome is Outcome.GONE
        assert (await fcm.send(device_of(fresh), app_message())).outcome is Outcome.SENT

    async def test_another_sender_is_refused(self, sandbox: SandboxClient, fcm: FcmPush) -> None:
        installed = await sandbox.app("fcm", sender="somebody-else")
        result = await fcm.send(device_of(installed), app_message())
        assert (result.outcome, result.code) == (Outcome.REFUSED, "sender_id_mismatch")

    async def test_an_unknown_token_is_refused(self, sandbox: SandboxClient, fcm: FcmPush) -> None:
        installed = await sandbox.app("fcm")
        result = await fcm.send(device_of(installed, token="x" * 40), app_message())
        assert (result.outcome, result.code) == (Outcome.REFUSED, "invalid_argument")

    @pytest.mark.parametrize(
        ("mode", "more", "told"),
        [
            ("429", {"retry_after": "17"}, (Outcome.RETRY, "quota_exceeded", 17.0)),
            ("429", {}, (Outcome.RETRY, "quota_exceeded", 60.0)),
            ("503", {"retry_after": "5"}, (Outcome.RETRY, "unavailable", 5.0)),
            ("500", {}, (Outcome.RETRY, "internal", None)),
            ("reset", {}, (Outcome.UNKNOWN, "connection_lost", None)),
            ("410", {}, (Outcome.GONE, "unregistered", None)),
        ],
    )
    async def test_say_whether_to_come_again(
        self, sandbox: SandboxClient, fcm: FcmPush, mode: str, more: Any, told: Any
    ) -> None:
        installed = await sandbox.app("fcm")
        await sandbox.fault("fcm", mode, **more)
        result = await fcm.send(device_of(installed), app_message())
        assert (result.outcome, result.code, result.retry_after_seconds) == told

    async def test_a_wrong_project_ends_no_device(self, sandbox: SandboxClient) -> None:
        account = await service_account(sandbox, project_id="no-such-project")
        installed = await sandbox.app("fcm")
        result = await fcm_push(sandbox, account).send(device_of(installed), app_message())
        assert (result.outcome, result.code) == (Outcome.REFUSED, "http_404")


class TestAccessToken:
    async def test_is_kept(self, sandbox: SandboxClient, fcm: FcmPush) -> None:
        installed = await sandbox.app("fcm")
        for _ in range(3):
            await fcm.send(device_of(installed), app_message())
        assert len(await grants(sandbox)) == 1

    async def test_is_replaced_once_when_it_is_refused(
        self, sandbox: SandboxClient, fcm: FcmPush
    ) -> None:
        installed = await sandbox.app("fcm")
        await fcm.send(device_of(installed), app_message())
        await sandbox.call("DELETE", "/fcm/tokens")
        assert (await fcm.send(device_of(installed), app_message())).outcome is Outcome.SENT
        assert len(await grants(sandbox)) == 2

    async def test_is_replaced_before_it_ends(self, sandbox: SandboxClient, fcm: FcmPush) -> None:
        await sandbox.call("PUT", "/fcm/knobs", {"token_seconds": 299})
        installed = await sandbox.app("fcm")
        for _ in range(2):
            assert (await fcm.send(device_of(installed), app_message())).outcome is Outcome.SENT
        assert len(await grants(sandbox)) == 2

    @pytest.mark.parametrize(
        "changes",
        [
            {"client_email": "somebody@example.org"},
            {"private_key_id": "another"},
            {"private_key": _other_key},
        ],
    )
    async def test_is_refused_to_strangers(self, sandbox: SandboxClient, changes: Any) -> None:
        made = {name: each() if callable(each) else each for name, each in changes.items()}
        account = await service_account(sandbox, **made)
        installed = await sandbox.app("fcm")
        result = await fcm_push(sandbox, account).send(device_of(installed), app_message())
        assert (result.outcome, result.code) == (Outcome.UNAUTHORISED, "invalid_grant")

    async def test_is_asked_for_as_another_library_reads_it(self, sandbox: SandboxClient) -> None:
        account = await service_account(sandbox)
        signed = assertion(account, now=time.time())
        key = load_pem_private_key(account.private_key.encode(), password=None).public_key()
        claims = jwt.decode(signed, key, algorithms=["RS256"], audience=account.token_uri)  # type: ignore[arg-type]
        assert claims["iss"] == account.client_email
        assert claims["scope"] == SCOPE
        assert claims["exp"] - claims["iat"] == 3600
        assert jwt.get_unverified_header(signed)["kid"] == "sandbox"

    async def test_is_given_for_what_another_library_signed(self, sandbox: SandboxClient) -> None:
        account = await service_account(sandbox)
        now = int(time.time())
        claims = {"iss": account.client_email, "scope": SCOPE, "aud": account.token_uri}
        signed = jwt.encode(
            claims | {"iat": now, "exp": now + 3600},
            account.private_key,
            algorithm="RS256",
            headers={"kid": "sandbox"},
        )
        fields = {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": signed}
        async with sandbox.session.post(account.token_uri, data=fields) as response:
            assert response.status == 200
