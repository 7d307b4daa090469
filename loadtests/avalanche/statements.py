"""What a MariaDB server was asked for, by its own log: nobody's counter but the database's."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import MySQLdb

from tests.services.mariadb import MariaDB


EVENT_TABLE = "core_streamentry"


@dataclass
class Statements:
    """Reads so far: of stream entries, and all of them."""

    path: Path
    _offset: int = 0

    def reset(self) -> None:
        self._offset = self.path.stat().st_size if self.path.exists() else 0

    def event_table_reads(self) -> int:
        return sum(EVENT_TABLE in line for line in self._selects())

    def reads(self) -> int:
        return sum(1 for _ in self._selects())

    def _selects(self) -> Iterator[str]:
        with self.path.open(encoding="utf-8", errors="replace") as log:
            log.seek(self._offset)
            for line in log:
                if "SELECT" in line and ("Query" in line or "Execute" in line):
                    yield line


@contextmanager
def logged(database: MariaDB) -> Iterator[Statements]:
    """Have the server log every statement while the block runs."""
    path = database.folder / "statements.log"
    connection = MySQLdb.connect(host="127.0.0.1", port=database.port, user="root")
    cursor = connection.cursor()
    cursor.execute("SET GLOBAL general_log_file = %s", [str(path)])
    cursor.execute("SET GLOBAL general_log = 1")
    try:
        yield Statements(path)
    finally:
        cursor.execute("SET GLOBAL general_log = 0")
        connection.close()
