"""WeChat subscription messages: what is taken, refused, left open, and what a grant is worth."""

import asyncio
from typing import Any

import pytest

from notifications.channels.result import Outcome
from notifications.channels.shared_token import SharedToken
from notifications.channels.wechat import (
    LoginRefusedError,
    WeChat,
    WeChatAccount,
    WeChatMessage,
)
from notifications.channels.wechat_fields import fitted, holds
from notifications.sandbox.wechat import APP_ID
from tests.notifications.running import SECRET, SandboxClient


TEMPLATE = "sandbox-order-update"
DATA = {"thing1": "商家已接单", "character_string2": "17", "thing3": "Noodle House"}


def wechat_of(sandbox: SandboxClient, *, token: SharedToken | None = None, **more: Any) -> WeChat:
    fields = {"app_id": APP_ID, "secret": SECRET, "url": f"{sandbox.url}/wechat", **more}
    return WeChat(
        WeChatAccount(**fields),
        token=token or SharedToken(),
        session=sandbox.session,
        timeout_seconds=30.0,
    )


async def user_of(sandbox: SandboxClient, *, grants: int = 1) -> str:
    _, user = await sandbox.call("POST", "/wechat/users", {"person": "Li"})
    granted = {"templates": [TEMPLATE] * grants}
    await sandbox.call("POST", f"/wechat/users/{user['openid']}/grants", granted)
    return str(user["openid"])


def message(to: str, **changes: Any) -> WeChatMessage:
    fields: dict[str, Any] = {"openid": to, "template_id": TEMPLATE, "data": DATA}
    return WeChatMessage(**(fields | changes))


async def asked_for_tokens(sandbox: SandboxClient) -> list[bool]:
    """Whether each token was asked for by force."""
    entries = await sandbox.ledger("wechat")
    return [each["force"] for each in entries if "force" in each]


class TestSend:
    async def test_reaches_the_screen(self, sandbox: SandboxClient) -> None:
        openid = await user_of(sandbox)
        result = await wechat_of(sandbox).send(message(openid, page="pages/order?id=1"))
        assert (result.outcome, result.code) == (Outcome.SENT, "0")
        assert result.provider_id
        _, user = await sandbox.call("GET", f"/wechat/users/{openid}")
        (card,) = user["cards"]
        assert card["message"]["title"] == "商家已接单"
        assert card["message"]["url"] == "pages/order?id=1"

    async def test_spends_a_grant(self, sandbox: SandboxClient) -> None:
        openid, wechat = await user_of(sandbox, grants=2), wechat_of(sandbox)
        results = [await wechat.send(message(openid)) for _ in range(3)]
        assert [each.outcome for each in results] == [
            Outcome.SENT,
            Outcome.SENT,
            Outcome.REFUSED,
        ]
        assert results[2].code == "43101"

    @pytest.mark.parametrize(
        ("changes", "code"),
        [
            ({"openid": "nobody"}, "40003"),
            ({"template_id": "another"}, "40037"),
            ({"page": "https://example.org/"}, "41030"),
            ({"data": {**DATA, "thing1": "字" * 21}}, "47003"),
            ({"data": {**DATA, "character_string2": "十七"}}, "47003"),
            ({"data": {"thing1": "a"}}, "47003"),
        ],
    )
    async def test_is_refused_what_does_not_fit(
        self, sandbox: SandboxClient, changes: dict[str, Any], code: str
    ) -> None:
        openid = await user_of(sandbox)
        result = await wechat_of(sandbox).send(message(openid, **changes))
        assert (result.outcome, result.code) == (Outcome.REFUSED, code)
        _, user = await sandbox.call("GET", f"/wechat/users/{openid}")
        assert user["grants"][TEMPLATE] == 1

    @pytest.mark.parametrize(
        ("mode", "taken_count"), [("500", 0), ("503", 0), ("reset", 0), ("accept_then_reset", 1)]
    )
    async def test_never_repeats_what_may_have_been_taken(
        self, sandbox: SandboxClient, mode: str, taken_count: int
    ) -> None:
        openid = await user_of(sandbox, grants=2)
        await sandbox.fault("wechat", mode)
        assert (await wechat_of(sandbox).send(message(openid))).outcome is Outcome.UNKNOWN
        _, user = await sandbox.call("GET", f"/wechat/users/{openid}")
        assert user["raw_count"] == taken_count

    async def test_knows_that_a_closed_port_took_nothing(self, sandbox: SandboxClient) -> None:
        wechat = wechat_of(sandbox)
        sandbox.running.stop()
        assert (await wechat.send(message("o1"))).outcome is Outcome.RETRY


