"""One conformance suite for every store; and what each is asked by the one beneath it."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from core.proofs.storage.disk import DiskStore
from core.proofs.storage.interface import (
    BadName,
    ObjectMissing,
    ProofStore,
    StoreUnavailable,
)
from core.proofs.storage.s3 import Bucket, S3Store
from tests.fakes.object_server import ACCESS_KEY, BUCKET, REGION, SECRET_KEY, ObjectServer


LEG = "01920000-0000-7000-8000-00000000abcd"
NAME = f"{LEG}/01920000-0000-7000-8000-000000000001.jpg"
OTHER = f"{LEG}/01920000-0000-7000-8000-000000000002.png"


def bucket_of(server: ObjectServer) -> Bucket:
    return Bucket(
        name=BUCKET,
        endpoint=server.url,
        region=REGION,
        access_key=ACCESS_KEY,
        secret_key=SECRET_KEY,
    )


@pytest.fixture(params=["disk", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path, server: ObjectServer) -> ProofStore:
    if request.param == "disk":
        return DiskStore(tmp_path / "deep" / "proofs")
    return S3Store(bucket_of(server))


class TestEveryStore:
    def test_returns_what_it_was_given(self, store: ProofStore) -> None:
        content = bytes(range(256)) * 400
        store.put(NAME, content, content_type="image/jpeg")
        assert store.get(NAME) == content
        assert store.has(NAME)

    def test_keeps_the_last_of_one_name(self, store: ProofStore) -> None:
        for content in (b"first", b"second", b"second"):
            store.put(NAME, content, content_type="image/jpeg")
        assert store.get(NAME) == b"second"

    def test_says_what_it_does_not_have(self, store: ProofStore) -> None:
        store.put(NAME, b"one", content_type="image/jpeg")
        assert not store.has(OTHER)
        with pytest.raises(ObjectMissing):
            store.get(OTHER)

    def test_deletes_once_and_again(self, store: ProofStore) -> None:
        store.put(NAME, b"one", content_type="image/jpeg")
        store.put(OTHER, b"two", content_type="image/png")
        for _ in range(2):
            store.delete(NAME)
        assert (store.has(NAME), store.get(OTHER)) == (False, b"two")

    @pytest.mark.parametrize(
        "name",
        [
            "../secret_key",
            "/etc/passwd",
            f"{LEG}/../../secret_key",
            f"{LEG}/..%2f..%2fsecret.jpg",
            f"{NAME}\n",
            f"{NAME}/x.jpg",
            NAME.replace("/", "\\"),
            NAME.replace(".jpg", ".svg"),
            f"{LEG}/\0.jpg",
            "",
        ],
    )
    @pytest.mark.parametrize("ask", ["get", "has", "delete", "put"])
    def test_is_asked_for_no_name_but_ours(self, store: ProofStore, ask: str, name: str) -> None:
        asking: Callable[..., object] = getattr(store, ask)
        arguments = {"content": b"x", "content_type": "image/png"} if ask == "put" else {}
        with pytest.raises(BadName):
            asking(name, **arguments)


class TestDisk:
    def test_lets_nobody_else_read(self, disk: DiskStore, tmp_path: Path) -> None:
        disk.put(NAME, b"one", content_type="image/jpeg")
        path = tmp_path / "proofs" / NAME
        assert path.stat().st_mode & 0o077 == 0

    def test_leaves_no_half_picture(
        self, disk: DiskStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(_descriptor: int) -> None:
            raise OSError(28, "no space left on device")

        monkeypatch.setattr(os, "fsync", fail)
        with pytest.raises(StoreUnavailable):
            disk.put(NAME, b"one", content_type="image/jpeg")
        assert not [path for path in (tmp_path / "proofs").rglob("*") if path.is_file()]


class TestS3:
    def test_stores_under_type_and_name(self, server: ObjectServer) -> None:
        S3Store(bucket_of(server)).put(NAME, b"one", content_type="image/jpeg")
        assert server.objects == {NAME: (b"one", "image/jpeg")}

    @pytest.mark.parametrize(
        "wrong",
        [
            {"secret_key": "guessed"},
            {"access_key": "somebody"},
            {"name": "elsewhere"},
            {"region": "moon-1"},
        ],
        ids=str,
    )
    def test_that_refuses_us_is_unavailable_and_nothing_is_said_to_be_missing(
        self, server: ObjectServer, wrong: dict[str, str]
    ) -> None:
        S3Store(bucket_of(server)).put(NAME, b"one", content_type="image/jpeg")
        store = S3Store(replace(bucket_of(server), **wrong))
        for asking in (store.get, store.delete):
            with pytest.raises(StoreUnavailable):
                asking(NAME)
        assert NAME in server.objects

    def test_that_is_away_says_come_again(self, server: ObjectServer) -> None:
        server.is_away = True
        with pytest.raises(StoreUnavailable) as refused:
            S3Store(bucket_of(server)).put(NAME, b"one", content_type="image/jpeg")
        assert refused.value.retryable

    def test_that_nobody_serves_says_come_again(self) -> None:
        with ObjectServer() as gone:
            bucket = bucket_of(gone)
        with pytest.raises(StoreUnavailable):
            S3Store(bucket).get(NAME)
