"""Measure what planning a crowded zone costs, part by part, and how many statements it takes."""

import os
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import django

from loadtests.measure.options import command_line, folder, tell
from loadtests.measure.results import Bars, Findings, publish


RESULTS = Path(__file__).parent / "results"
SIZES = (50, 150, 300, 500)
QUICK_SIZES = (50, 150)
MINUTES = 6
"""Plans of a zone, one a minute; the first begins from nothing."""
COURIERS_PER_LEG = 0.4
LEGS_PER_SHOP = 8
MOST_PICTURE_STATEMENTS = 8


def measure(size: int) -> list[dict[str, Any]]:
    """Plan a zone of so many waiting legs for some minutes; return the first and the rest."""
    from dispatch.models import ZoneLease  # noqa: PLC0415  once Django is set up
    from dispatch.zones.keeper import ZoneKeeper  # noqa: PLC0415
    from dispatch.zones.leases import shared_now  # noqa: PLC0415
    from dispatch.zones.planner import Planner  # noqa: PLC0415
    from loadtests.planning.crowd import City, Crowd  # noqa: PLC0415
    from loadtests.planning.meter import Meter  # noqa: PLC0415

    crowd = Crowd(
        legs=size, couriers=round(size * COURIERS_PER_LEG), shops=max(1, size // LEGS_PER_SHOP)
    )
    city = City(crowd, now=datetime.now(UTC))
    keeper = ZoneKeeper()
    keeper.keep()
    ZoneLease.objects.update(until=shared_now() + timedelta(hours=1))
    planner = Planner(keeper)
    first, later = Meter(), Meter()
    for minute in range(MINUTES):
        meter = first if minute == 0 else later
        with meter.on():
            meter.part("whole", partial(planner.plan_due, now=city.now))()
        city.pass_minute(waiting=size)
    city.close()
    return [
        {"who": "first", "legs": size, "couriers": crowd.couriers, **shown(first, plans=1)},
        {
            "who": "later",
            "legs": size,
            "couriers": crowd.couriers,
            **shown(later, plans=MINUTES - 1),
        },
    ]


def shown(meter: Any, *, plans: int) -> dict[str, float]:
    """Return CPU milliseconds and statements of a mean plan."""
    cpu, said = meter.cpu_ms, meter.statements
    return {
        "picture_ms": round(cpu["picture"] / plans, 1),
        "decision_ms": round(cpu["decision"] / plans, 1),
        "acts_ms": round((cpu["whole"] - cpu["picture"] - cpu["decision"]) / plans, 1),
        "picture_statements": round(said["picture"] / plans, 1),
        "act_statements": round((said["whole"] - said["picture"]) / plans, 1),
    }


def prepare(data_dir: str) -> None:
    """Set Django up on an empty SQLite database, where DATABASE_URL names no other."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "core.settings")
    os.environ["PAIDAN_DATA_DIR"] = data_dir
    django.setup()

    from django.core.management import call_command  # noqa: PLC0415

    call_command("migrate", verbosity=0, interactive=False)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = command_line("planning", __doc__, quick="smaller zones only", of="sizes")
    options = parser.parse_args(arguments)
    sizes = [int(each) for each in options.only] or (QUICK_SIZES if options.quick else SIZES)
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory(prefix="planning-") as data_dir:
        prepare(data_dir)
        for size in sizes:
            rows += measure(size)
            tell(rows[-2:])
    statements = {row["picture_statements"] for row in rows}
    findings = Findings(
        question="planning",
        rows=rows,
        ratios={"picture_statements": max(statements)},
        ok=max(statements) <= MOST_PICTURE_STATEMENTS,
        quick=options.quick,
    )
    later = [row for row in rows if row["who"] == "later"]
    charts = [
        Bars(
            title=title,
            unit="ms of CPU a plan (less is better)",
            values={f"{row['legs']} legs": row[name] for row in later},
        )
        for title, name in (
            ("Reading the picture", "picture_ms"),
            ("Deciding", "decision_ms"),
            ("Offering", "acts_ms"),
        )
    ]
    publish(findings, charts, folder(RESULTS, is_whole=not options.only))
    return 0 if findings.ok else 1


if __name__ == "__main__":
    sys.exit(main())
