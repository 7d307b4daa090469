"""Pictures whose time is over, and pictures that are lost."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from core.proofs.commands import (
    ProofPurged,
    Upload,
    find_lost_proofs,
    purge_proofs,
    read_proof,
    store_proof,
)
from core.proofs.models import ProofFile
from core.proofs.policy import ProofKind
from core.proofs.storage.disk import DiskStore
from core.proofs.storage.interface import ProofStore
from tests.builders import Scene
from tests.core_proofs.pictures import picture


KEEP = timedelta(days=90)


def taken(scene: Scene, store: ProofStore) -> UUID:
    """Let the courier take a photo."""
    file_id = uuid4()
    upload = Upload(leg_id=scene.leg.pk, file_id=file_id, kind=ProofKind.PHOTO, content=picture())
    store_proof(upload, person=scene.courier, store=store, now=scene.now)
    return file_id


def finish(scene: Scene) -> None:
    code = {"kind": "pin", "value": scene.order.handover_code}
    scene.act("leg.deliver", "courier", proof=code)


class TestPurge:
    def test_removes_what_is_older_and_keeps_the_row(self, scene: Scene, disk: DiskStore) -> None:
        scene.bring_to("handed_over")
        taken(scene, disk)
        finish(scene)
        row = ProofFile.objects.get()
        later = scene.now + KEEP
        assert purge_proofs(older_than=KEEP, store=disk, now=later) == 0
        later += timedelta(seconds=1)
        assert purge_proofs(older_than=KEEP, store=disk, now=later) == 1
        assert purge_proofs(older_than=KEEP, store=disk, now=later) == 0
        assert not disk.has(row.name)
        row.refresh_from_db()
        with pytest.raises(ProofPurged):
            read_proof(row, store=disk)

    def test_waits_for_deliveries_that_run(self, scene: Scene, disk: DiskStore) -> None:
        scene.bring_to("handed_over")
        taken(scene, disk)
        assert purge_proofs(older_than=KEEP, store=disk, now=scene.now + 2 * KEEP) == 0

    def test_removes_what_was_announced_and_never_marked(
        self, scene: Scene, disk: DiskStore
    ) -> None:
        scene.bring_to("handed_over")
        taken(scene, disk)
        finish(scene)
        ProofFile.objects.update(stored_at=None)
        assert purge_proofs(older_than=KEEP, store=disk, now=scene.now + 2 * KEEP) == 1
        assert not disk.has(ProofFile.objects.get().name)


class TestCheck:
    def test_names_what_the_store_has_lost(self, scene: Scene, disk: DiskStore) -> None:
        scene.bring_to("handed_over")
        kept, lost = taken(scene, disk), taken(scene, disk)
        disk.delete(ProofFile.objects.get(pk=lost).name)
        assert [row.pk for row in find_lost_proofs(store=disk)] == [lost]
        assert disk.has(ProofFile.objects.get(pk=kept).name)
