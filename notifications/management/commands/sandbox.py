"""Runs the simulated push service, SMS vendor and payment provider as a process."""

import asyncio
import signal
import ssl
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from core.environment import environment
from notifications.sandbox.server import (
    SandboxOptions,
    build_application,
    listening_url,
    serve,
)


class Command(BaseCommand):
    """Serves until SIGTERM or SIGINT; the secret comes from the environment only."""

    help = "Run the sandbox providers; open the printed address to see the simulated phones."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8900, help="0 takes a free port")
        parser.add_argument("--state", type=Path, help="file that keeps the devices' keys")
        parser.add_argument("--certificate", type=Path, help="speak TLS: PEM of chain and key")
        parser.add_argument("--receipt-url", help="where SMS receipts are posted")
        parser.add_argument("--call-receipt-url", help="where receipts of calls are posted")
        parser.add_argument("--receipt-delay-seconds", type=float, default=1.0)

    def handle(self, *_args: Any, **options: Any) -> None:
        if environment().production:
            raise CommandError("The sandbox does not run in production (PAIDAN_PRODUCTION).")
        wanted = SandboxOptions(
            sms_receipt_url=options["receipt_url"],
            call_receipt_url=options["call_receipt_url"],
            receipt_delay_seconds=options["receipt_delay_seconds"],
            state_file=options["state"],
        )
        try:
            tls = _tls(options["certificate"])
            asyncio.run(self._live(wanted, host=options["host"], port=options["port"], tls=tls))
        except OSError as error:
            raise CommandError(str(error)) from error

    async def _live(
        self, wanted: SandboxOptions, *, host: str, port: int, tls: ssl.SSLContext | None
    ) -> None:
        stopping = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stopping.set)
        application = build_application(
            callback_secret=environment().sandbox_secret, options=wanted
        )
        runner = await serve(application, host=host, port=port, tls=tls)
        self.stdout.write(listening_url(runner, host))
        self.stdout.flush()
        await stopping.wait()
        await runner.cleanup()


def _tls(certificate: Path | None) -> ssl.SSLContext | None:
    """Return how to speak TLS; without a certificate the sandbox speaks plain HTTP.

    :raises OSError: the file cannot be read, or has not both chain and key.
    """
    if certificate is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    return context
