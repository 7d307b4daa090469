"""The mini-program that this installation sends through, as its environment says."""

import asyncio
from functools import lru_cache
from typing import Final

import aiohttp

from core.environment import environment
from core.errors import Conflict, PaidanError
from notifications.channels.exchange import NoReplyError
from notifications.channels.shared_token import SharedToken
from notifications.channels.wechat import LoginRefusedError, WeChat, WeChatAccount


SANDBOX_APP_ID: Final = "wx0000000000sandbox"
LOGIN_SECONDS: Final = 5.0
"""A person waits for it."""


class WeChatNotSet(Conflict):
    """This installation has no mini-program."""

    code = "wechat_not_set"
    title = "This installation has no mini-program."


class WeChatLoginRefused(Conflict):
    """WeChat does not say whose code it is: it was used, has ended, or is another program's."""

    code = "wechat_login_refused"
    title = "WeChat does not know this login code; ask for a new one."


class WeChatSilent(PaidanError):
    """WeChat did not answer."""

    code = "wechat_silent"
    title = "WeChat does not answer; try again."
    status = 503
    retryable = True


def wechat_account() -> WeChatAccount | None:
    """Return the mini-program's account; the sandbox's where nothing else is set."""
    env = environment()
    if env.wechat_app_id and env.wechat_secret:
        return WeChatAccount(
            app_id=env.wechat_app_id,
            secret=env.wechat_secret,
            url=env.wechat_url,
            state=env.wechat_state,
        )
    if env.sandbox_url and not env.production:
        url = f"{env.sandbox_url.rstrip('/')}/wechat"
        return WeChatAccount(app_id=SANDBOX_APP_ID, secret=env.sandbox_secret, url=url)
    return None


@lru_cache(maxsize=4)
def _token(account: WeChatAccount) -> SharedToken:
    del account  # it is what the cache keeps it by
    return SharedToken()


def open_wechat(session: aiohttp.ClientSession, *, timeout_seconds: float) -> WeChat | None:
    """Return the way to the mini-program's users, if there is one."""
    account = wechat_account()
    if account is None:
        return None
    return WeChat(account, token=_token(account), session=session, timeout_seconds=timeout_seconds)


def openid_of(login_code: str) -> str:
    """Ask WeChat whose login code it is; no transaction may be open.

    :raises WeChatNotSet: there is no mini-program.
    :raises WeChatLoginRefused: WeChat does not know the code.
    :raises WeChatSilent: it does not answer.
    """

    async def ask() -> str:
        async with aiohttp.ClientSession() as session:
            wechat = open_wechat(session, timeout_seconds=LOGIN_SECONDS)
            if wechat is None:
                raise WeChatNotSet
            return await wechat.openid_of(login_code)

    try:
        return asyncio.run(ask())
    except LoginRefusedError as error:
        raise WeChatLoginRefused(wechat_code=error.code) from error
    except NoReplyError as error:
        raise WeChatSilent from error
