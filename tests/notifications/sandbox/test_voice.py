"""The simulated voice vendor: ringing, keys, and what it tells."""

from typing import Any

import pytest

from notifications.channels.result import Outcome
from notifications.channels.sandbox import SandboxCalls
from notifications.channels.sms_provider import Account, SmsMessage
from tests.notifications.receiver import Receiver
from tests.notifications.running import SECRET, SandboxClient, eventually


async def ring(sandbox: SandboxClient, **changes: Any) -> str:
    """Call a phone; return the call's id, or the code of a refusal."""
    fields: dict[str, Any] = {
        "to": "+8613800138000",
        "template": "order_placed",
        "variables": {"number": "17"},
        "out_id": "d1",
    }
    account = Account(url=sandbox.url, secret=SECRET)
    calls = SandboxCalls(account, session=sandbox.session, timeout_seconds=30.0)
    (result,) = await calls.send([SmsMessage(**(fields | changes))])
    return result.provider_id if result.outcome is Outcome.SENT else result.code  # type: ignore[return-value]


async def told(sandbox: SandboxClient, receiver: Receiver, **knobs: Any) -> None:
    await sandbox.call("PUT", "/sms/knobs", {"call_receipt_url": receiver.url, **knobs})


class TestPhone:
    async def test_tells_that_it_was_answered_and_which_key_was_pressed(
        self, sandbox: SandboxClient, receiver: Receiver
    ) -> None:
        await told(sandbox, receiver)
        call = await ring(sandbox)
        for what, body in (("answer", None), ("press", {"digit": "5"}), ("press", {"digit": "1"})):
            status, _ = await sandbox.call("POST", f"/voice/calls/{call}/{what}", body)
            assert status == 200
        await eventually(lambda: len(receiver.received) == 2)
        statuses = {each.content["status"] for each in receiver.received}
        assert statuses == {"delivered", "acknowledged"}

    async def test_tells_of_a_missed_call(
        self, sandbox: SandboxClient, receiver: Receiver
    ) -> None:
        await told(sandbox, receiver, ring_seconds=0.05)
        call = await ring(sandbox)
        await eventually(lambda: bool(receiver.received))
        assert receiver.received[0].content["status"] == "failed"
        status, refusal = await sandbox.call("POST", f"/voice/calls/{call}/answer")
        assert (status, refusal["code"]) == (409, "not_ringing")

    async def test_can_be_declined(self, sandbox: SandboxClient, receiver: Receiver) -> None:
        await told(sandbox, receiver)
        call = await ring(sandbox)
        await sandbox.call("POST", f"/voice/calls/{call}/hang-up")
        await eventually(lambda: bool(receiver.received))
        assert receiver.received[0].content["status"] == "failed"

    async def test_takes_no_key_before_it_is_answered(self, sandbox: SandboxClient) -> None:
        call = await ring(sandbox)
        status, refusal = await sandbox.call("POST", f"/voice/calls/{call}/press", {"digit": "1"})
        assert (status, refusal["code"]) == (409, "not_answered")

    async def test_shows_on_the_page_of_phones(self, sandbox: SandboxClient) -> None:
        call = await ring(sandbox)
        _, shown = await sandbox.call("GET", "/screens")
        (phone,) = shown["phones"]
        assert phone["phone"] == "+8613800138000"
        assert [(each["call_id"], each["state"]) for each in phone["calls"]] == [(call, "ringing")]


class TestVendor:
    @pytest.mark.parametrize(
        ("changes", "code"),
        [({"to": "1"}, "number_invalid"), ({"template": "none"}, "template_unknown")],
    )
    async def test_refuses_what_it_cannot_call(
        self, sandbox: SandboxClient, changes: dict[str, Any], code: str
    ) -> None:
        assert await ring(sandbox, **changes) == code
