"""Which store the settings choose, and the commands that look after it."""

from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from core.environment import Environment
from core.proofs.models import ProofFile
from core.proofs.storage.chosen import proof_store
from core.proofs.storage.interface import ProofStore
from tests.builders import Scene
from tests.core_proofs.test_retention import finish, taken
from tests.fakes.object_server import ACCESS_KEY, BUCKET, REGION, SECRET_KEY, ObjectServer


@pytest.fixture(params=["disk", "s3"])
def store(
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    server: ObjectServer,
) -> Iterator[ProofStore]:
    for name, value in {
        "PROOF_STORAGE": request.param,
        "PROOF_DIR": str(tmp_path),
        "S3_ENDPOINT": server.url,
        "S3_BUCKET": BUCKET,
        "S3_REGION": REGION,
        "S3_ACCESS_KEY": ACCESS_KEY,
        "S3_SECRET_KEY": SECRET_KEY,
    }.items():
        monkeypatch.setenv(f"PAIDAN_{name}", value)
    env = Environment()
    monkeypatch.setattr("core.proofs.storage.chosen.environment", lambda: env)
    proof_store.cache_clear()
    yield proof_store()
    proof_store.cache_clear()


def said_by(command: str, **options: int) -> str:
    out = StringIO()
    call_command(command, stdout=out, **options)
    return out.getvalue().strip()


class TestCommands:
    def test_check_and_purge_the_chosen_store(self, scene: Scene, store: ProofStore) -> None:
        scene.bring_to("handed_over")
        taken(scene, store)
        finish(scene)
        assert said_by("check_proofs") == "every picture is there"
        store.delete(ProofFile.objects.get().name)
        with pytest.raises(SystemExit):
            said_by("check_proofs")
        assert said_by("purge_proofs", days=0) == "1 removed"
        assert said_by("check_proofs") == "every picture is there"
