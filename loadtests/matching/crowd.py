"""One zone with several cities in it: what a decision costs at 500 active orders."""

import gc
import time
from collections.abc import Sequence
from typing import Any

from dispatch.matching import Budget
from loadtests.matching.contenders import HARDEST
from loadtests.matching.figures import mean, share
from loadtests.matching.instances import Instance
from loadtests.matching.paidan import Paidan, Settings
from loadtests.matching.simulator import Day, Instruction, Simulation
from loadtests.matching.variations import laid_over


LEAST_ACTIVE, MOST_ACTIVE = 500, 600
COPIES = 3
SPAN = (10 * 60, 13 * 60)
"""Minutes of the day: the hours with most orders."""
MOST_CPU_SECONDS = 0.03


class Timed:
    """The optimiser with a budget of CPU time for each decision, as a busy dispatcher has."""

    def __init__(self, instance: Instance) -> None:
        self._until = 0.0
        budget = Budget(is_over=lambda: time.process_time() > self._until)
        self._inner = Paidan(instance, Settings(budget=budget))

    def decide(self, day: Day) -> Sequence[Instruction]:
        self._until = time.process_time() + MOST_CPU_SECONDS
        return self._inner.decide(day)

    def next_at(self, day: Day, /) -> int | None:
        return self._inner.next_at(day)


def measure_crowd(instances: Sequence[Instance]) -> dict[str, Any]:
    """Lay copies of the hardest class over each other and time the decisions of its crowd."""
    hardest = [each for each in instances if each.variant == HARDEST]
    city = laid_over(hardest * COPIES, SPAN)
    gc.collect()
    gc.freeze()  # what was simulated before is nothing that a dispatcher looks through
    day = Simulation(city, Timed(city)).run()
    gc.unfreeze()
    cpu = [
        1000 * each.cpu_seconds
        for each in day.decisions
        if LEAST_ACTIVE <= each.active <= MOST_ACTIVE
    ]
    return {
        "who": "paidan-crowd",
        "class": city.name,
        "orders": len(city.orders),
        "active": f"{LEAST_ACTIVE} to {MOST_ACTIVE}",
        "decisions": len(cpu),
        "cpu_ms": mean(cpu),
        "cpu_ms_p99": share(cpu, 0.99),
    }
