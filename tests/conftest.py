"""What every test shares: no skips, one pass per database, databases as real as they get.

`./paidan test` runs two passes. `PAIDAN_PASS=embedded`: SQLite and the in-memory bus, all
tests but those of a database server. `PAIDAN_PASS=full`: MariaDB and Redis, without the folders
that use neither, and of the browser tests the stories. `./paidan test --rabbitmq` runs a folder
that is in neither, in both.
"""

import logging
import os
from pathlib import Path

import pytest
from hypothesis import settings as hypothesis_settings


HERE = Path(__file__).parent
FOLDERS_WITHOUT_DATABASE = (HERE / "unit", HERE / "architecture", HERE / "matching")
# What only a database server can suffer.
FOLDERS_WITH_SERVER = (HERE / "faults" / "mariadb",)
# Screens look alike on both databases; what the API says to them is tested on both elsewhere.
FOLDERS_WITH_BROWSER = (HERE / "screens", HERE / "miniprogram")
STORIES = {"test_story.py", "test_board.py", "test_push.py"}
"""Browser tests of the full pass."""
# What needs a broker that few have: `./paidan test --rabbitmq`.
FOLDERS_WITH_RABBITMQ = (HERE / "notifications" / "delivery" / "rabbitmq",)
# Minutes each; begun last, one of them would be all that runs at the end.
LONG = (HERE / "demo" / "test_check.py", HERE / "faults" / "test_day.py")


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Run what needs no database in the embedded pass only, and the opposite in the full one."""
    if "PAIDAN_RABBITMQ" not in os.environ and collection_path in FOLDERS_WITH_RABBITMQ:
        return True
    is_full = os.environ.get("PAIDAN_PASS") == "full"
    if is_full and collection_path.parent in FOLDERS_WITH_BROWSER:
        name = collection_path.name
        return True if name.startswith("test_") and name not in STORIES else None
    others = FOLDERS_WITHOUT_DATABASE if is_full else FOLDERS_WITH_SERVER
    return True if collection_path in others else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Start first what takes longest."""
    items.sort(key=lambda item: item.path not in LONG)


class SkipsAreFailures:
    """Fail the session when a test was skipped or expected to fail: it proves nothing."""

    def __init__(self) -> None:
        self.unproven: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note a skipped test; an expected failure is reported as skipped too."""
        if report.skipped:
            self.unproven.append(report.nodeid)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Note a module that was skipped whole."""
        if report.skipped:
            self.unproven.append(report.nodeid)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Turn a green session red."""
        if self.unproven and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say why."""
        for nodeid in self.unproven:
            terminalreporter.write_line(f"FAILED {nodeid}: skipped or expected to fail", red=True)


def pytest_configure(config: pytest.Config) -> None:
    """Watch for skips; let no example be judged by its wall time: the machine may be busy."""
    hypothesis_settings.register_profile("patient", deadline=None)
    hypothesis_settings.load_profile("patient")
    config.pluginmanager.register(SkipsAreFailures(), "skips-are-failures")


def pytest_unconfigure() -> None:
    """Let the threads that outlive pytest lose their servers without a word: stderr is closed."""
    logging.raiseExceptions = False


@pytest.fixture(scope="session")
def django_db_modify_db_settings(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> None:
    """Give each worker its own database; on SQLite a file, so that threads share it for real."""
    # Django settings are readable only once pytest-django has set Django up.
    from django.db import connections  # noqa: PLC0415

    for alias in connections:
        settings = connections[alias].settings_dict
        if settings["ENGINE"].endswith("sqlite3"):
            settings["TEST"]["NAME"] = str(tmp_path_factory.mktemp("db") / f"{alias}.sqlite3")
        else:
            settings["TEST"]["NAME"] = f"test_{settings['NAME']}_{worker_id}"
    _make_no_permissions()


def _make_no_permissions() -> None:
    """Let Django's own rows be, which nothing of ours reads: nine tenths of emptying a database.

    They would be made anew after every test that commits.
    """
    from django.contrib.auth.management import create_permissions  # noqa: PLC0415  as above
    from django.contrib.contenttypes.management import create_contenttypes  # noqa: PLC0415
    from django.db.models.signals import post_migrate  # noqa: PLC0415

    uid = f"{create_permissions.__module__}.{create_permissions.__name__}"
    assert post_migrate.disconnect(dispatch_uid=uid)
    assert post_migrate.disconnect(create_contenttypes)
