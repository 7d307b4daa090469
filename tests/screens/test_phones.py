"""The page of simulated phones, in a browser: a phone rings, is answered, and a key says yes."""

import json
from urllib.request import Request, urlopen

from playwright.sync_api import Browser, expect

from notifications.sandbox.server import start_in_thread


SECRET = "a shared secret"
CALL = {
    "to": "+8613800138000",
    "template": "order_placed",
    "variables": {"number": "17"},
    "out_id": "d1",
}


class TestRingingPhone:
    def test_is_answered_and_acknowledged_by_a_key(self, browser: Browser) -> None:
        sandbox = start_in_thread("127.0.0.1", 0, callback_secret=SECRET)
        headers = {"Authorization": f"Bearer {SECRET}", "Content-Type": "application/json"}
        try:
            call = Request(
                f"{sandbox.url}/voice/calls", data=json.dumps(CALL).encode(), headers=headers
            )
            urlopen(call).close()
            page = browser.new_page()
            errors: list[str] = []
            page.on("pageerror", lambda error: errors.append(str(error)))
            page.goto(f"{sandbox.url}/")
            page.get_by_role("button", name="Answer").click()
            page.get_by_role("button", name="Press 1").click()
            expect(page.get_by_text("Acknowledged")).to_be_visible()
            expect(page.get_by_role("button")).to_have_count(0)
            page.close()
            assert not errors
        finally:
            sandbox.stop()
