"""The servers that hold idle sockets: how each is started, and how a socket joins its topic."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from loadtests.fanout import contenders as fanout
from loadtests.fanout.shapes import Shape
from loadtests.measure.paidan import install, web
from loadtests.measure.processes import Server
from loadtests.measure.websocket import Conversation
from tests.services import mariadb


@dataclass(frozen=True)
class Stage:
    """One contender, ready: the measured server, and how sockets `first` and on talk to it."""

    server: Server
    talks: Callable[[int, int], list[Conversation]]


Start = Callable[[Path, str, int], AbstractContextManager[Stage]]


def paidan(asgi_server: str) -> Start:
    """Return how to start the product; every socket follows its own person's inbox."""

    @contextmanager
    def start(folder: Path, redis_url: str, _sockets: int) -> Iterator[Stage]:
        with mariadb() as database:
            installation = install(folder, database_url=database.url, redis_url=redis_url)
            # Sockets come as fast as they can; how storms are met is another question.
            installation.environment.update(
                PAIDAN_HANDSHAKES_PER_SECOND="1000000", PAIDAN_HANDSHAKE_BURST="1000000"
            )
            with web(installation, asgi_server=asgi_server) as process:

                def talks(first: int, count: int) -> list[Conversation]:
                    seeded = installation.seed("loadtests.idle.seed", first, count)
                    return [
                        fanout.subscription(process.socket_url, topic=topic, ticket=ticket)
                        for topic, ticket in seeded
                    ]

                yield Stage(process.server, talks)

    return start


def peer(begin: fanout.Start) -> Start:
    """Return how to start a peer of the fan-out question; every socket joins its own topic."""

    @contextmanager
    def start(folder: Path, redis_url: str, sockets: int) -> Iterator[Stage]:
        with begin(folder, redis_url, Shape(topics=sockets, sockets=1)) as stage:
            yield Stage(stage.server, lambda first, count: stage.talks[first : first + count])

    return start


CONTENDERS: dict[str, Start] = {
    "paidan-uvicorn": paidan("uvicorn"),
    "paidan-daphne": paidan("daphne"),
    "textbook": peer(fanout.textbook),
    "socketio": peer(fanout.socketio),
}
