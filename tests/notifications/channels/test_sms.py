"""SMS through the sandbox vendor: nothing is ever sent twice on a guess."""

import json
import time
from datetime import UTC, datetime
from typing import Any

import aiohttp
import pytest

from notifications.channels.result import Outcome, SendResult
from notifications.channels.sandbox import SandboxSms
from notifications.channels.signature import SignatureRefusedError
from notifications.channels.sms import SMS_PROVIDERS
from notifications.channels.sms_provider import (
    Account,
    ReceiptInvalidError,
    ReceiptRequest,
    ReceiptStatus,
    SmsMessage,
    SmsReceipt,
    Unconfirmed,
)
from notifications.sandbox.signature import sign
from tests.notifications.receiver import Receiver
from tests.notifications.running import SECRET, SandboxClient, eventually


def message(**changes: Any) -> SmsMessage:
    fields: dict[str, Any] = {
        "to": "+8613800138000",
        "template": "order_placed",
        "variables": {"number": "A17"},
        "out_id": "d1",
    }
    return SmsMessage(**(fields | changes))


def account(url: str, *, key: str = SECRET) -> Account:
    return Account(url=url, secret=key)


def parsed(headers: dict[str, str], body: bytes) -> SmsReceipt:
    request = ReceiptRequest(url="", headers=headers, body=body, now=time.time())
    (receipt,) = SandboxSms.parse_receipts(request, account("http://sandbox"))
    return receipt


async def send(sms: SandboxSms, **changes: Any) -> SendResult:
    (result,) = await sms.send([message(**changes)])
    return result


class TestSend:
    async def test_the_vendor_logs_the_rendered_text(
        self, sandbox: SandboxClient, sms: SandboxSms
    ) -> None:
        result = await send(sms)
        (entry,) = await sandbox.ledger("sms")
        assert result.outcome is Outcome.SENT
        assert entry["message_id"] == result.provider_id
        assert "A17" in entry["text"]

    async def test_results_stand_in_the_order_of_the_batch(self, sms: SandboxSms) -> None:
        results = await sms.send([message(out_id="a"), message(to="1"), message(out_id="b")])
        assert [r.outcome for r in results] == [Outcome.SENT, Outcome.REFUSED, Outcome.SENT]

    async def test_the_same_out_id_twice_is_two_messages(
        self, sandbox: SandboxClient, sms: SandboxSms
    ) -> None:
        await sms.send([message(), message()])
        assert [entry["out_id"] for entry in await sandbox.ledger("sms")] == ["d1", "d1"]

    @pytest.mark.parametrize(
        ("changes", "code"),
        [
            ({"to": "13800138000"}, "number_invalid"),
            ({"to": "+0123456789"}, "number_invalid"),
            ({"template": "no_such"}, "template_unknown"),
            ({"variables": {}}, "template_variable_missing"),
        ],
    )
    async def test_a_wrong_message_is_refused(
        self, sms: SandboxSms, changes: dict[str, Any], code: str
    ) -> None:
        result = await send(sms, **changes)
        assert (result.outcome, result.code) == (Outcome.REFUSED, code)

    async def test_a_wrong_key_is_unauthorised(self, sandbox: SandboxClient) -> None:
        wrong = account(sandbox.url, key="wrong")
        sms = SandboxSms(wrong, session=sandbox.session, timeout_seconds=30.0)
        result = await send(sms)
        assert (result.outcome, result.code) == (Outcome.UNAUTHORISED, "key_invalid")


