"""WeChat's wire form: stable tokens, log-ins, and subscription messages that spend grants.

Written from the vendor's description, apart from our own adapter.
"""

import hmac
import re
import secrets
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from aiohttp import web
from pydantic import Field, ValidationError

from notifications.sandbox.bodies import Body, answer, read_body
from notifications.sandbox.devices import DEVICE_LIMIT, Phone
from notifications.sandbox.faults import FAULT, Channel, FaultBoard
from notifications.sandbox.ledger import Ledger
from notifications.sandbox.push import show_device


APP_ID: Final = "wx0000000000sandbox"
TOKEN_SECONDS: Final = 7200
CODE_SECONDS: Final = 300
FORCED_SECONDS: Final = 30
TEMPLATES: Final[Mapping[str, tuple[str, ...]]] = {
    "sandbox-order-update": ("thing1", "character_string2", "thing3"),
    "sandbox-order-alert": ("thing1", "character_string2", "thing3"),
}
"""The fields of the templates that the simulated console has approved."""
LIMITS: Final[Mapping[str, tuple[int, str]]] = {
    "thing": (20, r"[^\n]+"),
    "number": (32, r"[0-9.]+"),
    "character_string": (32, r"[!-~]+"),
    "phrase": (5, r"[一-鿿]+"),
    "time": (32, r".*[0-9]{1,2}:[0-9]{2}(:[0-9]{2})?"),
    "amount": (13, r"[¥$€£]?[0-9]{1,10}(\.[0-9]+)?元?"),
}
PAGE: Final = re.compile(r"[a-z0-9_/-]+(\?.*)?", re.IGNORECASE)


