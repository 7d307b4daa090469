"""One process's hub: every feed and every connection it has, and the clockwork that drives them.

It starts with the first socket, because daphne has no lifespan. One channel of the bus serves
the whole process: a message fans out here, from a dict of topics, without a thread and without
a queue. There is no timer per socket either: a wheel of `ping_seconds` buckets turns once a
second and beats the connections in the bucket that comes up.

Bus messages, on any shard: `{"ev": [[topic, seq, body], ...], "sent": unix seconds}`,
`{"pos": [[topic, frame], ...]}`, `{"revoke": [person_id, ...]}`, `{"climb": [step, ...]}`, what
devices without a socket tell of themselves, `{"health": [told, ...]}`, and what `hubctl` orders,
`{"order": [order, ...]}`.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Collection, Coroutine, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Protocol

import structlog

from core.bell import bell
from core.environment import environment
from realtime.admission import Admission
from realtime.arrivals import Arrivals
from realtime.codes import REVOKED
from realtime.confirmations import Confirmations
from realtime.feeds import Feed
from realtime.history import History
from realtime.operations.steering import overhear
from realtime.presence import Follower, Presence
from realtime.repair import Repair
from realtime.revocations import Revocations
from realtime.snapshots import (
    KEPT_FOR_GUESTS_BYTES,
    SnapshotCache,
    get_guest_snapshot_frames,
)
from realtime.spacing import Spacing
from realtime.streaming.health import overhear as overhear_health
from realtime.tally import tally
from realtime.topics import Topic
from realtime.zone_watch import ZoneWatch


log = structlog.get_logger(__name__)

TICK_SECONDS: Final = 1.0
IDLE_FEED_SECONDS: Final = 300.0
"""How long a feed without listeners keeps its ring, for those who reconnect."""
SWEEP_TICKS: Final = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What the protocol grants one connection, and the process all of them; in real time."""

    auth_seconds: float = 5.0
    ping_seconds: int = 20
    lease_seconds: int = 900
    outbox_bytes: int = 256 * 1024
    waiting_requests: int = 64
    position_seconds: float = 1.0
    sockets_per_person: int = 2000
    handshakes_per_second: float = field(
        default_factory=lambda: environment().handshakes_per_second
    )
    handshake_burst: int = field(default_factory=lambda: environment().handshake_burst)
    drain_seconds: float = field(default_factory=lambda: environment().drain_seconds)


class Member(Follower, Protocol):
    """A connection, as the hub sees it."""

    @property
    def person_key(self) -> str:
        """Id of its person."""

    def beat(self) -> None:
        """Ping, or close when the lease or the peer is gone."""

    @property
    def revoked_at(self) -> datetime | None:
        """When its person had last lost a right as they were let in."""

    @property
    def topics(self) -> Collection[str]:
        """What it follows."""

    @property
    def waiting_bytes(self) -> int:
        """How much its reader has yet to take."""

    def warn(self, *, retry_ms: int) -> None:
        """Tell that it will be closed, and when to come back then."""

    async def finish(self, code: int) -> None:
        """Close once it has the answers it waits for; must not take long."""

    def close(self, code: int) -> None:
        """Close the socket."""


