"""The words of the status line and of the summary."""

from resource import RUSAGE_SELF, getrusage
from typing import Any

from web.demo.findings import Findings
from web.demo.installation import Installation
from web.demo.simulation import Simulation


KILOBYTE = 1024
MEGABYTE = 1024 * 1024
RIDING = ("assigned", "at_pickup", "picked_up", "at_dropoff", "failed", "returning")


def status_line(overview: dict[str, Any], events_a_second: float) -> str:
    """One line on how the city stands."""
    orders = " ".join(
        f"{name} {count}" for name, count in overview["orders"]["by_state"].items() if count
    )
    legs = sum(overview["legs"].get(state, 0) for state in RIDING)
    return (
        f"  {overview['at'][11:19]}  orders: {orders or 'none'}  ·  riding {legs}  ·  "
        f"{events_a_second:.0f} events/s  ·  flagged {len(overview['flagged'])}  ·  "
        f"late deadlines {overview['deadlines']['late_count']}"
    )


def summarise(simulation: Simulation, installation: Installation, findings: Findings) -> str:
    """Everything a check has counted, and its verdict."""
    tally, counts = simulation.world.tally, findings.counts
    lines = ["", f"  orders        {counts['orders']}"]
    lines += [f"    {count:5}  {ending}" for ending, count in findings.endings.most_common()]
    lines += [
        f"  devices       {len(simulation.devices())} with {counts['streams']} streams",
        f"  events        {counts['events']}",
        f"  gaps repaired {counts['gaps repaired']}, reconnects {counts['reconnects']}",
        f"  payments      {counts['charges']} captured, {counts['refunds']} given back",
        f"  notices       {counts['notices']}",
        f"    {counts['pushes']:5}  pushes",
        f"    {counts['SMS']:5}  SMS",
        f"    {counts['calls']:5}  calls, each missed one undeliverable",
        f"    {counts['dead']:5}  undeliverable",
        f"    {counts['visible duplicates']:5}  visible duplicates",
        f"  refused       {sum(tally.refusals.values())} commands, as in life",
    ]
    lines += [f"    {count:5}  {what}" for what, count in tally.refusals.most_common()]
    lines += [
        f"  memory        {child.name} {child.peak_bytes() / MEGABYTE:.0f} MB at most"
        for child in installation.children
    ]
    own_bytes = getrusage(RUSAGE_SELF).ru_maxrss * KILOBYTE
    lines.append(f"  memory        the simulation itself {own_bytes / MEGABYTE:.0f} MB at most")
    lines += [f"  WRONG         {problem}" for problem in findings.shown_problems()]
    lines.append("  verdict       " + ("FAILED" if findings.problems else "everything is right"))
    return "\n".join(lines)
