"""The audit of a living city, for the end card: the same questions as a check asks, so far."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, Final

from web.demo.findings import Findings
from web.demo.journal import Journal
from web.demo.stage import Stage
from web.demo.verify import verify


SINCE: Final = "2000-01-01T00:00:00Z"
KEPT: Final = 10


class Audits:
    """Every audit so far; one runs at a time."""

    def __init__(self, stage: Stage, journal: Journal) -> None:
        """None has been asked for."""
        self._stage = stage
        self._journal = journal
        self._all: dict[str, dict[str, Any]] = {}
        self._running = ""

    def begin(self) -> str:
        """Start one, unless one is running; return its number."""
        if not self._running:
            self._running = str(len(self._all) + 1)
            self._all[self._running] = {"state": "running"}
            self._stage.simulation.world.spawn(self._audit(self._running))
        return self._running

    def get(self, number: str) -> dict[str, Any] | None:
        """The audit of that number; its `state` says whether it is ready."""
        return self._all.get(number)

    async def _audit(self, number: str) -> None:
        try:
            findings = await verify(self._stage.simulation, self._stage.installation)
            self._all[number] = {"state": "done", **await self._report(findings)}
        except Exception as error:
            self._all[number] = {"state": "failed", "why": f"{type(error).__name__}: {error}"}
            raise
        finally:
            self._running = ""

    async def _report(self, findings: Findings) -> dict[str, Any]:
        world, counts = self._stage.simulation.world, findings.counts
        funnel = await self._stage.operator.get("/notifications/funnel", since=SINCE)
        return {
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "business_time": world.now().isoformat(timespec="seconds"),
            "seed": world.seed,
            "is_right": not findings.problems,
            "orders": {"count": counts["orders"], "endings": dict(findings.endings.most_common())},
            "events": {
                "count": counts["events"],
                "streams": counts["streams"],
                "lost": counts["lost events"],
                "duplicates": counts["duplicate events"],
                "gaps_repaired": counts["gaps repaired"],
                "reconnects": counts["reconnects"],
            },
            "payments": {"captured": counts["charges"], "given_back": counts["refunds"]},
            "alerts": {
                "notices": counts["notices"],
                "sent": {name: counts[name] for name in ("pushes", "SMS", "calls")},
                "visible_duplicates": counts["visible duplicates"],
                "end_states": _end_states(funnel["deliveries"]),
            },
            "problems": findings.shown_problems(),
            "troubles": [asdict(line) for line in self._journal.lines],
        }


def _end_states(deliveries: list[dict[str, Any]]) -> dict[str, int]:
    counted: dict[str, int] = {}
    for row in deliveries:
        counted[row["state"]] = counted.get(row["state"], 0) + row["count"]
    return counted
