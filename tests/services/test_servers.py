"""The private servers: they answer, come back on the same port, and leave nothing behind."""

import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import MySQLdb
import pytest
import redis as redis_client

from tests.services import MariaDB, Redis, mariadb, redis
from tests.services.server import Server


END_SECONDS = 90


class TestServers:
    @pytest.mark.parametrize("start", [mariadb, redis])
    def test_come_back_on_the_same_port(self, start: type[Server]) -> None:
        with start() as server:
            url = server.url
            server.kill()
            server.start()
            server.stop()
            server.start()
            assert server.url == url

    @pytest.mark.parametrize("start", [mariadb, redis])
    def test_remove_their_folder(self, start: type[Server]) -> None:
        with start() as server:
            folder = server.folder
        assert not folder.exists()

    def test_die_with_the_process_that_started_them(self) -> None:
        command = [sys.executable, "-m", "tests.services", "up"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
            assert parent.stdout is not None
            ports = [_port(parent.stdout.readline()) for _ in ("database", "bus")]
            parent.send_signal(signal.SIGKILL)
        give_up_at = time.monotonic() + END_SECONDS
        while any(map(_answers, ports)) and time.monotonic() < give_up_at:
            time.sleep(0.02)
        assert not any(map(_answers, ports))
        _sweep()
        assert not list(Path(tempfile.gettempdir()).glob(f"paidan-services-{parent.pid}-*"))


class TestMariaDB:
    def test_keeps_commits_through_a_kill(self) -> None:
        with MariaDB() as server:
            _query(server, "CREATE TABLE facts (id INT)", "INSERT INTO facts VALUES (7)")
            server.kill()
            server.start()
            assert _query(server, "SELECT id FROM facts") == ((7,),)


class TestRedis:
    def test_forgets_on_flush(self) -> None:
        with Redis() as server:
            client = redis_client.Redis.from_url(server.url)
            client.set("bell", "rung")
            server.flush()
            assert client.get("bell") is None
            client.close()


def _port(line: str) -> int:
    return int(line.rpartition(":")[2].partition("/")[0])


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _sweep() -> None:
    with redis():
        pass


def _query(server: MariaDB, *statements: str) -> tuple[tuple[object, ...], ...]:
    connection = MySQLdb.connect(
        host="127.0.0.1", port=server.port, user="root", db="paidan", autocommit=True
    )
    cursor = connection.cursor()
    for statement in statements:
        cursor.execute(statement)
    rows: tuple[tuple[object, ...], ...] = cursor.fetchall()
    connection.close()
    return rows
