"""`python -m tests.conformance --url http://host:port --token ...`: judge a hub by its wire."""

import argparse
import asyncio
import json
import sys
from collections.abc import Sequence
from contextlib import ExitStack

from tests.conformance.registry import Check
from tests.conformance.run import Result, all_checks, make_all
from tests.conformance.server import PrivateHub
from tests.conformance.world import Place


def main(arguments: Sequence[str]) -> int:
    """Make the chosen checks; 0 when none failed."""
    options = _parser().parse_args(arguments)
    checks = _chosen(options)
    if options.list:
        for check in checks:
            print(f"{check.name:44} {check.says}")
        return 0
    with ExitStack() as stack:
        place = _place(options, stack)
        tell = _silent if options.json else _tell
        results = asyncio.run(make_all(checks, place, tell))
    counts = {
        state: sum(result.state == state for result in results)
        for state in ("passed", "failed", "left out")
    }
    if options.json:
        print(json.dumps({**counts, "results": [result.as_json() for result in results]}))
    else:
        left_out = f", {counts['left out']} left out" if counts["left out"] else ""
        print(f"{counts['passed']} passed, {counts['failed']} failed{left_out}")
    return 1 if counts["failed"] else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.conformance", description=__doc__)
    parser.add_argument("--url", help="a running hub; without it a private one is started")
    parser.add_argument("--token", help="of somebody who works for a shop: create_merchant's")
    parser.add_argument("--merchant", default="", help="which shop, when they work for several")
    parser.add_argument("--courier-token", default="", help="create_person --courier")
    parser.add_argument("--operator-token", default="", help="create_person --operator")
    parser.add_argument("--connection-limit", type=int, default=0, metavar="N",
                        help="how many sockets a person may have there")  # fmt: skip
    parser.add_argument("--start", choices=["embedded"], help="start a private hub (the default)")
    parser.add_argument("--server", choices=["daphne", "uvicorn"], default="daphne")
    parser.add_argument("--slow", action="store_true", help="also what takes a minute to see")
    parser.add_argument("--only", default="", metavar="PREFIX", help="checks of that name or area")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of lines")
    parser.add_argument("--list", action="store_true", help="name the checks and make none")
    return parser


def _chosen(options: argparse.Namespace) -> list[Check]:
    return [
        check
        for check in all_checks()
        if check.name.startswith(options.only)
        and (options.slow or not check.slow)
        and not (check.ends and options.url)
    ]


def _place(options: argparse.Namespace, stack: ExitStack) -> Place:
    if not options.url:
        return stack.enter_context(PrivateHub(options.server)).place()
    if not options.token:
        sys.exit("--url needs --token")
    return Place(
        url=options.url.rstrip("/"),
        staff_token=options.token,
        merchant=options.merchant,
        courier_token=options.courier_token,
        operator_token=options.operator_token,
        connection_limit=options.connection_limit,
    )


def _tell(result: Result) -> None:
    word = {"passed": "ok  ", "failed": "FAIL", "left out": "--  "}[result.state]
    print(f"{word} {result.name:44} {result.seconds:7.2f} s  {result.says}", flush=True)
    if result.state == "failed":
        print(f"     {result.rule}: expected {result.expected}\n     got {result.got}", flush=True)
    elif result.state == "left out":
        print(f"     left out: {result.got}", flush=True)


def _silent(_result: Result) -> None:
    pass


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
