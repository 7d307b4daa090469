"""Composes the sandbox and runs it, in the foreground or in a thread of another process."""

import asyncio
import ssl
import threading
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import web

from notifications.sandbox.aliyun import Aliyun
from notifications.sandbox.apns import Apns
from notifications.sandbox.app_phones import AppStore
from notifications.sandbox.autopush import Autopush
from notifications.sandbox.browsers import BrowserStore
from notifications.sandbox.callbacks import CallbackSender
from notifications.sandbox.devices import DeviceStore
from notifications.sandbox.faults import Channel, FaultBoard
from notifications.sandbox.fcm import Fcm
from notifications.sandbox.http2 import HTTP2, EitherSite, Http2Server
from notifications.sandbox.ledger import Ledger
from notifications.sandbox.outbox import Outbox, SmsKnobs
from notifications.sandbox.payments import PaymentProvider
from notifications.sandbox.program import Program
from notifications.sandbox.push import PushService
from notifications.sandbox.screens import Screens
from notifications.sandbox.sms import SmsVendor
from notifications.sandbox.tencent import Tencent
from notifications.sandbox.texts import APPROVED
from notifications.sandbox.twilio import Twilio
from notifications.sandbox.voice import VoiceVendor
from notifications.sandbox.wechat import WeChatVendor


REQUEST_LIMIT_BYTES = 256 * 1024
START_TIMEOUT_SECONDS = 90.0
STOP_TIMEOUT_SECONDS = 90.0


@dataclass(frozen=True, slots=True)
class SandboxOptions:
    """How the sandbox behaves beside its address; every default suits tests and demos."""

    sms_key: str = ""  # empty: the callback secret is the key too
    sms_receipt_url: str | None = None
    call_receipt_url: str | None = None
    receipt_delay_seconds: float = 1.0
    sms_templates: Mapping[str, str] = field(default_factory=dict)
    state_file: Path | None = None
    ledger_limit: int = 20_000
    callback_backoff_seconds: float = 0.5


@dataclass(frozen=True, slots=True)
class RunningSandbox:
    """A sandbox in a daemon thread."""

    url: str
    _loop: asyncio.AbstractEventLoop
    _thread: threading.Thread
    _stopping: asyncio.Event

    def stop(self) -> None:
        """Close every connection and wait until the thread has ended."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join(STOP_TIMEOUT_SECONDS)


def build_application(*, callback_secret: str, options: SandboxOptions) -> web.Application:
    """Return the sandbox as one aiohttp application."""
    ledgers = {channel: Ledger(limit=options.ledger_limit) for channel in Channel}
    faults = FaultBoard(ledgers=ledgers)
    callbacks = CallbackSender(
        secret=callback_secret, backoff_seconds=options.callback_backoff_seconds
    )
    store = DeviceStore(state_file=options.state_file)
    browsers = BrowserStore()
    push = PushService(store=store, browsers=browsers, ledger=ledgers[Channel.PUSH])
    outbox = Outbox(
        templates={**APPROVED, **options.sms_templates},
        ledger=ledgers[Channel.SMS],
        callbacks=callbacks,
    )
    outbox.knobs = SmsKnobs(
        receipt_url=options.sms_receipt_url,
        call_receipt_url=options.call_receipt_url,
        receipt_delay_seconds=options.receipt_delay_seconds,
    )
    key = options.sms_key or callback_secret
    voice = VoiceVendor(key=key, outbox=outbox, ledger=ledgers[Channel.VOICE])
    wechat = WeChatVendor(secret=key, ledger=ledgers[Channel.WECHAT])
    vendors = (
        voice,
        wechat,
        SmsVendor(key=key, outbox=outbox),
        Aliyun(secret=key, outbox=outbox),
        Tencent(secret=key, outbox=outbox),
        Twilio(secret=key, outbox=outbox),
    )
    payments = PaymentProvider(ledger=ledgers[Channel.PAYMENTS], callbacks=callbacks)
    apps = AppStore()
    screens = Screens(
        store=store,
        apps=apps,
        wechat=wechat,
        outbox=outbox,
        voice=voice,
        ledgers=list(ledgers.values()),
    )
    application = web.Application(client_max_size=REQUEST_LIMIT_BYTES)
    application.cleanup_ctx.append(callbacks.lifetime)
    application.add_routes(screens.routes())
    application.add_routes(faults.routes())
    application.add_routes(push.routes(faults))
    application.add_routes(Autopush(browsers).routes())
    application.add_routes(outbox.routes())
    _add_app_push(application, apps=apps, ledgers=ledgers, faults=faults)
    for vendor in vendors:
        application.add_routes(vendor.routes(faults))
    application.add_routes(payments.routes(faults))
    application.add_routes(Program().routes(faults))
    for channel, ledger in ledgers.items():
        application.router.add_get(f"/ledger/{channel}", ledger.view)
    return application


def _add_app_push(
    application: web.Application,
    *,
    apps: AppStore,
    ledgers: Mapping[Channel, Ledger],
    faults: FaultBoard,
) -> None:
    apns = Apns(apps=apps, ledger=ledgers[Channel.APNS], faults=faults)
    application.add_routes(apps.routes())
    application.add_routes(Fcm(apps=apps, ledger=ledgers[Channel.FCM]).routes(faults))
    application.add_routes(apns.routes())
    application[HTTP2] = Http2Server(apns.answer)
    application.on_shutdown.append(application[HTTP2].shut_down)


async def serve(
    application: web.Application, *, host: str, port: int, tls: ssl.SSLContext | None = None
) -> web.AppRunner:
    """Start listening; port 0 takes a free one. The caller cleans the runner up.

    :raises OSError: the port is taken.
    """
    # A handler that hangs on purpose ends with its client, and never delays a stop.
    runner = web.AppRunner(
        application, handler_cancellation=True, shutdown_timeout=0.1, access_log=None
    )
    await runner.setup()
    try:
        await EitherSite(runner, host, port, ssl_context=tls, http2=application[HTTP2]).start()
    except OSError:
        await runner.cleanup()
        raise
    return runner


def listening_url(runner: web.AppRunner, host: str) -> str:
    """Return the base URL that clients on this machine use."""
    scheme = next(iter(runner.sites)).name.partition(":")[0]
    port = runner.addresses[0][1]
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"


def start_in_thread(
    host: str, port: int, *, callback_secret: str, options: SandboxOptions | None = None
) -> RunningSandbox:
    """Run the sandbox in a daemon thread and return once it listens.

    :raises OSError: the port is taken.
    """
    started: Future[tuple[str, asyncio.AbstractEventLoop, asyncio.Event]] = Future()
    application = build_application(
        callback_secret=callback_secret, options=options or SandboxOptions()
    )

    async def live() -> None:
        stopping = asyncio.Event()
        try:
            runner = await serve(application, host=host, port=port)
        except OSError as error:
            started.set_exception(error)
            return
        started.set_result((listening_url(runner, host), asyncio.get_running_loop(), stopping))
        try:
            await stopping.wait()
        finally:
            await runner.cleanup()

    thread = threading.Thread(target=asyncio.run, args=(live(),), name="sandbox", daemon=True)
    thread.start()
    url, loop, stopping = started.result(START_TIMEOUT_SECONDS)
    return RunningSandbox(url=url, _loop=loop, _thread=thread, _stopping=stopping)
