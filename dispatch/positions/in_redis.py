"""Last positions in Redis: a hash for each courier, and one geographical set of all.

Redis may be flushed or away at any time. While it is away the rows are written instead; it is
tried again after a second.
"""

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any, Final, Protocol, TypeVar, cast
from uuid import UUID

import structlog
from redis import Redis, RedisError

from core.merchants.distance import Box, metres_between
from dispatch.positions.reports import Fix


log = structlog.get_logger(__name__)

Answer = TypeVar("Answer")

EVERYBODY: Final = "paidan:couriers"
KEPT: Final = timedelta(minutes=15)
"""Real time; who has not reported for so long is nowhere."""
TIMEOUT_SECONDS: Final = 0.25
PAUSE_SECONDS: Final = 1.0
"""How long Redis is left alone after a failure."""
MOST_FOUND: Final = 300
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND: Final = timedelta(microseconds=1)

PUT: Final = """
local at = redis.call('HGET', KEYS[1], 'at')
if at and tonumber(at) >= tonumber(ARGV[2]) then return 0 end
redis.call('HSET', KEYS[1], 'lat', ARGV[4], 'lng', ARGV[5], 'acc', ARGV[6], 'at', ARGV[2],
           'seen', ARGV[3])
redis.call('EXPIRE', KEYS[1], ARGV[7])
redis.call('GEOADD', KEYS[2], ARGV[5], ARGV[4], ARGV[1])
return 1
"""
"""One step, as two devices of one courier may report at the same time. Numbers stay exact: at most
sixteen digits."""


class Behind(Protocol):
    """Where positions go while Redis is away."""

    def put(self, courier_id: UUID, fix: Fix) -> bool:
        """Keep a fix unless a newer one is known; whether it was kept."""
        ...

    def get(self, courier_ids: Iterable[UUID]) -> Mapping[UUID, Fix]:
        """Return the last fixes of those of whom one is known."""
        ...

    def inside(self, box: Box) -> set[UUID]:
        """Return couriers whose last fix is in the box."""
        ...


class RedisPositions:
    """Last positions in the Redis at a URL."""

    is_apart = True

    def __init__(self, url: str, *, behind: Behind) -> None:
        """Connect to nothing yet."""
        self._url = url
        self._behind = behind
        self._away_until = 0.0
        self._lock = threading.Lock()

    def put(self, courier_id: UUID, fix: Fix) -> bool:
        """Keep a fix unless a newer one is known; whether it was kept."""
        kept = self._try(lambda: self._put(courier_id, fix))
        return self._behind.put(courier_id, fix) if kept is None else kept

    def get(self, courier_ids: Iterable[UUID]) -> dict[UUID, Fix]:
        """Return the last fixes of those of whom one is known."""
        ids = list(courier_ids)
        found = (self._try(lambda: self._get(ids)) or {}) if ids else {}
        missing = [each for each in ids if each not in found]
        return {**self._behind.get(missing), **found} if missing else found

    def inside(self, box: Box) -> set[UUID]:
        """Return couriers whose last fix is in the box."""
        found = self._try(lambda: self._inside(box))
        return self._behind.inside(box) if found is None else found

    def forget(self, courier_id: UUID) -> None:
        """Keep nothing of a courier that the rows do not."""
        self._try(lambda: self._forget(courier_id))

    @cached_property
    def _redis(self) -> "Redis":
        return Redis.from_url(
            self._url,
            socket_timeout=TIMEOUT_SECONDS,
            socket_connect_timeout=TIMEOUT_SECONDS,
            decode_responses=True,
        )

    @cached_property
    def _script(self) -> Callable[..., Any]:
        return cast("Callable[..., Any]", self._redis.register_script(PUT))

    def _try(self, ask: Callable[[], Answer]) -> Answer | None:
        """Ask Redis, unless it has just failed; nothing when it fails."""
        if time.monotonic() < self._away_until:
            return None
        try:
            return ask()
        except (RedisError, OSError) as error:
            with self._lock:
                self._away_until = time.monotonic() + PAUSE_SECONDS
            log.warning("positions.redis_unavailable", error=str(error))
            return None

    def _put(self, courier_id: UUID, fix: Fix) -> bool:
        kept = self._script(
            keys=[_key(courier_id), EVERYBODY],
            args=[
                str(courier_id), _number(fix.at), _number(fix.seen_at), repr(fix.latitude),
                repr(fix.longitude), "" if fix.accuracy_metres is None else fix.accuracy_metres,
                round(KEPT.total_seconds()),
            ],
        )  # fmt: skip
        return bool(kept)

    def _get(self, ids: list[UUID]) -> dict[UUID, Fix]:
        with self._redis.pipeline(transaction=False) as pipe:
            for courier_id in ids:
                pipe.hgetall(_key(courier_id))
            said = pipe.execute()
        return {each: _fix(fields) for each, fields in zip(ids, said, strict=True) if fields}

    def _inside(self, box: Box) -> set[UUID]:
        middle = (box.south + box.north) / 2, (box.west + box.east) / 2
        names = self._redis.geosearch(
            EVERYBODY,
            latitude=middle[0],
            longitude=middle[1],
            width=metres_between(middle[0], box.west, middle[0], box.east),
            height=metres_between(box.south, middle[1], box.north, middle[1]),
            unit="m",
            sort="ASC",
            count=MOST_FOUND,
        )
        found = {UUID(name) for name in cast("list[str]", names)}
        known = self._get(list(found))
        if gone := found - known.keys():
            self._redis.zrem(EVERYBODY, *map(str, gone))
        return found - gone

    def _forget(self, courier_id: UUID) -> None:
        with self._redis.pipeline(transaction=True) as pipe:
            pipe.delete(_key(courier_id))
            pipe.zrem(EVERYBODY, str(courier_id))
            pipe.execute()


def _key(courier_id: UUID) -> str:
    return f"paidan:courier:{courier_id}"


def _number(moment: datetime) -> int:
    return (moment - EPOCH) // MICROSECOND


def _moment(number: str) -> datetime:
    return EPOCH + int(number) * MICROSECOND


def _fix(fields: Mapping[str, str]) -> Fix:
    return Fix(
        latitude=float(fields["lat"]),
        longitude=float(fields["lng"]),
        accuracy_metres=float(fields["acc"]) if fields["acc"] else None,
        at=_moment(fields["at"]),
        seen_at=_moment(fields["seen"]),
    )
