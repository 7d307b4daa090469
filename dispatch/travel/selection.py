"""Which source of travel times this installation uses, by its environment."""

from functools import lru_cache
from pathlib import Path

from core.environment import Environment, environment
from dispatch.travel.osrm import Osrm
from dispatch.travel.streets.engine import BUNDLED, StreetGraph
from dispatch.travel.travel import Travel
from dispatch.travel.valhalla import Valhalla


@lru_cache(maxsize=1)
def travel() -> Travel:
    """Return this process's way of knowing how long it takes."""
    return choose_travel(environment())


def choose_travel(env: Environment) -> Travel:
    """Return what the environment asks for.

    :raises dispatch.travel.streets.file.UnreadableStreets: the street file holds no streets.
    :raises OSError: it cannot be opened.
    """
    match env.travel:
        case "streets":
            graph = StreetGraph(Path(env.streets_file) if env.streets_file else BUNDLED)
            return Travel(engine=graph, attribution=graph.city.attribution)
        case "osrm":
            return Travel(service=Osrm(env.travel_url), attribution=env.travel_attribution)
        case "valhalla":
            return Travel(service=Valhalla(env.travel_url), attribution=env.travel_attribution)
        case "straight":
            return Travel()
