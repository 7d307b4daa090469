"""Keeping pictures, showing them, and removing them when their time is over."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import structlog
from django.db import transaction

from core.errors import Conflict, NotFound, PaidanError
from core.legs.models import DeliveryLeg
from core.orders.access import lock_order_of_leg
from core.people.models import Person
from core.proofs.images import Drawn, draw_anew
from core.proofs.models import ProofFile
from core.proofs.policy import ProofKind
from core.proofs.storage.interface import ObjectMissing, ProofStore


log = structlog.get_logger(__name__)

MOST_FILES: Final = 10
"""Of one leg: several tries at the door, and not a store for anything else."""
BATCH: Final = 500


class ProofIdTaken(Conflict):
    """The device named another picture so before."""

    code = "proof_id_taken"
    title = "Another picture has this id."


class TooManyProofs(Conflict):
    """The leg has as many pictures as anybody needs."""

    code = "too_many_proofs"
    title = "This delivery has enough pictures."


class ProofMissing(PaidanError):
    """The row is there and the picture is not, or not as it was: that is our loss, and logged."""

    code = "proof_missing"
    title = "The picture is lost; the operators were told."
    status = 500


class ProofPurged(PaidanError):
    """Pictures are kept for a while only."""

    code = "proof_purged"
    title = "The picture was removed, as its time is over."
    status = 410


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A picture as a courier's device sends it."""

    leg_id: UUID
    file_id: UUID
    kind: ProofKind
    content: bytes
    captured_at: datetime | None = None

    @property
    def digest(self) -> str:
        """SHA-256 of what was sent."""
        return _sha256(self.content)


def store_proof(upload: Upload, *, person: Person, store: ProofStore, now: datetime) -> ProofFile:
    """Keep the picture; the same one under the same id is kept once, however often it comes.

    The row is written first and marked when the store has the picture: what a crash leaves is
    a row that the next attempt completes, and never a picture that nobody knows of.

    :raises NotFound: the leg is not this courier's.
    :raises NotAnImage: it is no picture.
    :raises ImageTooLarge: it is too large to read.
    :raises ProofIdTaken: another picture has this id.
    :raises TooManyProofs: the leg has enough.
    :raises StoreUnavailable: the store cannot be reached; send it again.
    """
    _require_courier(upload.leg_id, person)
    known = ProofFile.objects.filter(pk=upload.file_id).first()
    if known is not None and known.stored_at is not None:
        return _same(known, upload, person)
    drawn = draw_anew(upload.content, upload.kind)
    row = _announce(upload, drawn, person=person, now=now)
    store.put(row.name, drawn.content, content_type=drawn.content_type)
    row.store(sha256=_sha256(drawn.content), size_bytes=len(drawn.content), now=now)
    row.save(update_fields=["sha256", "size_bytes", "stored_at"])
    return row


def read_proof(row: ProofFile, *, store: ProofStore) -> bytes:
    """Return the picture as it was stored.

    :raises ProofPurged: its time is over.
    :raises ProofMissing: the store has lost or changed it.
    """
    if row.purged_at is not None:
        raise ProofPurged
    try:
        content = store.get(row.name)
    except ObjectMissing as error:
        log.exception("proofs.missing", proof=str(row.pk), name=row.name)
        raise ProofMissing from error
    if _sha256(content) != row.sha256:
        log.error("proofs.changed", proof=str(row.pk), name=row.name)
        raise ProofMissing
    return content


def purge_proofs(*, older_than: timedelta, store: ProofStore, now: datetime) -> int:
    """Remove pictures of ended legs that are older; return how many. It may be repeated.

    :raises StoreUnavailable: the store cannot be reached; what was removed so far is noted.
    """
    rows = ProofFile.objects.filter(
        purged_at__isnull=True, created_at__lt=now - older_than, leg__ended_at__isnull=False
    ).order_by("created_at")
    count = 0
    while batch := list(rows[:BATCH]):
        for row in batch:
            store.delete(row.name)
            row.purge(now=now)
            row.save(update_fields=["purged_at"])
        count += len(batch)
    return count


def find_lost_proofs(*, store: ProofStore) -> list[ProofFile]:
    """Return the pictures that should be in the store and are not."""
    rows = ProofFile.objects.filter(stored_at__isnull=False, purged_at__isnull=True)
    return [row for row in rows.order_by("created_at").iterator() if not store.has(row.name)]


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _require_courier(leg_id: UUID, person: Person) -> None:
    if not DeliveryLeg.objects.filter(pk=leg_id, courier=person).exists():
        raise NotFound


def _announce(upload: Upload, drawn: Drawn, *, person: Person, now: datetime) -> ProofFile:
    """Write the row, or find the one that an attempt before this wrote."""
    with transaction.atomic():
        # The order's lock: two attempts at once are one after the other.
        lock_order_of_leg(upload.leg_id)
        known = ProofFile.objects.filter(pk=upload.file_id).first()
        if known is not None:
            return _same(known, upload, person)
        if ProofFile.objects.filter(leg_id=upload.leg_id).count() >= MOST_FILES:
            raise TooManyProofs
        return ProofFile.objects.create(
            id=upload.file_id,
            leg_id=upload.leg_id,
            kind=upload.kind,
            person=person,
            source_sha256=upload.digest,
            sha256=_sha256(drawn.content),
            name=f"{upload.leg_id}/{upload.file_id}.{drawn.extension}",
            content_type=drawn.content_type,
            size_bytes=len(drawn.content),
            width=drawn.width,
            height=drawn.height,
            captured_at=min(upload.captured_at or now, now),
            created_at=now,
        )


def _same(known: ProofFile, upload: Upload, person: Person) -> ProofFile:
    told = (upload.leg_id, upload.kind, upload.digest, person.pk)
    if (known.leg_id, known.kind, known.source_sha256, known.person_id) != told:
        raise ProofIdTaken
    return known
