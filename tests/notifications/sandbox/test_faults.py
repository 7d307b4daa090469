"""Ordered faults hit exactly the requests they were ordered for."""

import time
from email.utils import parsedate_to_datetime

import pytest

from notifications.sandbox.faults import LEGEND, Channel, FaultMode
from tests.notifications.running import SandboxClient
from tests.notifications.sandbox.wire import push


class TestFaults:
    async def test_a_fault_is_spent_after_its_count(self, sandbox: SandboxClient) -> None:
        subscription = await sandbox.device()
        await sandbox.fault("push", "503", count=2)
        statuses = [(await push(sandbox, subscription))[0] for _ in range(3)]
        assert statuses == [503, 503, 201]

    async def test_faults_are_spent_in_the_order_given(self, sandbox: SandboxClient) -> None:
        subscription = await sandbox.device()
        await sandbox.fault("push", "429")
        await sandbox.fault("push", "500")
        statuses = [(await push(sandbox, subscription))[0] for _ in range(3)]
        assert statuses == [429, 500, 201]

    async def test_another_channel_is_not_touched(self, sandbox: SandboxClient) -> None:
        subscription = await sandbox.device()
        await sandbox.fault("sms", "500")
        assert (await push(sandbox, subscription))[0] == 201

    async def test_faults_can_be_taken_back(self, sandbox: SandboxClient) -> None:
        subscription = await sandbox.device()
        await sandbox.fault("push", "500", count=100)
        assert (await sandbox.call("DELETE", "/faults"))[0] == 204
        assert (await push(sandbox, subscription))[0] == 201

    async def test_accept_then_reset_delivers_all_the_same(self, sandbox: SandboxClient) -> None:
        subscription = await sandbox.device()
        await sandbox.fault("push", "accept_then_reset")
        with pytest.raises(OSError):  # noqa: PT011  aiohttp's choice of class varies
            await push(sandbox, subscription)
        assert (await sandbox.screen(subscription))["visible_count"] == 1
        (entry,) = await sandbox.ledger("push")
        assert (entry["status"], entry["fault"]) == (201, "accept_then_reset")

    @pytest.mark.parametrize(
        "order", [{"channel": "fax"}, {"mode": "418"}, {"count": 0}, {"surprise": 1}]
    )
    async def test_a_wrong_order_is_refused(
        self, sandbox: SandboxClient, order: dict[str, object]
    ) -> None:
        fault = {"channel": "push", "mode": "500", **order}
        assert (await sandbox.call("POST", "/faults", fault))[0] == 422

    async def test_a_date_to_come_again_is_told(self, sandbox: SandboxClient) -> None:
        await sandbox.fault("push", "429", retry_at_seconds=600)
        async with sandbox.session.post(f"{sandbox.url}/push/nobody") as response:
            told = parsedate_to_datetime(response.headers["Retry-After"]).timestamp()
        assert 0 < told - time.time() <= 600

    async def test_what_is_said_to_be_taken_is_nowhere(self, sandbox: SandboxClient) -> None:
        subscription = await sandbox.device()
        await sandbox.fault("push", "201")
        async with sandbox.session.post(subscription["endpoint"]) as response:
            assert response.status == 201
        assert (await sandbox.screen(subscription))["raw_count"] == 0


class TestKnobs:
    async def test_are_all_told_with_what_they_mean(self, sandbox: SandboxClient) -> None:
        await sandbox.fault("sms", "500", count=3)
        _, told = await sandbox.call("GET", "/faults")
        assert told["channels"] == [*Channel]
        assert told["modes"].keys() == LEGEND.keys() == {*FaultMode}
        (ordered,) = told["ordered"]
        assert (ordered["channel"], ordered["mode"], ordered["count"]) == ("sms", "500", 3)

    @pytest.mark.parametrize("name", ["sms", "payments"])
    async def test_of_receipts_can_be_read_and_set_again(
        self, sandbox: SandboxClient, name: str
    ) -> None:
        _, knobs = await sandbox.call("GET", f"/{name}/knobs")
        turned = {**knobs, "forged_signature": True}
        assert await sandbox.call("PUT", f"/{name}/knobs", turned) == (200, turned)
        assert (await sandbox.call("GET", f"/{name}/knobs"))[1] == turned

    @pytest.mark.parametrize("path", ["/knobs", "/knobs.js"])
    async def test_have_a_page(self, sandbox: SandboxClient, path: str) -> None:
        async with sandbox.session.get(sandbox.url + path) as response:
            assert response.status == 200
            assert response.headers["Content-Security-Policy"] == "default-src 'self'"

    @pytest.mark.parametrize(
        ("channel", "path"),
        [
            ("push", "/push/nobody"),
            ("sms", "/sms/messages"),
            ("sms", "/aliyun/"),
            ("sms", "/tencent/"),
            ("sms", "/twilio/2010-04-01/Accounts/AC1/Messages.json"),
            ("voice", "/voice/calls"),
            ("payments", "/payments/charges"),
            ("payments", "/payments/refunds"),
            ("webhooks", "/program/hooks"),
        ],
    )
    async def test_stand_before_every_provider(
        self, sandbox: SandboxClient, channel: str, path: str
    ) -> None:
        for mode in FaultMode:
            if mode.isdecimal():
                await sandbox.fault(channel, mode)
                async with sandbox.session.post(sandbox.url + path) as response:
                    assert response.status == int(mode)
        await sandbox.fault(channel, "reset")
        with pytest.raises(OSError):  # noqa: PT011  aiohttp's choice of class varies
            await sandbox.session.post(sandbox.url + path)
