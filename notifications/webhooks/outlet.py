"""The outlet of webhooks: how a sender claims, signs, posts and writes them down."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Final

import structlog

from core.clock import clock
from notifications.webhooks.bodies import CONTENT_TYPE
from notifications.webhooks.claims import HookClaim, claim_due, get_next_due, get_next_turn
from notifications.webhooks.commands import allows_loopback
from notifications.webhooks.conclusions import Answer
from notifications.webhooks.queries import get_queue
from notifications.webhooks.results import HookFinished, store, sweep
from notifications.webhooks.retention import release_stragglers, remove_old_messages
from notifications.webhooks.signature import signed_headers
from notifications.webhooks.tally import tally
from notifications.webhooks.transport import HookTransport


log = structlog.get_logger(__name__)

LOOK_SECONDS: Final = 5.0
"""Real seconds between two looks at the queue, and at what a race left held."""
TIDY_SECONDS: Final = 60.0


class Webhooks:
    """Every endpoint of every shop, as one sender serves them."""

    def __init__(self, transport: HookTransport) -> None:
        self._transport = transport
        self._looked_at = self._tidied_at = 0.0

    def claim(self, *, now: datetime) -> tuple[Sequence[HookClaim], bool]:
        claims = claim_due(now=now)
        return claims, bool(claims)

    async def send(self, claim: HookClaim) -> HookFinished:
        """Post one message; whatever breaks becomes an answer."""
        signed = signed_headers(
            claim.secrets,
            message_id=str(claim.message_id),
            timestamp=int(time.time()),
            body=claim.body,
        )
        try:
            headers = {"Content-Type": CONTENT_TYPE, **signed}
            answer = await self._transport.post(claim.url, claim.body, headers)
        except asyncio.CancelledError:
            raise
        except Exception:
            log.exception("webhook.send_failed", delivery=claim.delivery_id)
            answer = Answer(code="internal_error")
        return HookFinished(claim=claim, answer=answer)

    def store(self, finished: Sequence[HookFinished], *, now: datetime) -> bool:
        store(finished, now=now)
        return True

    def sweep(self, *, now: datetime) -> None:
        """Give back what vanished senders had; now and then look around and tidy up."""
        sweep(now=now)
        moment = time.monotonic()
        if moment - self._looked_at >= LOOK_SECONDS:
            self._looked_at = moment
            release_stragglers(now=now)
            self._count(now)
        if moment - self._tidied_at >= TIDY_SECONDS:
            self._tidied_at = moment
            remove_old_messages(now=now)

    def next_due(self, *, now: datetime) -> datetime | None:
        return get_next_due(now=now)

    def next_turn(self, *, now: datetime) -> datetime | None:
        return get_next_turn(now=now)

    def _count(self, now: datetime) -> None:
        tally.waiting_count, oldest = get_queue()
        tally.oldest_seconds = clock().real_seconds(now - oldest) if oldest else 0.0


@asynccontextmanager
async def opened_webhooks() -> AsyncIterator[Webhooks]:
    """Yield the outlet with its connections open."""
    transport = HookTransport(allow_loopback=allows_loopback())
    try:
        yield Webhooks(transport)
    finally:
        await transport.close()
