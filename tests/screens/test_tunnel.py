"""A courier without a connection: steps wait on the device, and reach the hub in their order."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.screens.conftest import Devices
from tests.screens.installation import Installation
from tests.screens.riding import Shift, begin_shift


IS_KEPT = """
  caches.match("/app/").then((found) => Boolean(found && navigator.serviceWorker.controller))
"""
"""Whether the page would open without a connection."""


@pytest.fixture
def shift(device: Devices, installation: Installation) -> Shift:
    return begin_shift(device, installation)


def enter_tunnel(shift: Shift) -> None:
    shift.courier.context.set_offline(True)
    badge = shift.courier.page.locator(".freshness").first
    expect(badge).to_have_attribute("data-state", re.compile("reconnecting|offline"))


class TestTunnel:
    def test_sends_every_step_and_the_photo_afterwards(self, shift: Shift, tmp_path: Path) -> None:
        order = shift.taken()
        enter_tunnel(shift)
        shift.carry(order)
        shift.courier.deed("deliver")
        shift.choose("photo")
        shift.photograph(tmp_path)
        shift.is_in("delivered")
        shift.waits(4)
        assert shift.state_of(order)["state"] == "ready"

        shift.courier.context.set_offline(False)
        shift.has_no_job()
        shift.waits(0)
        proof = shift.state_of(order)["leg"]["proof"]
        assert proof["kind"] == "photo"
        assert shift.state_of(order)["state"] == "completed"

    def test_ends_with_a_word_about_what_came_too_late(self, shift: Shift) -> None:
        order = shift.taken()
        enter_tunnel(shift)
        shift.step("arrive_pickup")
        shift.is_in("at_pickup")
        shift.shop.post(f"/orders/{order['id']}/stop", reason="too_busy")
        shift.courier.context.set_offline(False)
        refused = shift.courier.page.locator('[data-refused="leg.arrive_pickup"]')
        expect(refused).to_have_attribute("data-code", "illegal_transition")
        shift.courier.deed("forget")
        expect(refused).to_have_count(0)
        # And the queue goes on.
        shift.taken()
        shift.step("arrive_pickup")
        shift.is_in("at_pickup")
        shift.waits(0)


class TestReload:
    def test_loses_no_step_in_the_tunnel(self, shift: Shift) -> None:
        order = shift.taken()
        shift.courier.page.wait_for_function(IS_KEPT)
        enter_tunnel(shift)
        shift.step("arrive_pickup")
        shift.is_in("at_pickup")
        shift.courier.page.reload()
        shift.is_in("at_pickup")
        shift.waits(1)
        shift.courier.deed("pick_up")
        shift.courier.confirm(number=str(order["number"]))
        shift.is_in("picked_up")
        shift.courier.page.reload()
        shift.waits(2)
        shift.is_in("picked_up")
        shift.courier.context.set_offline(False)
        shift.waits(0)
        shift.is_in("picked_up")
        assert shift.state_of(order)["leg"]["state"] == "picked_up"
