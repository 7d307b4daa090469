"""Read MariaDB's general log back into transactions, in the order they ended."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path


_LINE = re.compile(r"^(?:\d{6} +\d{1,2}:\d\d:\d\d)?\t?\s*(\d+) (Connect|Query|Quit)\t?(.*)$")
_NOISE = ("set ", "select @@", "select version()", "show ", "select 1")
# mysqlclient, and so Django, opens a transaction by switching autocommit off.
_BEGINNINGS = ("BEGIN", "START TRANSACTION", "SET AUTOCOMMIT=0")


@dataclass
class Transaction:
    """The statements one connection ran between BEGIN and its end."""

    user: str
    statements: list[str] = field(default_factory=list)


def _records(text: str) -> Iterator[tuple[int, str, str]]:
    """Yield (connection, command, argument); an argument may span lines."""
    current: tuple[int, str, str] | None = None
    for line in text.splitlines():
        if found := _LINE.match(line):
            if current:
                yield current
            current = int(found[1]), found[2], found[3]
        elif current:
            current = current[0], current[1], f"{current[2]}\n{line}"
    if current:
        yield current


def _begins(statement: str) -> bool:
    """Whether a transaction begins, perhaps one that only reads."""
    return statement.strip().upper().startswith(_BEGINNINGS)


def _is_noise(statement: str) -> bool:
    if _begins(statement):
        return False
    return statement.lower().startswith(_NOISE)


def transactions(log: Path) -> list[Transaction]:
    """Return every transaction in the order they ended.

    A statement outside BEGIN is a transaction of its own. Connection set-up and health checks are
    left out: a bare client keeps its connection.
    """
    users: dict[int, str] = {}
    running: dict[int, Transaction] = {}
    done: list[Transaction] = []
    for connection, command, argument in _records(log.read_text(encoding="utf-8")):
        if command == "Connect":
            users[connection] = argument.partition("@")[0].strip()
        elif command == "Query" and not _is_noise(argument):
            user = users.get(connection, "")
            word = argument.strip().upper()
            if _begins(word):
                running[connection] = Transaction(user)
            elif word in {"COMMIT", "ROLLBACK"}:
                if ended := running.pop(connection, None):
                    ended.statements.append(argument)
                    done.append(ended)
            elif connection in running:
                running[connection].statements.append(argument)
            else:
                done.append(Transaction(user, [argument]))
    return done
