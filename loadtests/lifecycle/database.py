"""One user per process, so that the general log tells who ran what; and copies to replay on."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import MySQLdb


WEB_USER, DISPATCHER_USER = "web", "dispatcher"
USERS = (WEB_USER, DISPATCHER_USER)
NAME, PRISTINE, COPY = "paidan", "pristine", "replay"


@dataclass(frozen=True)
class Database:
    """A private MariaDB server."""

    port: int

    def url(self, user: str) -> str:
        return f"mysql://{user}@127.0.0.1:{self.port}/{NAME}"

    def arguments(self, user: str, name: str) -> dict[str, Any]:
        """Connection arguments for bare mysqlclient."""
        return {
            "host": "127.0.0.1",
            "port": self.port,
            "user": user,
            "database": name,
            "charset": "utf8mb4",
        }

    def run(self, *statements: str) -> list[tuple[Any, ...]]:
        """Run statements as root and return the rows of the last."""
        connection = MySQLdb.connect(**self.arguments("root", NAME))
        try:
            with connection.cursor() as cursor:
                for statement in statements:
                    cursor.execute(statement)
                return list(cursor.fetchall()) if statements else []
        finally:
            connection.close()

    def copy(self, source: str, target: str) -> None:
        """Copy every table as it is now, without foreign keys: they cost the client nothing."""
        tables = [row[0] for row in self.run(f"SHOW TABLES FROM {source}")]
        self.run(
            f"DROP DATABASE IF EXISTS {target}",
            f"CREATE DATABASE {target}",
            *(f"CREATE TABLE {target}.`{table}` LIKE {source}.`{table}`" for table in tables),
            *(
                f"INSERT INTO {target}.`{table}` SELECT * FROM {source}.`{table}`"
                for table in tables
            ),
        )

    @contextmanager
    def general_log(self, path: Path) -> Iterator[None]:
        """Write every statement to a file for the length of a `with` block."""
        self.run(f"SET GLOBAL general_log_file = '{path}'", "SET GLOBAL general_log = ON")
        try:
            yield
        finally:
            self.run("SET GLOBAL general_log = OFF")


def open_database(port: int) -> Database:
    database = Database(port)
    for user in USERS:
        database.run(
            f"CREATE USER {user}@'127.0.0.1'",
            f"GRANT ALL ON *.* TO {user}@'127.0.0.1'",
        )
    return database
