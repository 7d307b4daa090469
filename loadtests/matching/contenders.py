"""Who plans the day, and on which instances each is asked."""

from collections.abc import Callable
from dataclasses import dataclass

from loadtests.matching.greedy import NearestIdle, Queue
from loadtests.matching.instances import Instance
from loadtests.matching.paidan import Paidan, Settings
from loadtests.matching.rolling import RollingHorizon
from loadtests.matching.simulator import CALM, Policy, Trouble
from loadtests.matching.variations import with_uncertain_kitchens


HARDEST = "o100t100s1p100"
"""The class with the least reserve, on which the troubles are tried."""
SIGMA = 0.3
REFUSED_SHARE = 0.1


@dataclass(frozen=True)
class Contender:
    plan: Callable[[Instance], Policy]
    trouble: Trouble = CALM
    change: Callable[[Instance], Instance] = lambda instance: instance
    only: str = ""
    """The one class it is asked on."""


def _paidan(instance: Instance) -> Policy:
    return Paidan(instance, Settings())


def _paidan_early(instance: Instance) -> Policy:
    """Offer a minute earlier, so that a refusal costs less."""
    return Paidan(instance, Settings(ahead_minutes=2.0))


def _uncertain(instance: Instance) -> Instance:
    return with_uncertain_kitchens(instance, SIGMA, seed=0)


CONTENDERS: dict[str, Contender] = {
    "greedy": Contender(lambda _: NearestIdle()),
    "greedy_queue": Contender(lambda _: Queue()),
    "rolling_horizon": Contender(RollingHorizon),
    "paidan": Contender(_paidan),
    "paidan-refused": Contender(
        _paidan_early, trouble=Trouble(refused_share=REFUSED_SHARE), only=HARDEST
    ),
    "paidan-uncertain": Contender(_paidan, change=_uncertain, only=HARDEST),
}
