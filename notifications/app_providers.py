"""The vendors of app push that this installation can send through, as its environment says."""

import ssl
from collections.abc import Awaitable, Callable, Mapping
from functools import lru_cache, partial
from pathlib import Path
from typing import Final, TypeVar

import aiohttp

from core.environment import Environment, environment
from notifications.channels.apns import ApnsAccount, ApnsPush
from notifications.channels.app_push import AppEnvironment, AppPush, DeviceKind
from notifications.channels.exchange import OK_BELOW, Exchange, NoReplyError, Part
from notifications.channels.fcm import FcmPush, ServiceAccount
from notifications.channels.http2 import Http2Client
from notifications.channels.result import Outcome, SendResult
from notifications.channels.shared_token import SharedToken


PartT = TypeVar("PartT", bound=Part)
Account = Callable[[], Awaitable[PartT]]

FCM_ACCOUNT: Final = "/fcm/service-account"
APNS_ACCOUNT: Final = "/apns/account"


@lru_cache(maxsize=16)
def shared_token(kind: DeviceKind, account: str) -> SharedToken:
    """Return the process's one token of an account: vendors count how many are asked for."""
    del kind, account  # they are what the cache keeps it by
    return SharedToken()


def open_apps(
    session: aiohttp.ClientSession,
    *,
    timeout_seconds: float,
    authorities: Callable[[], ssl.SSLContext] = ssl.create_default_context,
) -> Mapping[DeviceKind, AppPush]:
    """Return a way to each kind of app for which there is an account."""
    env = environment()
    opened: dict[DeviceKind, AppPush] = {}
    fcm = _fcm(env, session, timeout_seconds=timeout_seconds)
    if fcm is not None:
        opened[DeviceKind.FCM] = fcm
    client = partial(Http2Client, timeout_seconds=timeout_seconds, authorities=authorities)
    exchange = Exchange(session, timeout_seconds=timeout_seconds)
    apns = _apns(env, exchange, client)
    if apns is not None:
        opened[DeviceKind.APNS] = apns
    return opened


def read_service_account(path: str) -> ServiceAccount:
    """Read Google's file.

    :raises OSError: it is not there.
    :raises ValueError: it is no service account.
    """
    return ServiceAccount.model_validate_json(Path(path).read_bytes())


def read_apns_account(env: Environment) -> ApnsAccount:
    """Read Apple's key.

    :raises OSError: it is not there.
    :raises ValueError: one of the ids is missing.
    """
    return ApnsAccount(
        team_id=env.apns_team_id,
        key_id=env.apns_key_id,
        private_key=Path(env.apns_key_file).read_text(),
    )


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


def _apns(
    env: Environment, exchange: Exchange, client: Callable[[str], Http2Client]
) -> ApnsPush | None:
    sandbox = sandbox_of(env)
    if env.apns_key_file:
        account: Account[ApnsAccount] = _always(read_apns_account(env))
        urls = (env.apns_url, env.apns_development_url)
    elif sandbox:
        account = _fetched(exchange, f"{sandbox}{APNS_ACCOUNT}", ApnsAccount)
        urls = (f"{sandbox}/apns", f"{sandbox}/apns/development")
    else:
        return None
    return ApnsPush(
        account,
        clients={
            environment: client(url) for environment, url in zip(AppEnvironment, urls, strict=True)
        },
        token=shared_token(DeviceKind.APNS, env.apns_key_id or sandbox),
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
