"""Three vendors in their own wire forms: what they take, refuse, leave open, and tell later."""

import json
import time
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from notifications.channels.result import Outcome, SendResult
from notifications.channels.signature import SignatureRefusedError
from notifications.channels.sms_provider import (
    Approved,
    ReceiptInvalidError,
    ReceiptStatus,
    SmsMessage,
)
from tests.notifications.channels.vendors import (
    APPROVED,
    TOKEN,
    adapter,
    message,
    parsed,
    unconfirmed,
)
from tests.notifications.receiver import Receiver
from tests.notifications.running import SandboxClient, eventually


VENDORS = ["aliyun", "tencent", "twilio"]
QUIET = {"receipt_delay_seconds": 0}

every_vendor = pytest.mark.parametrize("vendor", VENDORS)


async def send(
    vendor: str, sandbox: SandboxClient, *, of: SmsMessage | None = None, **changes: Any
) -> SendResult:
    """Send one message; ``changes`` are to our account."""
    sms = adapter(vendor, sandbox.url, sandbox.session, **changes)
    (result,) = await sms.send([of or message(vendor)])
    return result


async def told(
    vendor: str, sandbox: SandboxClient, receiver: Receiver, *, count: int = 1, **knobs: Any
) -> SendResult:
    """Send a message whose receipts go to the receiver, and wait for ``count`` of them."""
    if vendor != "twilio":
        knobs |= {f"{vendor}_receipt_url": receiver.url}
    await sandbox.call("PUT", "/sms/knobs", QUIET | knobs)
    result = await send(vendor, sandbox, receipt_url=receiver.url)
    await eventually(lambda: len(receiver.received) >= count)
    return result


def statuses(vendor: str, receiver: Receiver, *, token: str = TOKEN) -> list[tuple[str, str]]:
    """Our id, or the vendor's where it names only that, and the status of each receipt."""
    return [
        (receipt.out_id or receipt.provider_id, receipt.status)
        for each in receiver.received
        for receipt in parsed(
            vendor,
            each.body,
            headers=each.headers,
            url=f"{receiver.url}?out_id=d1",
            now=time.time(),
            token=token,
        )
    ]


class TestSend:
    @every_vendor
    async def test_reaches_the_phone_with_its_words(
        self, sandbox: SandboxClient, vendor: str
    ) -> None:
        result = await send(vendor, sandbox)
        (entry,) = await sandbox.ledger("sms")
        assert result.outcome is Outcome.SENT
        assert result.provider_id is not None
        assert result.provider_id.endswith(entry["message_id"])
        assert "A 17" in entry["text"]
        assert "已取消 & more" in entry["text"]
        assert entry["to"] == "+8613800138000"

    @every_vendor
    async def test_reaches_another_country(self, sandbox: SandboxClient, vendor: str) -> None:
        result = await send(vendor, sandbox, of=message(vendor, to="+46701740605"))
        assert result.outcome is Outcome.SENT
        assert (await sandbox.ledger("sms"))[0]["to"] == "+46701740605"

    @every_vendor
    async def test_answers_for_each_of_a_batch_in_order(
        self, sandbox: SandboxClient, vendor: str
    ) -> None:
        batch = [message(vendor), message(vendor, to="+1"), message(vendor, out_id="d2")]
        results = await adapter(vendor, sandbox.url, sandbox.session).send(batch)
        assert [r.outcome for r in results] == [Outcome.SENT, Outcome.REFUSED, Outcome.SENT]

    async def test_uses_a_content_template_where_twilio_has_one(
        self, sandbox: SandboxClient
    ) -> None:
        content = Approved(code="HX1003", variables=("number", "status"))
        result = await send("twilio", sandbox, of=message("twilio", approved=content))
        assert result.outcome is Outcome.SENT

    @every_vendor
    async def test_says_when_our_credentials_are_wrong(
        self, sandbox: SandboxClient, vendor: str
    ) -> None:
        for result in (
            await send(vendor, sandbox, secret="wrong"),
            await send(vendor, sandbox, key="wrong"),
        ):
            assert result.outcome is Outcome.UNAUTHORISED

    @pytest.mark.parametrize(
        ("vendor", "approved", "code"),
        [
            ("aliyun", {"sign": "别人"}, "isv.SMS_SIGNATURE_ILLEGAL"),
            ("aliyun", {"code": "SMS_9"}, "isv.SMS_TEMPLATE_ILLEGAL"),
            ("aliyun", {"variables": ("number",)}, "isv.TEMPLATE_MISSING_PARAMETERS"),
            ("tencent", {"sign": ""}, "FailedOperation.SignatureIncorrectOrUnapproved"),
            ("tencent", {"code": "9"}, "FailedOperation.TemplateIncorrectOrUnapproved"),
            ("tencent", {"variables": ()}, "FailedOperation.TemplateIncorrectOrUnapproved"),
            ("twilio", {"text": ""}, "21602"),
            ("twilio", {"code": "HX9"}, "21655"),
        ],
    )
    async def test_is_refused_what_is_not_approved(
        self, sandbox: SandboxClient, vendor: str, approved: dict[str, Any], code: str
    ) -> None:
        wrong = message(vendor, approved=replace(APPROVED[vendor], **approved))
        result = await send(vendor, sandbox, of=wrong)
        assert (result.outcome, result.code) == (Outcome.REFUSED, code)


