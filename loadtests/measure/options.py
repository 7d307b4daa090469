"""The command line that every question shares, and where its findings go."""

import argparse
import json
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any


def command_line(
    question: str, about: str | None, *, quick: str, of: str = "contenders"
) -> argparse.ArgumentParser:
    """Return a parser of `--quick`, which means `quick`, and of `--only`, some `of` them."""
    parser = argparse.ArgumentParser(prog=f"loadtests.{question}.run", description=about)
    parser.add_argument("--quick", action="store_true", help=quick)
    parser.add_argument(
        "--only", default=(), type=_names, metavar="A,B", help=f"{of} to run, comma separated"
    )
    return parser


def _names(text: str) -> tuple[str, ...]:
    return tuple(name for name in text.split(",") if name)


def chosen(names: Iterable[str], options: argparse.Namespace) -> list[str]:
    """Return the names that `--only` leaves.

    :raises SystemExit: it asks for one that is not there.
    """
    known = list(names)
    unknown = [name for name in options.only if name not in known]
    if unknown:
        sys.exit(f"--only {','.join(unknown)}: there are {', '.join(known)}")
    return [name for name in known if not options.only or name in options.only]


def folder(results: Path, *, is_whole: bool) -> Path:
    """Return where findings go: what is not the whole question leaves the results alone."""
    return results if is_whole else Path(tempfile.mkdtemp())


def tell(rows: Sequence[Mapping[str, Any]]) -> None:
    """Print rows while the others are still being measured."""
    for row in rows:
        print(json.dumps(row), file=sys.stderr, flush=True)
