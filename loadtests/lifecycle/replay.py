"""The raw peer: replay a capture with bare mysqlclient and say what it cost this process.

Usage: `python -m loadtests.lifecycle.replay CAPTURE`, where CAPTURE is a JSON file with `users`
(name to connection arguments), `counted` (the user whose statements are measured) and
`transactions` (pairs of user and statements). The last line is JSON.
"""

import json
import sys
import time
from pathlib import Path
from typing import Any

import MySQLdb


def _run(connection: Any, statements: list[str]) -> None:
    if len(statements) > 1:
        connection.query("BEGIN")
    for statement in statements:
        connection.query(statement)
        result = connection.store_result()
        if result is not None:
            result.fetch_row(maxrows=0)


def main(capture: dict[str, Any]) -> None:
    connections = {}
    for user, arguments in capture["users"].items():
        connections[user] = MySQLdb.connect(**arguments)
        connections[user].query("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED")
        connections[user].autocommit(on=True)
    cpu, replayed, refused = 0.0, 0, 0
    for user, statements in capture["transactions"]:
        before = time.process_time()
        try:
            _run(connections[user], statements)
        except MySQLdb.Error as error:
            refused += 1
            print(f"{error}: {statements}", file=sys.stderr)
            connections[user].query("ROLLBACK")
        if user == capture["counted"]:
            cpu += time.process_time() - before
            replayed += len(statements)
    print(json.dumps({"cpu_seconds": cpu, "statements": replayed, "refused": refused}))


if __name__ == "__main__":
    main(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
