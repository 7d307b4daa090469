"""The page of phones tells what people see, joined by phone number."""

import pytest

from tests.notifications.running import SECRET, SandboxClient
from tests.notifications.sandbox.wire import push


async def send_sms(sandbox: SandboxClient, to: str) -> None:
    message = {
        "to": to,
        "template": "verification",
        "variables": {"code": "1234"},
        "out_id": "o",
    }
    headers = {"Authorization": f"Bearer {SECRET}"}
    url = f"{sandbox.url}/sms/messages"
    async with sandbox.session.post(url, json=message, headers=headers) as response:
        assert response.status == 202


class TestScreens:
    async def test_push_and_sms_meet_on_one_phone(self, sandbox: SandboxClient) -> None:
        subscription = await sandbox.device(phone="+8613800138000")
        await push(sandbox, subscription)
        await push(sandbox, subscription)
        await send_sms(sandbox, "+8613800138000")
        _, screens = await sandbox.call("GET", "/screens")
        (phone,) = screens["phones"]
        assert (phone["raw_count"], phone["visible_count"]) == (2, 1)
        assert "1234" in phone["sms"][0]["text"]

    async def test_a_number_without_a_device_is_a_phone_too(self, sandbox: SandboxClient) -> None:
        await send_sms(sandbox, "+8613900139000")
        _, screens = await sandbox.call("GET", "/screens")
        assert [phone["label"] for phone in screens["phones"]] == ["+8613900139000"]

    async def test_only_the_phones_last_reached_are_listed(self, sandbox: SandboxClient) -> None:
        devices = [await sandbox.device() for _ in range(81)]
        await push(sandbox, devices[80])
        _, screens = await sandbox.call("GET", "/screens")
        listed = {phone["device_id"] for phone in screens["phones"]}
        assert len(listed) == 80
        assert devices[80]["device_id"] in listed

    @pytest.mark.parametrize("path", ["/", "/screens.css", "/screens.js"])
    async def test_the_page_loads(self, sandbox: SandboxClient, path: str) -> None:
        async with sandbox.session.get(sandbox.url + path) as response:
            assert response.status == 200
            assert response.headers["Content-Security-Policy"] == "default-src 'self'"


class TestTemplates:
    async def test_an_approved_text_can_be_sent(self, sandbox: SandboxClient) -> None:
        await sandbox.call("PUT", "/sms/templates/verification", {"text": "code: $code"})
        await send_sms(sandbox, "+8613900139000")
        assert (await sandbox.ledger("sms"))[0]["text"] == "code: 1234"
