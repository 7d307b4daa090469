"""The providers that this installation can send through, as its environment says."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiohttp
import structlog

from core.environment import environment
from notifications.app_providers import open_apps
from notifications.channels.app_push import AppDevice, AppMessage, AppPush, DeviceKind
from notifications.channels.lines import Lines
from notifications.channels.result import Outcome, SendResult
from notifications.channels.sms import ADAPTERS
from notifications.channels.sms_provider import SmsProvider, SmsReceipt, Unconfirmed
from notifications.channels.webpush import WebPushChannel
from notifications.channels.wechat import WeChat
from notifications.circuits.gates import gates
from notifications.claims import Claim, Device, PushJob
from notifications.conclusions import NO_PROVIDER, NO_TEMPLATE
from notifications.escalation import Channel
from notifications.messages import shrunk_payload
from notifications.pushing.keys import vapid_keys
from notifications.results import Answer, Finished
from notifications.subscriptions import allowed_push_hosts, allows_loopback
from notifications.texting.accounts import account_of
from notifications.texting.allotting import Text
from notifications.texting.book import book
from notifications.wechat.accounts import open_wechat
from notifications.wechat.allotting import WeChatJob


log = structlog.get_logger(__name__)

TIMEOUT_SECONDS = 10.0
CONNECTIONS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Providers:
    """Ways out of this process, over one shared HTTP session."""

    push: WebPushChannel | None
    texts: Mapping[tuple[Channel, str], SmsProvider] = field(default_factory=dict)
    """Vendors of texts and calls, by channel and name."""
    apps: Mapping[DeviceKind, AppPush] = field(default_factory=dict)
    wechat: WeChat | None = None

    async def send(self, claim: Claim) -> Finished:
        """Hand one claim to its provider; whatever breaks becomes an answer."""
        try:
            answers = await self._send(claim)
        except Exception:
            log.exception("delivery.send_failed", delivery=str(claim.delivery_id))
            answers = [Answer(result=SendResult(Outcome.UNKNOWN, "internal_error"))]
        return Finished(claim=claim, answers=tuple(answers))

    async def _send(self, claim: Claim) -> Sequence[Answer]:
        if claim.channel is Channel.PUSH and claim.push is not None:
            job = claim.push
            if len(job.devices) == 1:  # most people: no task of its own for the one device
                return [await self._push(job.devices[0], job)]
            return await asyncio.gather(*(self._push(device, job) for device in job.devices))
        if claim.wechat is not None:
            return [Answer(result=await self._tell_in_wechat(claim.wechat))]
        return [Answer(result=await self._text(claim))]

    async def _tell_in_wechat(self, job: WeChatJob) -> SendResult:
        if self.wechat is None:
            return SendResult(Outcome.REFUSED, NO_PROVIDER)
        result = await self.wechat.send(job.message)
        if result.outcome is Outcome.UNAUTHORISED:
            log.error("wechat.unauthorised", code=result.code)
        return result

    async def _text(self, claim: Claim) -> SendResult:
        text = claim.text or Text()
        vendor = self.texts.get((claim.channel, text.provider))
        if vendor is None:
            return SendResult(Outcome.REFUSED, NO_PROVIDER)
        if text.message is None:
            return SendResult(Outcome.REFUSED, NO_TEMPLATE)
        (result,) = await vendor.send([text.message])
        if result.outcome is Outcome.UNAUTHORISED:
            log.error("text.unauthorised", provider=text.provider, code=result.code)
        return result

    async def ask(
        self, channel: Channel, provider: str, asked: Sequence[Unconfirmed]
    ) -> list[SmsReceipt]:
        """Ask a vendor how texts ended; whatever breaks is no answer."""
        vendor = self.texts.get((channel, provider))
        if vendor is None:
            return []
        try:
            return await vendor.ask(asked)
        except Exception:
            log.exception("text.question_failed", provider=provider)
            return []

    async def _push(self, device: Device, job: PushJob) -> Answer:
        held = gates.held(device.origin, is_probe=device.is_probe)
        if held is not None:
            return Answer(result=held, subscription_id=device.subscription_id)
        if device.app is not None:
            result = await self._push_app(device, device.app, job)
        else:
            result = await self._push_web(device, job)
        change = gates.note(
            device.origin,
            result,
            subscription_id=device.subscription_id,
            is_probe=device.is_probe,
        )
        return Answer(result=result, subscription_id=device.subscription_id, change=change)

    async def _push_web(self, device: Device, job: PushJob) -> SendResult:
        if self.push is None:
            result = SendResult(Outcome.REFUSED, NO_PROVIDER)
        else:
            result = await self._push_once(self.push, device, job, job.payload)
            if result.outcome is Outcome.TOO_LARGE:
                small = shrunk_payload(job.payload)
                result = await self._push_once(self.push, device, job, small)
        if result.outcome is Outcome.UNAUTHORISED:
            log.error("push.unauthorised", code=result.code)
        return result

    async def _push_app(self, device: Device, app: AppDevice, job: PushJob) -> SendResult:
        channel = self.apps.get(device.kind)
        result = SendResult(Outcome.REFUSED, NO_PROVIDER)
        if channel is not None:
            message = AppMessage(
                content=json.loads(device.payload or job.payload),
                ttl_seconds=job.ttl_seconds,
                is_urgent=job.is_urgent,
                collapse_id=job.topic,
            )
            result = await channel.send(app, message)
            if result.outcome is Outcome.TOO_LARGE:
                result = await channel.send(app, message.shrunk())
        if result.outcome is Outcome.UNAUTHORISED:
            log.error("push.unauthorised", kind=device.kind, code=result.code)
        return result

    async def _push_once(
        self, channel: WebPushChannel, device: Device, job: PushJob, payload: bytes
    ) -> SendResult:
        return await channel.send(
            device.subscription,
            payload,
            ttl_seconds=job.ttl_seconds,
            urgency="high" if job.is_urgent else "normal",
            topic=job.topic,
            application_server_key=device.application_server_key,
        )


def trusted_authorities() -> ssl.SSLContext:
    """Return whose certificates senders believe: the system's, and a TLS sandbox's own.

    :raises OSError: the named file is not there, or holds no certificate.
    """
    context = ssl.create_default_context()
    if (sandbox := environment().sandbox_ca_file) is not None:
        context.load_verify_locations(cafile=sandbox)
    return context


def new_session() -> aiohttp.ClientSession:
    """Return the one session that every send of a sender shares."""
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=CONNECTIONS, ssl=trusted_authorities()),
        cookie_jar=aiohttp.DummyCookieJar(),
    )


@asynccontextmanager
async def opened_providers() -> AsyncIterator[Providers]:
    """Hold what the environment names open for the length of the block."""
    lines = Lines(tls=trusted_authorities(), limit=CONNECTIONS)
    async with new_session() as session:
        providers = _open_providers(session, lines)
        try:
            yield providers
        finally:
            for app in providers.apps.values():
                await app.close()
            await lines.close()


def _open_providers(session: aiohttp.ClientSession, lines: Lines) -> Providers:
    """Return what the environment names; a channel without a provider is None."""
    env = environment()
    keys = vapid_keys()
    push = None
    if keys.private:
        push = WebPushChannel(
            vapid_private_keys=keys.private,
            vapid_subject=env.vapid_subject,
            allowed_hosts=allowed_push_hosts(),
            allow_loopback=allows_loopback(),
            timeout_seconds=TIMEOUT_SECONDS,
            lines=lines,
        )
    apps = open_apps(session, timeout_seconds=TIMEOUT_SECONDS, authorities=trusted_authorities)
    wechat = open_wechat(session, timeout_seconds=TIMEOUT_SECONDS)
    return Providers(push=push, texts=_open_texts(session), apps=apps, wechat=wechat)


def _open_texts(session: aiohttp.ClientSession) -> dict[tuple[Channel, str], SmsProvider]:
    known = book()
    opened: dict[tuple[Channel, str], SmsProvider] = {}
    for channel, routes in ((Channel.SMS, known.routes), (Channel.CALL, known.calls)):
        for name in {each for route in routes.values() for each in route}:
            adapter, account = ADAPTERS[channel].get(name), account_of(name)
            if adapter is not None and account is not None:
                opened[channel, name] = adapter(
                    account, session=session, timeout_seconds=TIMEOUT_SECONDS
                )
    return opened
