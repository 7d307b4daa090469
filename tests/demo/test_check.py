"""A short day of the city, checked from outside, on real processes and this pass's database."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from tests.services.ports import release_port, reserve_port


ROOT = Path(__file__).resolve().parents[2]
CHECK = ("demo", "--headless", "--check", "--hours", "0.2", "--orders-per-hour", "60")
WHOLE_RUN_SECONDS = 1200


@pytest.fixture
def port() -> Iterator[int]:
    """Promise a port to the demonstration."""
    number = reserve_port()
    yield number
    release_port(number)


@pytest.fixture
def own_database() -> Iterator[dict[str, str]]:
    """Environment that names a database of our own, where this pass uses a server."""
    if not os.environ.get("DATABASE_URL"):
        yield {}
        return
    base = os.environ["DATABASE_URL"].rpartition("/")[0]
    name = f"{settings.DATABASES['default']['NAME']}_demo_{os.getpid()}"
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE `{name}` CHARACTER SET utf8mb4")
        yield {"DATABASE_URL": f"{base}/{name}"}
        cursor.execute(f"DROP DATABASE `{name}`")


@pytest.mark.django_db(transaction=True)
class TestHeadlessCheck:
    def test_finds_everything_right(
        self, port: int, own_database: dict[str, str], tmp_path: Path
    ) -> None:
        command = [sys.executable, str(ROOT / "manage.py"), *CHECK, "--port", str(port)]
        done = subprocess.run(
            command,
            cwd=ROOT,
            env={**os.environ, **own_database, "PAIDAN_DATA_DIR": str(tmp_path)},
            capture_output=True,
            text=True,
            timeout=WHOLE_RUN_SECONDS,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert "everything is right" in done.stdout
