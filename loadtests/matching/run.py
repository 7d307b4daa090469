"""Measure how long orders take, door to door, when each policy plans the couriers' day."""

import argparse
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from loadtests.matching import solutions
from loadtests.matching.checker import faults
from loadtests.matching.contenders import CONTENDERS, HARDEST, Contender
from loadtests.matching.crowd import measure_crowd
from loadtests.matching.figures import PUBLISHED, figures, mean, rounded, summary
from loadtests.matching.instances import Instance, read_all
from loadtests.matching.simulator import Simulation
from loadtests.measure.options import chosen, command_line, folder
from loadtests.measure.results import Bars, Findings, publish


RESULTS = Path(__file__).parent / "results"
FOLDER_VARIABLE = "MDRPLIB_INSTANCES"
TOTAL = "all"
_BAR_WIDTH = 24


def progress(title: str, total: int) -> Callable[[int], None]:
    """Return what draws a bar for one day on the terminal, and nothing elsewhere."""
    if not sys.stderr.isatty():
        return lambda _done: None

    def draw(done: int) -> None:
        full = _BAR_WIDTH * done // total
        bar = "#" * full + "." * (_BAR_WIDTH - full)
        end = "\n" if done == total else ""
        print(f"\r{title:48} [{bar}] {done}/{total}", end=end, file=sys.stderr, flush=True)

    return draw


def measure(
    name: str, contender: Contender, instances: Sequence[Instance], keep: Path | None
) -> list[dict[str, Any]]:
    """Return a row for each instance; `keep` is where the solution files go."""
    rows = []
    for instance in map(contender.change, instances):
        if contender.only in ("", instance.variant):
            simulation = Simulation(instance, contender.plan(instance), contender.trouble)
            day = simulation.run(progress(f"{name}: {instance.name}", len(instance.orders)))
            rows.append({"who": name, "instance": instance.name, **figures(day)})
            if broken := faults(day):
                rows[-1]["faults"] = broken[:10]
            if keep is not None:
                solutions.write(day, keep / name / instance.name)
    return rows


def totals(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return a row for each contender and class, and one over all that it was asked on."""
    found = []
    for who in dict.fromkeys(row["who"] for row in rows):
        own = [row for row in rows if row["who"] == who]
        classes = dict.fromkeys(_variant(row) for row in own)
        for variant in (*classes, TOTAL):
            chosen = [row for row in own if variant in (TOTAL, _variant(row))]
            numbers = [
                {key: value for key, value in row.items() if isinstance(value, int | float)}
                for row in chosen
            ]
            found.append({"who": who, "class": variant, **summary(numbers)})
    return found


def _variant(row: Mapping[str, Any]) -> str:
    return str(row["instance"]).lstrip("0123456789")


def ratios(sums: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """Ours / theirs in click-to-door, and our share of the published excess over the floor."""
    by = {(row["who"], row["class"]): row for row in sums}
    ours = {variant: row for (who, variant), row in by.items() if who == "paidan"}
    found = {}
    for key, peer, variant, figure in (
        ("greedy_ctd", "greedy", TOTAL, "click_to_door"),
        ("greedy_queue_ctd", "greedy_queue", TOTAL, "click_to_door"),
        ("rolling_horizon_ctd", "rolling_horizon", TOTAL, "click_to_door"),
        ("greedy_queue_ctd_hardest", "greedy_queue", HARDEST, "click_to_door"),
        ("greedy_queue_ctd_of_all_hardest", "greedy_queue", HARDEST, "click_to_door_of_all"),
    ):
        if variant in ours and (peer, variant) in by:
            found[key] = round(ours[variant][figure] / by[peer, variant][figure], 3)
    known = [variant for variant in ours if variant in PUBLISHED]
    if known:
        published = mean([PUBLISHED[each] - ours[each]["floor"] for each in known])
        excess = mean([ours[each]["excess"] for each in known])
        found["published_excess"] = round(excess / published, 3)
    return found


def charts(sums: Sequence[Mapping[str, Any]]) -> list[Bars]:
    whole = {row["who"]: row["excess"] for row in sums if row["class"] == TOTAL}
    classes = {}
    for row in sums:
        if row["who"] == "paidan" and row["class"] in PUBLISHED:
            classes[f"{row['class']} published"] = PUBLISHED[row["class"]] - row["floor"]
            classes[f"{row['class']} paidan"] = row["excess"]
    unit = "minutes click-to-door above the floor (less is better)"
    return [
        Bars(title="Mean over all instances asked", unit=unit, values=whole),
        Bars(title="By class, beside the published means", unit=unit, values=classes),
    ]


def _quick(instances: Sequence[Instance]) -> list[Instance]:
    """Return one instance of each class."""
    return list({each.variant: each for each in reversed(instances)}.values())


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = command_line("matching", __doc__, quick="one instance of each class")
    parser.add_argument(
        "--instances",
        default=os.environ.get(FOLDER_VARIABLE),
        help=f"a folder of instances; else that of {FOLDER_VARIABLE}",
    )
    parser.add_argument("--write-solutions", type=Path, help="a folder for solution files")
    options = parser.parse_args(arguments)
    if not options.instances:
        parser.error(f"--instances or {FOLDER_VARIABLE} must name a folder; see README.md")
    return options


def main(arguments: Sequence[str] | None = None) -> int:
    options = _options(arguments)
    instances = read_all(Path(options.instances))
    if not instances:
        print(f"no instances in {options.instances}", file=sys.stderr)
        return 2
    asked = _quick(instances) if options.quick else instances
    rows: list[dict[str, Any]] = []
    for name in chosen(CONTENDERS, options):
        rows += measure(name, CONTENDERS[name], asked, options.write_solutions)
    sums = totals(rows)
    crowd = [] if options.only else [measure_crowd(instances)]
    findings = Findings(
        question="matching",
        rows=[rounded(row) for row in (*sums, *crowd, *rows)],
        ratios=ratios(sums),
        ok=not any("faults" in row for row in rows),
        quick=options.quick,
    )
    publish(findings, charts(sums), folder(RESULTS, is_whole=not options.only))
    return 0 if findings.ok else 1


if __name__ == "__main__":
    sys.exit(main())
