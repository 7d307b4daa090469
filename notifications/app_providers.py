"""The vendors of app push that this installation can send through, as its environment says."""

from collections.abc import Awaitable, Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Final, TypeVar

import aiohttp

from core.environment import Environment, environment
from notifications.channels.app_push import AppPush, DeviceKind
from notifications.channels.exchange import OK_BELOW, Exchange, NoReplyError, Part
from notifications.channels.fcm import FcmPush, ServiceAccount
from notifications.channels.result import Outcome, SendResult
from notifications.channels.shared_token import SharedToken


PartT = TypeVar("PartT", bound=Part)
Account = Callable[[], Awaitable[PartT]]

FCM_ACCOUNT: Final = "/fcm/service-account"


@lru_cache(maxsize=16)
def shared_token(kind: DeviceKind, account: str) -> SharedToken:
    """Return the process's one token of an account: vendors count how many are asked for."""
    del kind, account  # they are what the cache keeps it by
    return SharedToken()


def open_apps(
    session: aiohttp.ClientSession, *, timeout_seconds: float
) -> Mapping[DeviceKind, AppPush]:
    """Return a way to each kind of app for which there is an account."""
    env = environment()
    opened: dict[DeviceKind, AppPush] = {}
    fcm = _fcm(env, session, timeout_seconds=timeout_seconds)
    if fcm is not None:
        opened[DeviceKind.FCM] = fcm
    return opened


def read_service_account(path: str) -> ServiceAccount:
    """Read Google's file.

    :raises OSError: it is not there.
    :raises ValueError: it is no service account.
    """
    return ServiceAccount.model_validate_json(Path(path).read_bytes())


def sandbox_of(env: Environment) -> str:
    """Return where the sandbox is that plays the vendors; empty for none."""
    return "" if env.production else env.sandbox_url.rstrip("/")


def _fcm(
    env: Environment, session: aiohttp.ClientSession, *, timeout_seconds: float
) -> FcmPush | None:
    sandbox = sandbox_of(env)
    if env.fcm_file:
        known, url = read_service_account(env.fcm_file), env.fcm_url
        account: Account[ServiceAccount] = _always(known)
    elif sandbox:
        exchange = Exchange(session, timeout_seconds=timeout_seconds)
        url = f"{sandbox}/fcm"
        account = _fetched(exchange, f"{sandbox}{FCM_ACCOUNT}", ServiceAccount)
    else:
        return None
    return FcmPush(
        account,
        url=url,
        token=shared_token(DeviceKind.FCM, env.fcm_file or sandbox),
        session=session,
        timeout_seconds=timeout_seconds,
    )


def _always(known: PartT) -> Account[PartT]:
    async def give() -> PartT:
        return known

    return give


def _fetched(exchange: Exchange, url: str, model: type[PartT]) -> Account[PartT]:
    """Ask the sandbox, each time, for the account that a vendor's console would give.

    A sandbox that was started again has new keys.
    """

    async def give() -> PartT:
        reply = await exchange.call("GET", url, headers={})
        if reply.status >= OK_BELOW:
            raise NoReplyError(SendResult(Outcome.RETRY, f"http_{reply.status}"))
        return model.model_validate_json(reply.body)

    return give
