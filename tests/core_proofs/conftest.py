"""Stores to keep pictures in, and a scene with a courier at the door."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.proofs.storage.disk import DiskStore
from tests.builders import Scene, make_scene
from tests.fakes.object_server import ObjectServer


@pytest.fixture
def scene(db: None) -> Scene:
    """Return a shop and everybody around it."""
    return make_scene()


@pytest.fixture
def disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DiskStore:
    """Return a fresh folder, which the API uses too."""
    store = DiskStore(tmp_path / "proofs")
    monkeypatch.setattr("core.proofs.api.proof_store", lambda: store)
    return store


@pytest.fixture
def server() -> Iterator[ObjectServer]:
    """Run an object store."""
    with ObjectServer() as running:
        yield running