class TestFaults:
    @pytest.mark.parametrize(
        ("mode", "outcome", "taken_count"),
        [
            ("429", Outcome.RETRY, 0),
            ("503", Outcome.RETRY, 0),
            ("413", Outcome.TOO_LARGE, 0),
            ("410", Outcome.GONE, 0),
            ("500", Outcome.UNKNOWN, 0),
            ("reset", Outcome.UNKNOWN, 0),
            ("accept_then_reset", Outcome.UNKNOWN, 1),
        ],
    )
    async def test_only_a_definite_refusal_may_be_retried(
        self,
        sandbox: SandboxClient,
        sms: SandboxSms,
        mode: str,
        outcome: Outcome,
        taken_count: int,
    ) -> None:
        await sandbox.fault("sms", mode)
        assert (await send(sms)).outcome is outcome
        entries = await sandbox.ledger("sms")
        assert len(entries) == 1, "the adapter repeated a message by itself"
        assert sum("message_id" in entry for entry in entries) == taken_count

    async def test_retry_after_is_passed_on(self, sandbox: SandboxClient, sms: SandboxSms) -> None:
        await sandbox.fault("sms", "429", retry_after="9")
        assert (await send(sms)).retry_after_seconds == 9.0

    async def test_a_vendor_that_hangs_leaves_the_outcome_unknown(
        self, sandbox: SandboxClient
    ) -> None:
        await sandbox.fault("sms", "hang")
        sms = SandboxSms(account(sandbox.url), session=sandbox.session, timeout_seconds=0.2)
        result = await send(sms)
        assert (result.outcome, result.code) == (Outcome.UNKNOWN, "timeout")

    async def test_a_closed_port_may_be_retried(
        self, sandbox: SandboxClient, sms: SandboxSms
    ) -> None:
        sandbox.running.stop()
        result = await send(sms)
        assert (result.outcome, result.code) == (Outcome.RETRY, "connection_refused")

    async def test_an_answer_that_is_no_sms_vendors_is_unknown(self, receiver: Receiver) -> None:
        async with aiohttp.ClientSession() as session:
            url = receiver.url.removesuffix("/callback")
            sms = SandboxSms(account(url), session=session, timeout_seconds=30.0)
            sms._url = receiver.url
            assert (await send(sms)).outcome is Outcome.UNKNOWN


class TestReceipts:
    async def test_a_delivery_is_told_by_a_signed_receipt(
        self, sandbox: SandboxClient, sms: SandboxSms, receiver: Receiver
    ) -> None:
        await sandbox.call(
            "PUT", "/sms/knobs", {"receipt_url": receiver.url, "receipt_delay_seconds": 0}
        )
        sent = await send(sms)
        await eventually(lambda: bool(receiver.received))
        callback = receiver.received[0]
        receipt = parsed(callback.headers, callback.body)
        assert (receipt.provider_id, receipt.out_id) == (sent.provider_id, "d1")
        assert receipt.status is ReceiptStatus.DELIVERED

    async def test_a_forged_receipt_is_refused(
        self, sandbox: SandboxClient, sms: SandboxSms, receiver: Receiver
    ) -> None:
        knobs = {"receipt_url": receiver.url, "forged_signature": True, "receipt_delay_seconds": 0}
        await sandbox.call("PUT", "/sms/knobs", knobs)
        await send(sms)
        await eventually(lambda: bool(receiver.received))
        callback = receiver.received[0]
        with pytest.raises(SignatureRefusedError):
            parsed(callback.headers, callback.body)

    def test_a_changed_body_is_refused(self) -> None:
        headers = sign(secret=SECRET, timestamp=int(time.time()), body=b"{}")
        with pytest.raises(SignatureRefusedError):
            parsed(headers, b"{ }")

    @pytest.mark.parametrize("age_seconds", [301 + 60, -301 - 60])
    def test_an_old_or_early_receipt_is_refused(self, age_seconds: int) -> None:
        headers = sign(secret=SECRET, timestamp=int(time.time()) - age_seconds, body=b"{}")
        with pytest.raises(SignatureRefusedError):
            parsed(headers, b"{}")

    def test_no_signature_is_refused(self) -> None:
        with pytest.raises(SignatureRefusedError):
            parsed({}, b"{}")

    def test_a_signed_receipt_without_meaning_is_invalid(self) -> None:
        body = json.dumps({"status": "delivered"}).encode()
        headers = sign(secret=SECRET, timestamp=int(time.time()), body=body)
        with pytest.raises(ReceiptInvalidError):
            parsed(headers, body)


class TestAsk:
    async def test_tells_how_a_message_ended_whose_answer_was_lost(
        self, sandbox: SandboxClient, sms: SandboxSms
    ) -> None:
        await sandbox.fault("sms", "accept_then_reset")
        assert (await send(sms)).outcome is Outcome.UNKNOWN
        (receipt,) = await sms.ask([unconfirmed("d1"), unconfirmed("never sent")])
        assert (receipt.out_id, receipt.status) == ("d1", ReceiptStatus.DELIVERED)


def unconfirmed(out_id: str) -> Unconfirmed:
    return Unconfirmed(
        out_id=out_id, provider_id="", to="+8613800138000", sent_at=datetime.now(UTC)
    )


class TestRegistry:
    async def test_an_adapter_is_found_by_name(self, sandbox: SandboxClient) -> None:
        sms = SMS_PROVIDERS["sandbox"](
            account(sandbox.url), session=sandbox.session, timeout_seconds=30.0
        )
        (result,) = await sms.send([message()])
        assert result.outcome is Outcome.SENT
