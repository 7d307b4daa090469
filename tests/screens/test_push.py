"""The service worker in a real browser: pushes are handed to it as a push service's would be.

And what it keeps: the client for when the network is away, and the word of a newer version.
"""

import json
from collections.abc import Callable
from typing import Any, Final

from playwright.sync_api import CDPSession, Page, expect

from tests.screens.api import Api
from tests.screens.conftest import Devices
from tests.screens.devices import PATIENCE_MS, Device, session_of


LOOK_MS: Final = 100
LOOKS: Final = 4 * PATIENCE_MS // LOOK_MS
SHOWN: Final = """async () => {
  const registration = await navigator.serviceWorker.getRegistration();
  const shown = await registration.getNotifications();
  return shown.map(({ tag, title, body }) => ({ tag, title, body }));
}"""
NOTICE: Final = {
    "id": "0190a3c0-0000-7000-8000-000000000001",
    "tag": "0190a3c0-0000-7000-8000-000000000001",
    "title": "New order",
    "body": "#17",
    "url": "/settings",
}

# No push service is behind this browser, so the page finds a subscription that it made elsewhere.
SUBSCRIBED: Final = """
  PushManager.prototype.getSubscription = async () => ({
    endpoint: "https://fcm.googleapis.com/fcm/send/of-this-browser",
    options: {},
    toJSON: () => ({ keys: { auth: "c2VjcmV0" } }),
    unsubscribe: async () => true,
  });
"""
P256DH: Final = (  # the example of RFC 8291
    "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
)

KEPT: Final = """(order) =>
  Object.keys(localStorage).some(
    (key) => key.startsWith("paidan:last:merchant:") && localStorage.getItem(key).includes(order),
  )"""

Push = Callable[[str], None]


def wait_for(page: Page, what: str, look: Callable[[], Any]) -> Any:
    """Return the first true answer of `look`; fail with `what` and the last one at the end."""
    seen = None
    for _ in range(LOOKS):
        seen = look()
        if seen:
            return seen
        page.wait_for_timeout(LOOK_MS)
    raise AssertionError(f"{what} did not come: {seen!r}")


def opened(devices: Devices) -> tuple[Device, Push]:
    """Open a page whose service worker is active; return it, and a way to push to it."""
    made = devices("staff")
    made.context.grant_permissions(["notifications"], origin=made.installation.url)
    session = made.context.new_cdp_session(made.page)
    registered: dict[str, str] = {}
    active: set[str] = set()
    session.on("ServiceWorker.workerRegistrationUpdated", lambda event: _note(event, registered))
    session.on("ServiceWorker.workerVersionUpdated", lambda event: _note_active(event, active))
    session.send("ServiceWorker.enable")
    made.open("settings/index")
    scope = f"{made.installation.url}/"
    wait_for(made.page, "an active service worker", lambda: registered.get(scope) in active)
    return made, _pusher(session, made, registered[scope])


def _note(event: dict[str, Any], registered: dict[str, str]) -> None:
    registered |= {each["scopeURL"]: each["registrationId"] for each in event["registrations"]}


def _note_active(event: dict[str, Any], active: set[str]) -> None:
    active |= {
        each["registrationId"] for each in event["versions"] if each["status"] == "activated"
    }


def _pusher(session: CDPSession, made: Device, registration_id: str) -> Push:
    def push(data: str) -> None:
        wanted = {"origin": made.installation.url, "registrationId": registration_id, "data": data}
        session.send("ServiceWorker.deliverPushMessage", wanted)

    return push


def shown(page: Page, titles: list[str]) -> list[dict[str, Any]]:
    """Wait until exactly these notifications are shown on the device; return them."""

    def look() -> list[dict[str, Any]] | None:
        all_: list[dict[str, Any]] = page.evaluate(SHOWN)
        return all_ if [each["title"] for each in all_] == titles else None

    found: list[dict[str, Any]] = wait_for(page, f"notifications {titles}", look)
    return found


