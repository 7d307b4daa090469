"""The database's time, as a process reads it."""

import time

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.shared_time import SharedTime


NEAR = 5.0
"""Seconds; the database of a test runs on the same machine."""


@pytest.mark.django_db
class TestSharedTime:
    def test_is_the_databases(self) -> None:
        assert SharedTime().now() == pytest.approx(time.time(), abs=NEAR)

    def test_ignores_the_wall_clock(self, monkeypatch: pytest.MonkeyPatch) -> None:
        right = time.time()
        monkeypatch.setattr(time, "time", lambda: right + 3600)
        assert SharedTime().now() == pytest.approx(right, abs=NEAR)

    def test_is_asked_for_once_a_minute(self, monkeypatch: pytest.MonkeyPatch) -> None:
        shared, monotonic = SharedTime(), time.monotonic
        with CaptureQueriesContext(connection) as asked:
            before = shared.now()
            assert shared.now() >= before
            assert len(asked) == 1
            monkeypatch.setattr(time, "monotonic", lambda: monotonic() + 61)
            shared.now()
            assert len(asked) == 2