class Hub:
    """Feeds by topic, connections by person."""

    def __init__(self, limits: Limits | None = None) -> None:
        """Start nothing yet."""
        self.limits = limits or Limits()
        self.feeds: dict[str, Feed] = {}
        self.zones: dict[str, Feed] = {}
        self.people: dict[str, set[Member]] = {}
        self.close_counts: Counter[int] = Counter()
        """Sockets closed so far by each code of `realtime.codes.CLOSES`."""
        self.admission = Admission(
            per_second=self.limits.handshakes_per_second, burst=self.limits.handshake_burst
        )
        self.draining_since: float | None = None
        """When, on the loop's clock, it began to leave."""
        self.arrivals = Arrivals()
        self.history = History()
        self.snapshots = SnapshotCache()
        self.guest_snapshots = SnapshotCache(
            read=get_guest_snapshot_frames, limit=KEPT_FOR_GUESTS_BYTES
        )
        self.spacing = Spacing()
        self.confirmations = Confirmations(self.history)
        self.repair = Repair(self.feeds)
        self.zone_watch = ZoneWatch(self.zones)
        self.presence = Presence()
        self.revocations = Revocations(self.people)
        self._wheel: list[set[Member]] = [set() for _ in range(self.limits.ping_seconds)]
        self._hand = 0
        self._opening: dict[str, asyncio.Task[None]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def event_read_count(self) -> int:
        """Reads of stream entries, by those who come back and by those who miss one."""
        return self.history.read_count + self.repair.read_count

    @property
    def members(self) -> list[Member]:
        """Everybody who is connected."""
        return [member for members in self.people.values() for member in members]

    @property
    def connection_count(self) -> int:
        """Authorised connections."""
        return sum(map(len, self.people.values()))

    def start(self) -> None:
        """Join the bus and start the clockwork, once, on the running loop."""
        if self._loop is not None:
            return
        self._loop = asyncio.get_running_loop()
        bell.attach(self._loop)
        for shard in range(environment().bus_shards):
            bell.listen(f"shard-{shard}", self._overhear)
        for work in (
            self._turn,
            self.repair.poll_forever,
            self.presence.keep_forever,
            self.revocations.poll_forever,
            self.zone_watch.show_forever,
        ):
            self._spawn(work)

    def admit(self, member: Member) -> bool:
        """Take in an authorised connection, unless its person has too many."""
        members = self.people.setdefault(member.person_key, set())
        if len(members) >= self.limits.sockets_per_person:
            return False
        members.add(member)
        self._bucket().add(member)
        return True

    def _bucket(self) -> set[Member]:
        """Return the emptiest of those that come up last: a crowd is not pinged at once."""
        size = len(self._wheel)
        last = range((size + 1) // 2)
        return min((self._wheel[(self._hand - each) % size] for each in last), key=len)

    def dismiss(self, member: Member) -> None:
        """Forget a connection."""
        members = self.people.get(member.person_key, set())
        members.discard(member)
        if not members:
            self.people.pop(member.person_key, None)
        for bucket in self._wheel:
            bucket.discard(member)

    async def open(self, topic: Topic) -> Feed:
        """Return the topic's feed, with its position read if this process did not have it."""
        name = str(topic)
        feeds = self.feeds if topic.is_sequenced else self.zones
        feed = feeds.get(name)
        if feed is None:
            feed = feeds[name] = Feed(name)
            self._opening[name] = asyncio.get_running_loop().create_task(self._open(feed))
        if not feed.is_open:
            await asyncio.shield(self._opening[name])
        return feed

    def hear(self, message: dict[str, Any]) -> None:
        """Take one message of the bus; runs on the hub's loop."""
        if "ev" in message:
            self._hear_events(message["ev"], message.get("sent"))
        for topic, text in message.get("pos", ()):
            feed = self.feeds.get(topic) or self.zones.get(topic)
            if feed is not None:
                # Topic and courier open the frame; a newer one of both replaces it.
                feed.show(text.partition('"lat"')[0], text)
        for person_key in message.get("revoke", ()):
            for member in tuple(self.people.get(person_key, ())):
                member.close(REVOKED)
        if "climb" in message:
            tally.escalations.update(message["climb"])
        overhear_health(self.presence, self.people, message)
        overhear(self, message)

    def _hear_events(self, entries: Iterable[tuple[str, int, str]], sent: float | None) -> None:
        """Offer each feed all that the message has for it, so that it leaves as one frame."""
        news: dict[str, list[tuple[int, str]]] = {}
        for topic, seq, body in entries:
            if topic in self.feeds:
                news.setdefault(topic, []).append((seq, body))
        for topic, offered in news.items():
            feed = self.feeds[topic]
            feed.offer_all(offered)
            if feed.is_behind:
                self.repair.watch(feed)
        if news and sent is not None:
            tally.commit_to_socket.observe(time.time() - sent)

    def _overhear(self, message: dict[str, Any]) -> None:
        """Hear on the hub's own loop: the bell lives on another when it rang before we came."""
        if self._loop is None:
            return
        if bell.is_on(self._loop):
            self.hear(message)
        else:
            self._loop.call_soon_threadsafe(self.hear, message)

    async def _open(self, feed: Feed) -> None:
        try:
            feed.open(*await self.arrivals.position(feed.topic))
        except BaseException:
            # Whoever asks next tries again.
            self.feeds.pop(feed.topic, None)
            self.zones.pop(feed.topic, None)
            raise
        finally:
            del self._opening[feed.topic]

    async def _turn(self) -> None:
        """Turn the wheel once a second and beat the bucket that comes up."""
        turns = 0
        while True:
            await asyncio.sleep(TICK_SECONDS)
            turns += 1
            self._hand = (self._hand + 1) % len(self._wheel)
            for member in tuple(self._wheel[self._hand]):
                _beat(member)
            if turns % SWEEP_TICKS == 0:
                self._sweep()

    def _sweep(self) -> None:
        before = time.monotonic() - IDLE_FEED_SECONDS
        for feeds in (self.feeds, self.zones):
            for topic, feed in tuple(feeds.items()):
                if feed.is_open and not feed.listeners and feed.left_at < before:
                    del feeds[topic]

    def _spawn(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        self._tasks.add(asyncio.get_running_loop().create_task(_keep_running(work)))


async def _keep_running(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run a part of the clockwork, again whenever it breaks: nobody restarts it but we."""
    while True:
        try:
            await work()
        except Exception:
            log.exception("realtime.clockwork_broke")
            await asyncio.sleep(TICK_SECONDS)


def _beat(member: Member) -> None:
    """One that breaks is not to keep the others of its bucket from their ping."""
    try:
        member.beat()
    except Exception:
        log.exception("realtime.beat_failed", conn=str(member.id))


hub: Final = Hub()
"""The hub of this process."""
