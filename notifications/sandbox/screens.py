"""The page of simulated phones: what people would see in their hands."""

from pathlib import Path

from aiohttp import web

from notifications.sandbox.app_phones import AppStore
from notifications.sandbox.devices import DeviceStore
from notifications.sandbox.faults import Handler
from notifications.sandbox.ledger import Ledger, moment
from notifications.sandbox.outbox import Outbox
from notifications.sandbox.push import show_device
from notifications.sandbox.voice import VoiceVendor
from notifications.sandbox.wechat import WeChatVendor


PAGES = Path(__file__).parent / "pages"
PHONE_LIMIT = 80
PAGE_HEADERS = {
    "Content-Security-Policy": "default-src 'self'",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",
}


class Screens:
    """Joins push cards, SMS bubbles and calls by phone number into phones."""

    def __init__(
        self,
        *,
        store: DeviceStore,
        apps: AppStore,
        wechat: WeChatVendor,
        outbox: Outbox,
        voice: VoiceVendor,
        ledgers: list[Ledger],
    ) -> None:
        self._store = store
        self._apps = apps
        self._wechat = wechat
        self._outbox = outbox
        self._voice = voice
        self._ledgers = ledgers

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/", self._file("screens.html")),
            web.get("/screens.css", self._file("screens.css")),
            web.get("/screens.js", self._file("screens.js")),
            web.get("/screens", self._screens),
            web.get("/knobs", self._file("knobs.html")),
            web.get("/knobs.js", self._file("knobs.js")),
            web.get("/favicon.ico", self._no_icon),
        ]

    def phones(self) -> list[dict[str, object]]:
        """Return the phones last reached, in the order in which they were first seen."""
        texts: dict[str, list[dict[str, str]]] = {}
        for bubble in self._outbox.bubbles:
            shown = {"text": bubble.text, "shown_at": moment(bubble.shown_at)}
            texts.setdefault(bubble.to, []).append(shown)
        calls: dict[str, list[dict[str, str]]] = {}
        for call in self._voice.calls():
            calls.setdefault(call.taken.to, []).append(call.view())
        phones = [
            {
                **show_device(device),
                "sms": texts.pop(device.phone, []),
                "calls": calls.pop(device.phone, []),
            }
            for device in (
                *self._store.devices.values(),
                *self._apps.phones(),
                *self._wechat.phones(),
            )
            if not device.is_gone
        ]
        phones.extend(
            _bare_phone(number, texts.get(number, []), calls.get(number, []))
            for number in dict.fromkeys((*texts, *calls))
        )
        if len(phones) <= PHONE_LIMIT:
            return phones
        latest = sorted(phones, key=_last_reached_at, reverse=True)[:PHONE_LIMIT]
        kept = {id(phone) for phone in latest}
        return [phone for phone in phones if id(phone) in kept]

    async def _screens(self, _request: web.Request) -> web.Response:
        raw_count = sum(ledger.recorded_count for ledger in self._ledgers)
        return web.json_response({"phones": self.phones(), "request_count": raw_count})

    async def _no_icon(self, _request: web.Request) -> web.Response:
        return web.Response(status=204)

    def _file(self, name: str) -> Handler:
        async def serve(_request: web.Request) -> web.FileResponse:
            return web.FileResponse(PAGES / name, headers=PAGE_HEADERS)

        return serve


def _bare_phone(
    number: str, sms: list[dict[str, str]], calls: list[dict[str, str]]
) -> dict[str, object]:
    return {
        "device_id": f"sms{number}",
        "label": number,
        "person": "",
        "phone": number,
        "is_online": True,
        "is_gone": False,
        "raw_count": 0,
        "visible_count": 0,
        "waiting_count": 0,
        "cards": [],
        "sms": sms,
        "calls": calls,
    }


def _last_reached_at(phone: dict[str, object]) -> str:
    shown: list[str] = []
    for part in ("cards", "sms", "calls"):
        items = phone[part]
        if isinstance(items, list) and items:
            shown.append(str(items[-1]["shown_at"]))
    return max(shown, default="")
