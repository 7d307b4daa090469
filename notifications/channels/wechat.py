"""Sends WeChat subscription messages, and learns who a mini-program's user is.

Not idempotent: a second request is a second message, and spends a second grant.
"""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlencode

import aiohttp

from notifications.channels.exchange import OK_BELOW, Exchange, NoReplyError, Part, Reply
from notifications.channels.result import Outcome, SendResult
from notifications.channels.shared_token import AccessToken, SharedToken


JSON: Final = {"Content-Type": "application/json"}
NO_GRANT: Final = "43101"
EXPIRED: Final = frozenset({40001, 40014, 42001})
"""The access token is not, or no longer, the one that WeChat knows."""
YOUNGEST_SECONDS: Final = 30.0
"""WeChat replaces a token by force at most each thirty seconds."""
LIMIT_WAIT_SECONDS: Final = 60.0

OUTCOMES: Final[Mapping[int, Outcome]] = {
    -1: Outcome.RETRY,
    45009: Outcome.RETRY,
    45011: Outcome.RETRY,
    40001: Outcome.UNAUTHORISED,
    40013: Outcome.UNAUTHORISED,
    40014: Outcome.UNAUTHORISED,
    40125: Outcome.UNAUTHORISED,
    40164: Outcome.UNAUTHORISED,
    41002: Outcome.UNAUTHORISED,
    41004: Outcome.UNAUTHORISED,
    42001: Outcome.UNAUTHORISED,
    50002: Outcome.UNAUTHORISED,
    40003: Outcome.REFUSED,
    40037: Outcome.REFUSED,
    41030: Outcome.REFUSED,
    43101: Outcome.REFUSED,
    47003: Outcome.REFUSED,
}
"""By `errcode`; all say that nothing was sent. One that is not listed is a refusal too."""
LIMITED: Final = frozenset({45009, 45011})


@dataclass(frozen=True, slots=True, kw_only=True)
class WeChatAccount:
    """A mini-program, as its console knows it."""

    app_id: str
    secret: str
    url: str
    state: str = "formal"
    """Which edition of it a tap opens: `formal`, `trial` or `developer`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WeChatMessage:
    """One templated message to one user of the mini-program."""

    openid: str
    template_id: str
    data: Mapping[str, str] = field(default_factory=dict)
    """Values by the template's own field names, as `thing1`."""
    page: str = ""
    language: str = "zh_CN"


class _Answer(Part):
    errcode: int | None = None
    errmsg: str = ""
    msgid: int | str = ""
    access_token: str = ""
    expires_in: float = 0.0
    openid: str = ""


class LoginRefusedError(Exception):
    """WeChat does not say who logged in; `code` is its `errcode`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class WeChat:
    """One mini-program's way to its users, over the shared HTTP session."""

    def __init__(
        self,
        account: WeChatAccount,
        *,
        token: SharedToken,
        session: aiohttp.ClientSession,
        timeout_seconds: float,
    ) -> None:
        self._account = account
        self._base = account.url.rstrip("/")
        self._token = token
        self._exchange = Exchange(session, timeout_seconds=timeout_seconds)

    async def send(self, message: WeChatMessage) -> SendResult:
        """Hand the message over once; only a refused token makes it try again, with another."""
        content = {
            "touser": message.openid,
            "template_id": message.template_id,
            "page": message.page,
            "data": {name: {"value": value} for name, value in message.data.items()},
            "miniprogram_state": self._account.state,
            "lang": message.language,
        }
        body = json.dumps(content, ensure_ascii=False).encode()
        try:
            token = await self._access()
            reply = await self._post(token, body)
            if reply.read(_Answer).errcode in EXPIRED:
                reply = await self._post(await self._access(refused=token), body)
        except NoReplyError as silence:
            return silence.result
        return _result(reply)

    async def openid_of(self, login_code: str) -> str:
        """Return who logged in with a code that `wx.login` gave.

        :raises LoginRefusedError: WeChat does not know the code, or us.
        :raises NoReplyError: it did not answer.
        """
        query = urlencode(
            {
                "appid": self._account.app_id,
                "secret": self._account.secret,
                "js_code": login_code,
                "grant_type": "authorization_code",
            }
        )
        url = f"{self._base}/sns/jscode2session?{query}"
        answer = (await self._exchange.call("GET", url, headers={})).read(_Answer)
        if not answer.openid:
            raise LoginRefusedError(str(answer.errcode))
        return answer.openid

    async def _access(self, *, refused: str = "") -> str:
        async def fetch() -> AccessToken:
            return await self._fetch(by_force=bool(refused))

        return await self._token.get(
            fetch, refused=refused, youngest_seconds=YOUNGEST_SECONDS if refused else 0.0
        )

    async def _fetch(self, *, by_force: bool) -> AccessToken:
        """Ask for the token that all of our processes share until it ends."""
        asked = {
            "grant_type": "client_credential",
            "appid": self._account.app_id,
            "secret": self._account.secret,
            "force_refresh": by_force,
        }
        url = f"{self._base}/cgi-bin/stable_token"
        now = time.time()
        try:
            reply = await self._exchange.call(
                "POST", url, headers=JSON, body=json.dumps(asked).encode()
            )
        except NoReplyError as silence:
            # No message has gone out, whatever became of this request.
            raise NoReplyError(SendResult(Outcome.RETRY, silence.result.code)) from silence
        answer = reply.read(_Answer)
        if answer.access_token:
            return AccessToken(value=answer.access_token, expires_at=now + answer.expires_in)
        if answer.errcode is None:
            raise NoReplyError(SendResult(Outcome.RETRY, f"http_{reply.status}"))
        raise NoReplyError(_refusal(answer.errcode))

    async def _post(self, token: str, body: bytes) -> Reply:
        url = f"{self._base}/cgi-bin/message/subscribe/send?{urlencode({'access_token': token})}"
        return await self._exchange.call("POST", url, headers=JSON, body=body)


def _result(reply: Reply) -> SendResult:
    answer = reply.read(_Answer)
    if reply.status >= OK_BELOW or answer.errcode is None:
        # Something between us and WeChat answered: it may have been sent.
        return SendResult(Outcome.UNKNOWN, f"http_{reply.status}")
    if answer.errcode == 0:
        return SendResult(Outcome.SENT, "0", provider_id=str(answer.msgid))
    return _refusal(answer.errcode)


def _refusal(errcode: int) -> SendResult:
    wait_seconds = LIMIT_WAIT_SECONDS if errcode in LIMITED else None
    outcome = OUTCOMES.get(errcode, Outcome.REFUSED)
    return SendResult(outcome, str(errcode), retry_after_seconds=wait_seconds)
