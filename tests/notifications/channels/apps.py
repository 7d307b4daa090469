"""Messages and devices of app push, and the vendors' adapters aimed at the sandbox."""

import time
from collections.abc import Callable
from typing import Any

from notifications.channels.apns import ApnsAccount, ApnsPush
from notifications.channels.app_push import AppDevice, AppEnvironment, AppMessage
from notifications.channels.fcm import FcmPush, ServiceAccount
from notifications.channels.http2 import Http2Client
from notifications.channels.shared_token import SharedToken
from tests.notifications.running import SandboxClient


COLLAPSE_ID = "0198c0de0000700080000000000000aa"
CONTENT = {
    "id": "0198c0de-0000-7000-8000-0000000000aa",
    "tag": "0198c0de-0000-7000-8000-0000000000aa",
    "title": "商家已接单",
    "body": "Noodle House 正在准备订单 #17。",
    "url": "/orders/1",
    "receipt": "r_1",
    "loud": False,
}


def app_message(**changes: Any) -> AppMessage:
    fields: dict[str, Any] = {
        "content": CONTENT,
        "ttl_seconds": 600,
        "is_urgent": False,
        "collapse_id": COLLAPSE_ID,
    }
    return AppMessage(**(fields | changes))


def device_of(installed: Any, **changes: Any) -> AppDevice:
    fields: dict[str, Any] = {
        "token": installed["token"],
        "app_id": installed["app_id"],
        "environment": AppEnvironment(installed["environment"]),
    }
    return AppDevice(**(fields | changes))


async def service_account(sandbox: SandboxClient, **changes: Any) -> ServiceAccount:
    _, file = await sandbox.call("GET", "/fcm/service-account")
    return ServiceAccount.model_validate(file | changes)


def fcm_push(sandbox: SandboxClient, account: ServiceAccount, *, seconds: float = 30.0) -> FcmPush:
    async def give() -> ServiceAccount:
        return account

    return FcmPush(
        give,
        url=f"{sandbox.url}/fcm",
        token=SharedToken(),
        session=sandbox.session,
        timeout_seconds=seconds,
    )


async def apns_account(sandbox: SandboxClient, **changes: Any) -> ApnsAccount:
    _, given = await sandbox.call("GET", "/apns/account")
    return ApnsAccount.model_validate(given | changes)


def apns_push(
    sandbox: SandboxClient,
    account: ApnsAccount,
    *,
    seconds: float = 30.0,
    clock: Callable[[], float] = time.time,
) -> ApnsPush:
    async def give() -> ApnsAccount:
        return account

    return ApnsPush(
        give,
        clients={
            AppEnvironment.PRODUCTION: Http2Client(f"{sandbox.url}/apns", timeout_seconds=seconds),
            AppEnvironment.DEVELOPMENT: Http2Client(
                f"{sandbox.url}/apns/development", timeout_seconds=seconds
            ),
        },
        token=SharedToken(clock=clock),
        clock=clock,
    )
