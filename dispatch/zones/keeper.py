"""A dispatcher's zones: the loop that keeps its leases and takes those that have run out."""

import os
import secrets
import socket
import threading
from collections.abc import Mapping
from contextlib import suppress
from uuid import UUID

import structlog
from django.db import DatabaseError, close_old_connections

from core.database import run_repeatedly
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


class ZoneKeeper:
    """Owns zones under a name of its own; other threads read `held`."""

    def __init__(self) -> None:
        """Own nothing yet."""
        self.owner = f"{socket.gethostname()[:40]}:{os.getpid()}:{secrets.token_hex(4)}"
        self.held: Mapping[UUID, Lease] = {}

    def run(self, stop: threading.Event) -> None:
        """Keep on until `stop` is set, then leave the zones to others."""
        try:
            while not stop.is_set():
                close_old_connections()
                try:
                    run_repeatedly(self.keep)
                except DatabaseError as error:
                    log.warning("zones.database_unavailable", error=str(error))
                stop.wait(RENEW_SECONDS)
        finally:
            self.held = {}
            with suppress(DatabaseError):
                release(self.owner, at=shared_now())

    def keep(self) -> None:
        """Renew, take what is free, and note what is owned."""
        at = shared_now()
        renew(self.owner, at=at)
        take_free(self.owner, at=at)
        held = get_leases(self.owner)
        for zone_id in held.keys() - self.held.keys():
            log.info("zone.taken", zone=str(zone_id), token=held[zone_id].token)
        for zone_id in self.held.keys() - held.keys():
            log.info("zone.lost", zone=str(zone_id))
        self.held = held
