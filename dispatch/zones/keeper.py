"""A dispatcher's zones: the loop that keeps its leases and takes those that have run out."""

import math
import os
import secrets
import socket
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Final
from uuid import UUID

import structlog
from django.db import DatabaseError, close_old_connections

from core.database import run_repeatedly
from core.quiet import WATCH_SECONDS, quiet
from dispatch.zones.leases import (
    RENEW_SECONDS,
    Lease,
    get_leases,
    release,
    renew,
    shared_now,
    take_free,
)


log = structlog.get_logger(__name__)


LOOK_SECONDS: Final = 60.0
"""Real seconds after which even who is alone looks around, to forget those long gone."""


class ZoneKeeper:
    """Owns zones under a name of its own; other threads read `held`."""

    def __init__(self) -> None:
        """Own nothing yet."""
        self.owner = f"{socket.gethostname()[:40]}:{os.getpid()}:{secrets.token_hex(4)}"
        self.held: Mapping[UUID, Lease] = {}
        self._is_alone = False
        self._looked_at = -math.inf

    def run(self, stop: threading.Event) -> None:
        """Keep on until `stop` is set, then leave the zones to others."""
        try:
            while not stop.is_set():
                close_old_connections()
                try:
                    run_repeatedly(self.keep)
                    self._watch(stop)
                except DatabaseError as error:
                    log.warning("zones.database_unavailable", error=str(error))
                    stop.wait(RENEW_SECONDS)
        finally:
            self.held = {}
            quiet.leave()
            with suppress(DatabaseError):
                release(self.owner, at=shared_now())

    def _watch(self, stop: threading.Event) -> None:
        """Until the next renewal watch for the others: this thread writes all the time."""
        until = time.monotonic() + RENEW_SECONDS
        while (left := until - time.monotonic()) > 0 and not stop.wait(min(left, WATCH_SECONDS)):
            self._is_alone = not quiet.watch() and self._is_alone

    def keep(self) -> None:
        """Renew, take what is free, and note what is owned.

        Whoever has every zone, alone, and has seen nobody write since, has nothing to look for.
        """
        at = shared_now()
        renew(self.owner, at=at)
        if self._is_alone and time.monotonic() - self._looked_at < LOOK_SECONDS:
            return
        self._looked_at = time.monotonic()
        self._is_alone = take_free(self.owner, at=at)
        held = get_leases(self.owner)
        for zone_id in held.keys() - self.held.keys():
            log.info("zone.taken", zone=str(zone_id), token=held[zone_id].token)
        for zone_id in self.held.keys() - held.keys():
            log.info("zone.lost", zone=str(zone_id))
        self.held = held
