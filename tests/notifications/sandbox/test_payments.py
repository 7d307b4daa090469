"""The payment provider: paying, signed callbacks in all their disorder, refunds."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from notifications.channels.signature import SignatureRefusedError, verify_signature
from tests.notifications.receiver import Received, Receiver
from tests.notifications.running import SECRET, SandboxClient, eventually


async def charge(sandbox: SandboxClient, receiver: Receiver, **changes: Any) -> Any:
    wanted = {
        "order_id": "o1",
        "amount_minor": 4250,
        "currency": "CNY",
        "callback_url": receiver.url,
        "reference": "p1",
        **changes,
    }
    status, answer = await sandbox.call("POST", "/payments/charges", wanted)
    return {**answer, "http_status": status}


async def pay(sandbox: SandboxClient, opened: Any, result: str = "succeeded") -> int:
    async with sandbox.session.post(opened["pay_url"], data={"result": result}) as response:
        return response.status


def is_genuine(callback: Received) -> bool:
    now = float(callback.headers["Paidan-Sandbox-Timestamp"])
    try:
        verify_signature(callback.headers, callback.body, secret=SECRET, now=now)
    except SignatureRefusedError:
        return False
    return True


class TestCharge:
    async def test_the_same_reference_is_the_same_charge(
        self, sandbox: SandboxClient, receiver: Receiver
    ) -> None:
        first, second = await charge(sandbox, receiver), await charge(sandbox, receiver)
        assert first["charge_id"] == second["charge_id"]
        assert (first["http_status"], second["http_status"]) == (201, 200)

    async def test_a_reference_cannot_change_its_amount(
        self, sandbox: SandboxClient, receiver: Receiver
    ) -> None:
        await charge(sandbox, receiver)
        again = await charge(sandbox, receiver, amount_minor=1)
        assert (again["http_status"], again["code"]) == (409, "reference_reused")

    @pytest.mark.parametrize(
        "change",
        [{"amount_minor": 0}, {"currency": "yuan"}, {"callback_url": "file:///x"}, {"more": 1}],
    )
    async def test_a_wrong_charge_is_refused(
        self, sandbox: SandboxClient, receiver: Receiver, change: dict[str, Any]
    ) -> None:
        assert (await charge(sandbox, receiver, **change))["http_status"] == 422

    async def test_the_page_shows_the_amount_and_escapes_the_reference(
        self, sandbox: SandboxClient, receiver: Receiver
    ) -> None:
        opened = await charge(sandbox, receiver, reference="<script>")
        async with sandbox.session.get(opened["pay_url"]) as response:
            page = await response.text()
        assert "42.50 CNY" in page
        assert "<script>" not in page

    async def test_faults_apply(self, sandbox: SandboxClient, receiver: Receiver) -> None:
        await sandbox.fault("payments", "503")
        assert (await charge(sandbox, receiver))["http_status"] == 503


class TestPay:
    @pytest.mark.parametrize("result", ["succeeded", "failed"])
    async def test_the_result_is_called_back_signed(
        self, sandbox: SandboxClient, receiver: Receiver, result: str
    ) -> None:
        opened = await charge(sandbox, receiver)
        assert await pay(sandbox, opened, result) == 200
        await eventually(lambda: bool(receiver.received))
        callback = receiver.received[0]
        assert is_genuine(callback)
        assert callback.content["type"] == f"payment.{result}"
        assert callback.content["reference"] == "p1"
        assert callback.content["amount_minor"] == 4250

    async def test_a_charge_is_settled_once(
        self, sandbox: SandboxClient, receiver: Receiver
    ) -> None:
        opened = await charge(sandbox, receiver)
        answers = [await pay(sandbox, opened), await pay(sandbox, opened, "failed")]
        assert answers == [200, 409]

    async def test_a_result_must_be_final(
        self, sandbox: SandboxClient, receiver: Receiver
    ) -> None:
        assert await pay(sandbox, await charge(sandbox, receiver), "pending") == 422

    async def test_a_browser_is_led_back(self, sandbox: SandboxClient, receiver: Receiver) -> None:
        opened = await charge(sandbox, receiver, return_url="http://127.0.0.1/orders/1")
        async with sandbox.session.post(
            opened["pay_url"], headers={"Accept": "text/html"}, allow_redirects=False
        ) as response:
            assert response.status == 303
            assert response.headers["Location"] == "http://127.0.0.1/orders/1"

    async def test_a_charge_can_be_asked_for(
        self, sandbox: SandboxClient, receiver: Receiver
    ) -> None:
        opened = await charge(sandbox, receiver)
        await pay(sandbox, opened)
        _, shown = await sandbox.call("GET", f"/payments/charges/{opened['charge_id']}")
        assert shown["status"] == "succeeded"


class TestCallbackDisorder:
    async def paid_with(
        self, sandbox: SandboxClient, receiver: Receiver, knobs: dict[str, Any]
    ) -> None:
        assert (await sandbox.call("PUT", "/payments/knobs", knobs))[0] == 200
        await pay(sandbox, await charge(sandbox, receiver))

    async def test_twice_has_one_event_id(
        self, sandbox: SandboxClient, receiver: Receiver
    ) -> None:
        await self.paid_with(sandbox, receiver, {"callback_count": 2})
        await eventually(lambda: len(receiver.received) == 2)
        assert len({callback.content["event_id"] for callback in receiver.received}) == 1

    async def test_late(self, sandbox: SandboxClient, receiver: Receiver) -> None:
        await self.paid_with(sandbox, receiver, {"late_seconds": 0.3})
        await eventually(lambda: len(receiver.received) == 1)
        arrived_at = datetime.now(UTC)
        occurred_at = datetime.fromisoformat(receiver.received[0].content["occurred_at"])
        assert arrived_at - occurred_at >= timedelta(seconds=0.3)

    async def test_wrong_amount(self, sandbox: SandboxClient, receiver: Receiver) -> None:
        await self.paid_with(sandbox, receiver, {"wrong_amount": True})
        await eventually(lambda: len(receiver.received) == 1)
        assert receiver.received[0].content["amount_minor"] == 4251

    async def test_forged(self, sandbox: SandboxClient, receiver: Receiver) -> None:
        await self.paid_with(sandbox, receiver, {"forged_signature": True})
        await eventually(lambda: len(receiver.received) == 1)
        assert not is_genuine(receiver.received[0])

    async def test_is_repeated_until_taken(
        self, sandbox: SandboxClient, receiver: Receiver
    ) -> None:
        receiver.statuses = [500, 503]
        await self.paid_with(sandbox, receiver, {})
        await eventually(lambda: len(receiver.received) == 3)
        assert all(is_genuine(callback) for callback in receiver.received)


class TestRefund:
    async def refund(
        self, sandbox: SandboxClient, opened: Any, refund_id: str, amount_minor: int
    ) -> tuple[int, Any]:
        wanted = {
            "charge_id": opened["charge_id"],
            "refund_id": refund_id,
            "amount_minor": amount_minor,
        }
        return await sandbox.call("POST", "/payments/refunds", wanted)

    async def test_happens_once_per_id(self, sandbox: SandboxClient, receiver: Receiver) -> None:
        opened = await charge(sandbox, receiver)
        await pay(sandbox, opened)
        answers = [(await self.refund(sandbox, opened, "r1", 4250))[0] for _ in range(2)]
        assert answers == [201, 200]
        _, shown = await sandbox.call("GET", f"/payments/charges/{opened['charge_id']}")
        assert shown["refunded_minor"] == 4250

    async def test_never_exceeds_what_was_captured(
        self, sandbox: SandboxClient, receiver: Receiver
    ) -> None:
        opened = await charge(sandbox, receiver)
        await pay(sandbox, opened)
        assert (await self.refund(sandbox, opened, "r1", 4000))[0] == 201
        status, answer = await self.refund(sandbox, opened, "r2", 251)
        assert (status, answer["code"]) == (422, "refund_exceeds_captured")
        assert (await self.refund(sandbox, opened, "r3", 250))[0] == 201

    async def test_an_id_cannot_change_its_amount(
        self, sandbox: SandboxClient, receiver: Receiver
    ) -> None:
        opened = await charge(sandbox, receiver)
        await pay(sandbox, opened)
        await self.refund(sandbox, opened, "r1", 1)
        status, answer = await self.refund(sandbox, opened, "r1", 2)
        assert (status, answer["code"]) == (409, "refund_id_reused")

    async def test_needs_a_captured_charge(
        self, sandbox: SandboxClient, receiver: Receiver
    ) -> None:
        opened = await charge(sandbox, receiver)
        status, answer = await self.refund(sandbox, opened, "r1", 1)
        assert (status, answer["code"]) == (409, "charge_not_captured")

    async def test_of_an_unknown_charge_is_refused(self, sandbox: SandboxClient) -> None:
        assert (await self.refund(sandbox, {"charge_id": "none"}, "r1", 1))[0] == 404


class TestLedger:
    async def test_holds_requests_and_callbacks(
        self, sandbox: SandboxClient, receiver: Receiver
    ) -> None:
        await pay(sandbox, await charge(sandbox, receiver))
        await charge(sandbox, receiver, amount_minor=0)
        await eventually(lambda: bool(receiver.received))
        entries = await sandbox.ledger("payments")
        requests = [entry for entry in entries if "path" in entry]
        assert [entry["status"] for entry in requests] == [201, 200, 422]
        assert json.loads(requests[0]["answer"])["reference"] == "p1"