class WeChatRefusedError(Exception):
    """WeChat refuses: always with 200, and a code in the body."""

    def __init__(self, code: int, message: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.message = message


class StableToken(Body):
    """The body of `stable_token`."""

    grant_type: str
    appid: str
    secret: str
    force_refresh: bool = False


class Value(Body):
    """The value of one field."""

    value: str


class Send(Body):
    """The body of `subscribe/send`."""

    touser: str
    template_id: str
    page: str = ""
    data: dict[str, Value]
    miniprogram_state: str = Field(default="formal", pattern="^(formal|trial|developer)$")
    lang: str = Field(default="zh_CN", pattern="^(zh_CN|en_US|zh_HK|zh_TW)$")


class NewUser(Body):
    """Somebody who uses the mini-program."""

    label: str = Field(default="WeChat", max_length=100)
    person: str = Field(default="", max_length=100)
    phone: str = Field(default="", max_length=20)


class Granted(Body):
    """Templates that the user agreed to, each for one message."""

    templates: list[str]


@dataclass(slots=True, kw_only=True)
class WeChatUser(Phone):
    """One user's WeChat on their phone; `device_id` is the openid."""

    grants: Counter[str] = field(default_factory=Counter)


class WeChatVendor:
    """Answers below ``/wechat`` as WeChat does."""

    def __init__(self, *, secret: str, ledger: Ledger) -> None:
        self._secret = secret
        self._ledger = ledger
        self._users: dict[str, WeChatUser] = {}
        self._codes: dict[str, tuple[str, float]] = {}
        self._token, self._token_ends_at, self._forced_at = "", 0.0, 0.0

    def routes(self, faults: FaultBoard) -> list[web.RouteDef]:
        send = faults.guard(Channel.WECHAT, self._send)
        return [
            web.post("/wechat/users", self._join),
            web.get("/wechat/users/{openid}", self._show),
            web.post("/wechat/users/{openid}/login", self._login),
            web.post("/wechat/users/{openid}/grants", self._grant),
            web.delete("/wechat/token", self._revoke),
            web.post("/wechat/cgi-bin/stable_token", self._stable_token),
            web.get("/wechat/sns/jscode2session", self._session),
            web.post("/wechat/cgi-bin/message/subscribe/send", send),
        ]

    def phones(self) -> list[WeChatUser]:
        """Return every user's screen."""
        return list(self._users.values())

    async def _join(self, request: web.Request) -> web.Response:
        wanted = await read_body(request, NewUser)
        if len(self._users) >= DEVICE_LIMIT:
            return answer(507, "too_many_devices")
        user = WeChatUser(device_id=f"o{secrets.token_urlsafe(20)}", **wanted.model_dump())
        self._users[user.device_id] = user
        return web.json_response(_view(user), status=201)

    async def _show(self, request: web.Request) -> web.Response:
        user = self._users.get(request.match_info["openid"])
        return answer(404, "user_unknown") if user is None else web.json_response(_view(user))

    async def _login(self, request: web.Request) -> web.Response:
        """Do what `wx.login` does: give a code that tells who it is, once."""
        code = secrets.token_urlsafe(12)
        self._codes[code] = (request.match_info["openid"], time.time() + CODE_SECONDS)
        return web.json_response({"code": code})

    async def _grant(self, request: web.Request) -> web.Response:
        """Do what `wx.requestSubscribeMessage` does when the user agrees."""
        wanted = await read_body(request, Granted)
        user = self._users.get(request.match_info["openid"])
        if user is None:
            return answer(404, "user_unknown")
        user.grants.update(wanted.templates)
        return web.json_response(_view(user))

    async def _revoke(self, _request: web.Request) -> web.Response:
        self._token = ""
        return web.Response(status=204)

    async def _stable_token(self, request: web.Request) -> web.Response:
        asked = await read_body(request, StableToken)
        now = time.time()
        code = self._wrong_with(asked.appid, asked.secret)
        if asked.force_refresh and now - self._forced_at < FORCED_SECONDS:
            code = code or 45009
        self._ledger.record(at=now, path=request.path, force=asked.force_refresh, errcode=code)
        if code:
            return web.json_response({"errcode": code, "errmsg": "refused"})
        if asked.force_refresh:
            self._forced_at = now
        if asked.force_refresh or not self._token or self._token_ends_at <= now:
            self._token, self._token_ends_at = secrets.token_urlsafe(48), now + TOKEN_SECONDS
        ends_in = int(self._token_ends_at - now)
        return web.json_response({"access_token": self._token, "expires_in": ends_in})

    async def _session(self, request: web.Request) -> web.Response:
        query = request.query
        if code := self._wrong_with(query.get("appid", ""), query.get("secret", "")):
            return web.json_response({"errcode": code, "errmsg": "refused"})
        openid, ends_at = self._codes.pop(query.get("js_code", ""), ("", 0.0))
        if not openid or ends_at <= time.time():
            return web.json_response({"errcode": 40029, "errmsg": "invalid code"})
        return web.json_response({"openid": openid, "session_key": secrets.token_urlsafe(16)})

    def _wrong_with(self, app_id: str, secret: str) -> int:
        if app_id != APP_ID:
            return 40013
        return 0 if hmac.compare_digest(secret.encode(), self._secret.encode()) else 40125

    async def _send(self, request: web.Request) -> web.Response:
        facts: dict[str, object] = {"fault": request.get(FAULT)}
        try:
            facts |= self._deliver(request, await request.read())
        except WeChatRefusedError as refusal:
            self._ledger.record(at=time.time(), **facts, errcode=refusal.code)
            return web.json_response({"errcode": refusal.code, "errmsg": refusal.message})
        self._ledger.record(at=time.time(), **facts, errcode=0)
        return web.json_response({"errcode": 0, "errmsg": "ok", "msgid": facts["msgid"]})

    def _deliver(self, request: web.Request, body: bytes) -> dict[str, object]:
        now = time.time()
        token = request.query.get("access_token", "")
        if not self._token or not hmac.compare_digest(token.encode(), self._token.encode()):
            raise WeChatRefusedError(40001, "invalid credential")
        if self._token_ends_at <= now:
            raise WeChatRefusedError(42001, "access_token expired")
        try:
            wanted = Send.model_validate_json(body)
        except ValidationError as error:
            raise WeChatRefusedError(47001, "data format error") from error
        user = self._users.get(wanted.touser)
        if user is None:
            raise WeChatRefusedError(40003, "invalid openid")
        if wanted.template_id not in TEMPLATES:
            raise WeChatRefusedError(40037, "invalid template_id")
        if wanted.page and PAGE.fullmatch(wanted.page) is None:
            raise WeChatRefusedError(41030, "invalid page")
        _check_fields(wanted)
        if user.grants[wanted.template_id] <= 0:
            raise WeChatRefusedError(43101, "user refuse to accept the msg")
        user.grants[wanted.template_id] -= 1
        message_id = secrets.randbelow(10**15)
        lines = [each.value for each in wanted.data.values()]
        shown: dict[str, object] = {"title": lines[0], "body": " · ".join(lines[1:])}
        user.accepted_count += 1
        user.receive({**shown, "url": wanted.page}, str(message_id), now=now)
        return {"msgid": message_id, "openid": wanted.touser, "template": wanted.template_id}


def _check_fields(wanted: Send) -> None:
    expected = TEMPLATES[wanted.template_id]
    for name in expected:
        value = wanted.data.get(name)
        longest, pattern = LIMITS[name.rstrip("0123456789")]
        is_held = value is not None and len(value.value) <= longest
        if value is None or not is_held or re.fullmatch(pattern, value.value) is None:
            raise WeChatRefusedError(47003, f"argument invalid! data.{name}.value invalid")


def _view(user: WeChatUser) -> dict[str, object]:
    return {**show_device(user), "openid": user.device_id, "grants": dict(user.grants)}