class TestPush:
    def test_shows_one_notification_for_a_notice_and_its_repeat(self, device: Devices) -> None:
        made, push = opened(device)
        push(json.dumps(NOTICE))
        shown(made.page, ["New order"])
        push(json.dumps({**NOTICE, "title": "New order, still", "loud": True}))
        (only,) = shown(made.page, ["New order, still"])
        assert (only["tag"], only["body"]) == (NOTICE["tag"], "#17")

    def test_shows_a_general_one_whatever_came(self, device: Devices) -> None:
        made, push = opened(device)
        push("no JSON at all {")
        shown(made.page, ["Paidan"])

    def test_is_acknowledged_by_the_worker_without_the_page(self, device: Devices) -> None:
        made, _push = opened(device)
        made.open_board()
        order = str(Api(made.installation, "customer").place_order(fulfilment="pickup")["id"])
        expect(made.page.locator(f'[data-order="{order}"]')).to_have_count(1)
        expect(made.page.locator(".ringing-bar")).to_have_count(1)
        token = made.installation.run("tests.screens.give_act_token").strip()
        (worker,) = made.context.service_workers
        worker.evaluate(
            "(token) => answerClick('acknowledge', { act: token, url: '/settings' })", token
        )
        expect(made.page.locator(".ringing-bar")).to_have_count(0)
        assert len(made.context.pages) == 1


class TestLogOut:
    def test_ends_the_subscription_of_this_browser(self, device: Devices) -> None:
        made = device("customer")
        made.context.add_init_script(SUBSCRIBED)
        api = Api(made.installation, "customer")
        endpoint = "https://fcm.googleapis.com/fcm/send/of-this-browser"
        keys = {"p256dh": P256DH, "auth": "BTBZMqHH6r4Tts7J_aSIgg"}
        number = api.post("/push/subscriptions", endpoint=endpoint, keys=keys)["id"]
        assert number in [each["id"] for each in api.ask("GET", "/me/devices")["items"]]
        made.open("doors/index")
        made.page.evaluate("() => navigator.serviceWorker.ready.then(() => true)")
        made.deed("leave")
        made.page.wait_for_url("**/app/login/index")
        session_of.cache_clear()  # it was this session that ended
        left = Api(made.installation, "customer").ask("GET", "/me/devices")["items"]
        assert number not in [each["id"] for each in left]


class TestOffLine:
    def test_opens_and_shows_what_was_known(self, device: Devices) -> None:
        made, _push = opened(device)
        board = made.open(f"board/index?shop={made.installation.town['merchant']}")
        made.is_live()
        order = str(Api(made.installation, "customer").place_order(fulfilment="pickup")["id"])
        card = board.locator(f'[data-order="{order}"]')
        expect(card).to_have_count(1)
        board.wait_for_function(KEPT, arg=order)
        made.context.set_offline(offline=True)
        board.reload()
        expect(card).to_have_count(1)
        expect(board.locator("[data-stale]")).to_be_visible()
        made.context.set_offline(offline=False)
        made.is_live()
        expect(board.locator("[data-stale]")).to_have_count(0)

    def test_leads_from_an_address_to_its_screen(self, device: Devices) -> None:
        made, _push = opened(device)
        made.context.set_offline(offline=True)
        made.open("/settings?notice=1")
        made.page.wait_for_url("**/app/settings/index*")
        expect(made.page.locator("[data-deed=again]")).to_be_visible()
        made.open("/nowhere")
        expect(made.page.locator("main .empty [data-deed=home]")).to_be_visible()


class TestNewVersion:
    def test_is_offered_to_a_page_that_is_older(self, device: Devices) -> None:
        made, _push = opened(device)
        made.context.route("**/app/", lambda route: route.fulfill(body="<html></html>"))
        made.page.evaluate(
            """async () => {
              const registration = await navigator.serviceWorker.getRegistration();
              registration.dispatchEvent(new Event("updatefound"));
            }"""
        )
        expect(made.page.locator("[data-deed=reload]")).to_be_visible()
