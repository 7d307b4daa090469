"""Write what a question found: a dated JSON file, a plot, and one JSON line for machines."""

import json
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib import pyplot as plt


mpl.use("svg")
mpl.rcParams["svg.hashsalt"] = "paidan"  # the same data gives the same file


@dataclass(frozen=True)
class Findings:
    """All that one run of a question found."""

    question: str
    rows: Sequence[Mapping[str, Any]]
    ratios: Mapping[str, float]
    ok: bool
    quick: bool
    notes: Sequence[str] = field(default_factory=list)


@dataclass(frozen=True)
class Bars:
    """A horizontal bar chart: one bar per label, smaller is better."""

    title: str
    unit: str
    values: Mapping[str, float]


def machine() -> dict[str, Any]:
    """Describe the machine, because absolute numbers do not travel."""
    cpu = "unknown"
    for line in Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace").splitlines():
        if line.startswith("model name"):
            cpu = line.partition(":")[2].strip()
            break
    memory_kb = int(Path("/proc/meminfo").read_text(encoding="ascii").split()[1])
    return {
        "cpu": cpu,
        "cores": os.cpu_count(),
        "memory_mb": memory_kb // 1024,
        "kernel": platform.release(),
        "python": platform.python_version(),
    }


def draw(charts: Sequence[Bars], path: Path) -> None:
    figure, axes = plt.subplots(1, len(charts), figsize=(6.4 * len(charts), 3.2), squeeze=False)
    for axis, chart in zip(axes[0], charts, strict=True):
        labels = list(chart.values)[::-1]
        bars = axis.barh(labels, [chart.values[label] for label in labels], color="#3b6ea5")
        axis.bar_label(bars, fmt="%.3g", padding=3)
        axis.set_title(chart.title, fontsize=10)
        axis.set_xlabel(chart.unit)
        axis.margins(x=0.15)
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)
    # matplotlib ends lines of path data with a space, which text checks dislike.
    text = path.read_text(encoding="utf-8")
    path.write_text("\n".join(map(str.rstrip, text.split("\n"))), encoding="utf-8")


def publish(findings: Findings, charts: Sequence[Bars], folder: Path) -> None:
    """Keep the findings beside the question and print the last line."""
    folder.mkdir(exist_ok=True)
    stem = "quick" if findings.quick else "full"
    document = {
        **asdict(findings),
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "machine": machine(),
    }
    target = folder / f"{stem}.json"
    target.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    if drawable := [chart for chart in charts if chart.values]:
        draw(drawable, folder / f"{stem}.svg")
    print(
        json.dumps(
            {
                "question": findings.question,
                "rows": findings.rows,
                "ratios": findings.ratios,
                "ok": findings.ok,
            }
        ),
        flush=True,
    )