class TestFaults:
    @every_vendor
    @pytest.mark.parametrize(
        ("mode", "taken_count"), [("500", 0), ("503", 0), ("reset", 0), ("accept_then_reset", 1)]
    )
    async def test_never_repeat_what_may_have_been_taken(
        self, sandbox: SandboxClient, vendor: str, mode: str, taken_count: int
    ) -> None:
        await sandbox.fault("sms", mode)
        result = await send(vendor, sandbox)
        entries = await sandbox.ledger("sms")
        assert result.outcome is Outcome.UNKNOWN
        assert len(entries) == 1
        assert sum("message_id" in entry for entry in entries) == taken_count

    @every_vendor
    async def test_leave_a_silent_vendor_unknown(
        self, sandbox: SandboxClient, vendor: str
    ) -> None:
        await sandbox.fault("sms", "hang")
        sms = adapter(vendor, sandbox.url, sandbox.session, seconds=0.2)
        (result,) = await sms.send([message(vendor)])
        assert (result.outcome, result.code) == (Outcome.UNKNOWN, "timeout")

    @every_vendor
    async def test_know_that_a_closed_port_took_nothing(
        self, sandbox: SandboxClient, vendor: str
    ) -> None:
        sandbox.running.stop()
        assert (await send(vendor, sandbox)).outcome is Outcome.RETRY


