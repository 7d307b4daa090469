"""Look into a running web process and steer it: topics, connections, kicks, resyncs, rings."""

import getpass
import json
import socket
from argparse import ArgumentParser
from collections.abc import Sequence
from typing import Any, Final

import urllib3
from django.core.management.base import BaseCommand, CommandError

from realtime.operations.asgi import HUB_PATH
from realtime.operations.orders import (
    AnyOrder,
    Connections,
    Kick,
    Resync,
    Ring,
    Topics,
    sign_order,
)


DEFAULT_URL: Final = "http://127.0.0.1:8000"
TIMEOUT_SECONDS: Final = 10.0
REFUSED: Final = 1
UNREACHABLE: Final = 3

COLUMNS: Final = {
    "topics": ("topic", "epoch", "head", "listeners", "events", "is_behind"),
    "connections": ("conn", "person", "since", "carrier", "waiting_bytes", "topics"),
    "events": ("seq", "ver", "type", "key", "crit", "bytes"),
}


class Command(BaseCommand):
    """Ask one web process over HTTP; needs the installation's secret key, not the database."""

    help = "Look into the hub of a running web process, and steer it."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """One sub-command for each order."""
        parser.add_argument("--url", default=DEFAULT_URL, help="address of the web process")
        parser.add_argument("--json", action="store_true", help="print the answer as JSON")
        orders = parser.add_subparsers(dest="order", required=True, metavar="ORDER")
        orders.add_parser("topics", help="topics this process has, and who listens")
        listing = orders.add_parser("connections", help="connections of this process")
        listing.add_argument("--topic", help="only those that follow it")
        listing.add_argument("--person", help="only those of this person")
        kick = orders.add_parser("kick", help="end connections on every node")
        whom = kick.add_mutually_exclusive_group(required=True)
        whom.add_argument("--person", help="every connection of this person")
        whom.add_argument("--connection", help="this one")
        kick.add_argument("--for-good", action="store_true", help="the client must not come back")
        resync = orders.add_parser("resync", help="fresh snapshots for a topic, on every node")
        resync.add_argument("topic")
        ring = orders.add_parser("ring", help="what this process holds of a topic")
        ring.add_argument("topic")
        ring.add_argument("--events", type=int, default=20, help="how many of the newest")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Give the order and print the answer.

        :raises CommandError: with exit code 1 when it was refused, 3 when nobody answered.
        """
        answer = _give(options["url"], _order_of(options))
        if options["json"]:
            self.stdout.write(json.dumps(answer, ensure_ascii=False))
        else:
            self.stdout.write("\n".join(_lines(answer)))


def _order_of(options: dict[str, Any]) -> AnyOrder:
    by = f"{getpass.getuser()}@{socket.gethostname()}"
    try:
        match options["order"]:
            case "topics":
                return Topics(by=by)
            case "connections":
                return Connections(by=by, topic=options["topic"], person=options["person"])
            case "kick":
                return Kick(
                    by=by,
                    person=options["person"],
                    connection=options["connection"],
                    for_good=options["for_good"],
                )
            case "resync":
                return Resync(by=by, topic=options["topic"])
            case _:
                return Ring(by=by, topic=options["topic"], events=options["events"])
    except ValueError as error:
        raise CommandError(f"this order makes no sense: {error}", returncode=2) from None


def _give(url: str, order: AnyOrder) -> dict[str, Any]:
    address = url.rstrip("/") + HUB_PATH
    headers = {"Authorization": f"Bearer {sign_order(order)}"}
    try:
        response = urllib3.request(
            "POST", address, headers=headers, timeout=TIMEOUT_SECONDS, retries=False
        )
    except urllib3.exceptions.HTTPError as error:
        raise CommandError(f"no answer from {address}: {error}", returncode=UNREACHABLE) from None
    if response.status != 200:  # noqa: PLR2004  HTTP's word for yes
        raise CommandError(_why(response), returncode=REFUSED)
    answer: dict[str, Any] = response.json()
    return answer


def _why(response: urllib3.BaseHTTPResponse) -> str:
    if response.status == 403:  # noqa: PLR2004  HTTP's word for no
        return (
            "refused: the process has another PAIDAN_SECRET_KEY, or the clocks differ by a minute"
        )
    try:
        problem = response.json()
        return str(problem.get("detail") or problem.get("code"))
    except ValueError:
        return f"HTTP {response.status}: this is no web process of ours"


def _lines(answer: dict[str, Any]) -> Sequence[str]:
    lines = []
    for name, value in answer.items():
        if isinstance(value, list):
            lines += ["", *_table(COLUMNS[name], value)]
        else:
            lines.append(f"{name}: {'' if value is None else value}")
    return lines


def _table(columns: Sequence[str], rows: Sequence[dict[str, Any]]) -> Sequence[str]:
    cells = [list(columns), *([_cell(row[name]) for name in columns] for row in rows)]
    widths = [max(len(row[number]) for row in cells) for number in range(len(columns))]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in cells
    ]


def _cell(value: Any) -> str:
    if isinstance(value, list):
        return ",".join(value)
    return "" if value is None else str(value)
