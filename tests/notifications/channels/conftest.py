"""The adapters under test, aimed at the running sandbox."""

import pytest

from notifications.channels.sandbox import SandboxSms
from notifications.channels.sms_provider import Account
from notifications.channels.webpush import WebPushChannel
from tests.notifications.running import SECRET, VAPID_KEY, VAPID_SUBJECT, SandboxClient


@pytest.fixture
async def webpush(sandbox: SandboxClient) -> WebPushChannel:
    return WebPushChannel(
        vapid_private_keys=[VAPID_KEY],
        vapid_subject=VAPID_SUBJECT,
        allowed_hosts=["push.example.org"],
        allow_loopback=True,
        timeout_seconds=30.0,
        lines=sandbox.lines,
    )


@pytest.fixture
async def sms(sandbox: SandboxClient) -> SandboxSms:
    account = Account(url=sandbox.url, secret=SECRET)
    return SandboxSms(account, session=sandbox.session, timeout_seconds=30.0)