class TestReceipts:
    @every_vendor
    @pytest.mark.parametrize("status", ["delivered", "failed"])
    async def test_tell_how_it_ended(
        self, sandbox: SandboxClient, receiver: Receiver, vendor: str, status: str
    ) -> None:
        count = 2 if vendor == "twilio" else 1
        sent = await told(vendor, sandbox, receiver, count=count, receipt_status=status)
        name = sent.provider_id if vendor == "tencent" else "d1"
        assert statuses(vendor, receiver)[-1] == (name, status)

    @every_vendor
    async def test_may_come_twice(
        self, sandbox: SandboxClient, receiver: Receiver, vendor: str
    ) -> None:
        count = 4 if vendor == "twilio" else 2
        await told(vendor, sandbox, receiver, count=count, receipt_count=2)
        ends = [status for _, status in statuses(vendor, receiver)]
        assert ends.count(ReceiptStatus.DELIVERED) == 2

    async def test_may_come_in_the_wrong_order(
        self, sandbox: SandboxClient, receiver: Receiver
    ) -> None:
        await told("twilio", sandbox, receiver, count=2, receipt_reversed=True)
        told_so = [status for _, status in statuses("twilio", receiver)]
        assert told_so == [ReceiptStatus.DELIVERED, ReceiptStatus.TAKEN]

    async def test_with_another_signature_are_refused(
        self, sandbox: SandboxClient, receiver: Receiver
    ) -> None:
        await told("twilio", sandbox, receiver, forged_signature=True)
        with pytest.raises(SignatureRefusedError):
            statuses("twilio", receiver)

    @pytest.mark.parametrize("vendor", ["aliyun", "tencent"])
    async def test_at_another_address_are_refused(
        self, sandbox: SandboxClient, receiver: Receiver, vendor: str
    ) -> None:
        await told(vendor, sandbox, receiver)
        for token in ("", "guessed"):
            with pytest.raises(SignatureRefusedError):
                statuses(vendor, receiver, token=token)

    @pytest.mark.parametrize("vendor", ["aliyun", "tencent"])
    @pytest.mark.parametrize("body", [b"", b"{}", b'[{"half": true}]'])
    def test_without_meaning_are_invalid(self, vendor: str, body: bytes) -> None:
        with pytest.raises(ReceiptInvalidError):
            parsed(vendor, body, headers={}, url="", now=time.time())

    @pytest.mark.parametrize("vendor", ["aliyun", "tencent"])
    def test_come_several_at_once(self, vendor: str) -> None:
        one: dict[str, Any] = {"sid": "b", "report_status": "SUCCESS"}
        if vendor == "aliyun":
            one = {"phone_number": "13800138000", "success": True, "out_id": "d1"}
        body = json.dumps([one, {**one, "unheard_of": None}]).encode()
        assert len(parsed(vendor, body, headers={}, url="", now=time.time())) == 2


class TestAsk:
    @every_vendor
    async def test_tells_how_a_message_ended(self, sandbox: SandboxClient, vendor: str) -> None:
        await sandbox.call("PUT", "/sms/knobs", QUIET)
        sent = await send(vendor, sandbox)
        asked = unconfirmed(datetime.now(UTC), provider_id=sent.provider_id or "")
        (receipt,) = await adapter(vendor, sandbox.url, sandbox.session).ask([asked])
        assert (receipt.out_id, receipt.status) == ("d1", ReceiptStatus.DELIVERED)
        assert receipt.provider_id == sent.provider_id

    @pytest.mark.parametrize("vendor", ["aliyun", "tencent"])
    async def test_finds_a_message_whose_answer_was_lost(
        self, sandbox: SandboxClient, vendor: str
    ) -> None:
        await sandbox.call("PUT", "/sms/knobs", QUIET)
        await sandbox.fault("sms", "accept_then_reset")
        assert (await send(vendor, sandbox)).outcome is Outcome.UNKNOWN
        sms = adapter(vendor, sandbox.url, sandbox.session)
        (receipt,) = await sms.ask([unconfirmed(datetime.now(UTC))])
        assert (receipt.out_id, receipt.status) == ("d1", ReceiptStatus.DELIVERED)

    @every_vendor
    async def test_says_nothing_of_what_was_never_sent(
        self, sandbox: SandboxClient, vendor: str
    ) -> None:
        sms = adapter(vendor, sandbox.url, sandbox.session)
        assert await sms.ask([unconfirmed(datetime.now(UTC), provider_id="SMnone")]) == []

    @pytest.mark.parametrize("vendor", ["aliyun", "twilio"])
    async def test_knows_that_it_was_taken_before_it_ends(
        self, sandbox: SandboxClient, vendor: str
    ) -> None:
        await sandbox.call("PUT", "/sms/knobs", {"receipt_delay_seconds": 600})
        sent = await send(vendor, sandbox)
        asked = unconfirmed(datetime.now(UTC), provider_id=sent.provider_id or "")
        (receipt,) = await adapter(vendor, sandbox.url, sandbox.session).ask([asked])
        assert receipt.status is ReceiptStatus.TAKEN

    @every_vendor
    async def test_survives_a_vendor_that_does_not_answer(
        self, sandbox: SandboxClient, vendor: str
    ) -> None:
        sandbox.running.stop()
        sms = adapter(vendor, sandbox.url, sandbox.session)
        assert await sms.ask([unconfirmed(datetime.now(UTC), provider_id="x")]) == []
