"""Ordered faults hit exactly the requests they were ordered for."""

import pytest

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