class TestAccessToken:
    async def test_is_fetched_once_for_many(self, sandbox: SandboxClient) -> None:
        openid, wechat = await user_of(sandbox, grants=8), wechat_of(sandbox)
        results = await asyncio.gather(*(wechat.send(message(openid)) for _ in range(8)))
        assert {each.outcome for each in results} == {Outcome.SENT}
        assert await asked_for_tokens(sandbox) == [False]

    async def test_is_the_same_for_every_process(self, sandbox: SandboxClient) -> None:
        openid = await user_of(sandbox, grants=2)
        for _ in range(2):
            result = await wechat_of(sandbox).send(message(openid))
            assert result.outcome is Outcome.SENT

    async def test_that_is_refused_is_replaced_by_force(self, sandbox: SandboxClient) -> None:
        openid, moments = await user_of(sandbox, grants=2), [0.0]
        wechat = wechat_of(sandbox, token=SharedToken(clock=lambda: moments[0]))
        await wechat.send(message(openid))
        await sandbox.call("DELETE", "/wechat/token")
        moments[0] = 31.0
        assert (await wechat.send(message(openid))).outcome is Outcome.SENT
        assert await asked_for_tokens(sandbox) == [False, True]

    async def test_that_is_refused_at_once_is_not_fetched_again(
        self, sandbox: SandboxClient
    ) -> None:
        openid = await user_of(sandbox)
        wechat = wechat_of(sandbox, token=SharedToken(clock=lambda: 0.0))
        await wechat.send(message(openid))
        await sandbox.call("DELETE", "/wechat/token")
        result = await wechat.send(message(openid))
        assert (result.outcome, result.code) == (Outcome.UNAUTHORISED, "token_refused")

    @pytest.mark.parametrize(
        ("changes", "code"), [({"secret": "wrong"}, "40125"), ({"app_id": "wx1"}, "40013")]
    )
    async def test_is_refused_to_strangers(
        self, sandbox: SandboxClient, changes: dict[str, Any], code: str
    ) -> None:
        result = await wechat_of(sandbox, **changes).send(message("o1"))
        assert (result.outcome, result.code) == (Outcome.UNAUTHORISED, code)


class TestLogin:
    async def test_tells_who_it_is_once(self, sandbox: SandboxClient) -> None:
        openid, wechat = await user_of(sandbox), wechat_of(sandbox)
        _, login = await sandbox.call("POST", f"/wechat/users/{openid}/login")
        assert await wechat.openid_of(login["code"]) == openid
        with pytest.raises(LoginRefusedError) as raised:
            await wechat.openid_of(login["code"])
        assert raised.value.code == "40029"


class TestFields:
    @pytest.mark.parametrize(
        ("name", "value", "is_held"),
        [
            ("thing1", "字" * 20, 1),
            ("thing1", "字" * 21, 0),
            ("phrase2", "配送中", 1),
            ("phrase2", "in transit", 0),
            ("character_string3", "A-17", 1),
            ("character_string3", "号17", 0),
            ("time4", "2019年10月1日 15:01", 1),
            ("time4", "soon", 0),
            ("amount5", "¥45.00", 1),
            ("amount5", "45.00 CNY", 0),
            ("number6", "17", 1),
            ("nothing7", "a", 0),
        ],
    )
    def test_hold_what_the_vendor_says(self, name: str, value: str, is_held: int) -> None:
        assert holds(name, value) == bool(is_held)

    def test_are_cut_where_that_is_allowed(self) -> None:
        assert fitted("thing1", "a\nb" + "字" * 30) == "a b" + "字" * 16 + "…"
        assert fitted("number1", "1" * 40) == "1" * 40
