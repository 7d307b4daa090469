"""A sender that could not do its work does not start, and says why in one line."""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder

from core.environment import environment
from core.shared_time import shared_time
from notifications.queues import QUEUES
from notifications.starting import MOST_SKEW_SECONDS, CannotStart, check_start
from tests.notifications.delivery.world import ROOT, Outside, database_environment
from tests.services.ports import release_port, reserve_port
from tests.services.redis import redis


pytestmark = pytest.mark.django_db(transaction=True)

Setting = Callable[..., None]


@pytest.fixture
def setting(monkeypatch: pytest.MonkeyPatch, outside: Outside) -> Setting:
    """Set variables of an installation that could send."""

    def change(**values: str) -> None:
        for name, value in values.items():
            monkeypatch.setenv(name, value)
        environment.cache_clear()

    return change


def refusal(*queues: str, needs_broker: bool = False) -> str:
    with pytest.raises(CannotStart) as refused:
        check_start(queues or QUEUES, needs_broker=needs_broker)
    assert "\n" not in str(refused.value)
    return str(refused.value)


class TestChecks:
    def test_are_content_where_all_is_set(self, setting: Setting) -> None:
        with redis() as bus:
            setting(REDIS_URL=bus.url)
            check_start(QUEUES, needs_broker=True)

    def test_want_a_database_that_answers(
        self, setting: Setting, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def away(_self: object) -> None:
            raise OperationalError(2002, "Can't\nconnect")

        monkeypatch.setattr(MigrationRecorder, "applied_migrations", away)
        assert refusal() == 'the database does not answer: (2002, "Can\'t\\nconnect")'

    def test_want_a_database_that_is_migrated(
        self, setting: Setting, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        applied = MigrationRecorder(connection).applied_migrations()
        newest = max(key for key in applied if key[0] == "notifications")
        del applied[newest]
        monkeypatch.setattr(MigrationRecorder, "applied_migrations", lambda _self: applied)
        assert refusal() == (
            f"the database lacks 1 migrations ({'.'.join(newest)}): run manage.py migrate"
        )

    @pytest.mark.parametrize(("ahead", "way"), [(1, "ahead of"), (-1, "behind")])
    def test_want_a_clock_like_the_database_s(
        self, setting: Setting, monkeypatch: pytest.MonkeyPatch, ahead: int, way: str
    ) -> None:
        told = shared_time.now() - ahead * (MOST_SKEW_SECONDS * 10)
        monkeypatch.setattr(type(shared_time), "now", lambda _self: told)
        assert re.search(rf"clock is 1\d\d s {way} the database's", refusal())

    def test_refuse_the_sandbox_in_production(self, setting: Setting) -> None:
        setting(PAIDAN_PRODUCTION="1")
        assert refusal().startswith("PAIDAN_SANDBOX_URL is set")

    def test_want_a_key_for_push_alone(self, setting: Setting) -> None:
        setting(PAIDAN_PRODUCTION="1", PAIDAN_SANDBOX_URL="", PAIDAN_VAPID_PRIVATE_KEY="")
        assert refusal("push").startswith("PAIDAN_VAPID_PRIVATE_KEY is not set")
        check_start({"webhooks"}, needs_broker=False)

    def test_want_somebody_to_carry_texts(self, setting: Setting, tmp_path: Path) -> None:
        setting(PAIDAN_PRODUCTION="1", PAIDAN_SANDBOX_URL="")
        assert refusal("sms").startswith("PAIDAN_SMS_FILE is not set")
        (tmp_path / "nobody.toml").touch()
        setting(PAIDAN_SMS_FILE=str(tmp_path / "nobody.toml"))
        check_start({"sms"}, needs_broker=False)

    def test_want_templates_that_vendors_approved(self, setting: Setting, tmp_path: Path) -> None:
        file = tmp_path / "texts.toml"
        file.write_text('[routes]\n"+" = ["twilio"]\n')
        setting(PAIDAN_SMS_FILE=str(file))
        told = refusal("sms")
        assert told.startswith("The account with twilio is not set. (notifications.E003)")
        assert "more; see manage.py check" in told

    @pytest.mark.parametrize("scheme", ["redis", "amqp"])
    def test_want_a_broker_for_those_it_wakes(self, setting: Setting, scheme: str) -> None:
        port = reserve_port()
        setting(PAIDAN_BROKER_URL=f"{scheme}://guest:secret@127.0.0.1:{port}/")
        told = refusal(needs_broker=True)
        release_port(port)
        assert told.startswith("the broker does not answer: ")
        assert "secret" not in told
        check_start(QUEUES, needs_broker=False)


class TestSender:
    def test_refuses_with_an_error_of_the_command(self, setting: Setting) -> None:
        setting(PAIDAN_PRODUCTION="1")
        with pytest.raises(CommandError, match=r"^sender does not start: PAIDAN_SANDBOX_URL"):
            call_command("sender")

    def test_knows_its_queues(self) -> None:
        with pytest.raises(CommandError, match="no queue pusch"):
            call_command("sender", "--queues", "push,pusch")


class TestWorker:
    def begin(
        self, surroundings: Mapping[str, str], *arguments: str
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "celery", "-A", "celery_app", "worker", *arguments],
            cwd=ROOT,
            env={**os.environ, **surroundings},
            capture_output=True,
            text=True,
            check=False,
        )

    def test_refuses_with_one_line_and_a_status(self, outside: Outside, tmp_path: Path) -> None:
        port = reserve_port()
        surroundings = outside.environment | database_environment(tmp_path)
        ended = self.begin(surroundings | {"REDIS_URL": f"redis://127.0.0.1:{port}/0"})
        release_port(port)
        assert ended.returncode == 1
        (line,) = (each for each in ended.stderr.splitlines() if "does not start" in each)
        assert line.startswith("worker does not start: the broker does not answer: ")
        assert "Traceback" not in ended.stderr

    def test_takes_no_queue_that_nobody_fills(self, outside: Outside, tmp_path: Path) -> None:
        surroundings = outside.environment | database_environment(tmp_path)
        ended = self.begin(surroundings | {"REDIS_URL": "redis://127.0.0.1:1/0"}, "-Q", "pusch")
        assert ended.returncode != 0
        assert "pusch" in ended.stderr
