"""The servers that are compared: how each is started, listened to and published to."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from loadtests.measure.paidan import install, web
from loadtests.measure.processes import free_port, server
from loadtests.peers import node_peers
from tests.services import mariadb, redis


TOPICS, SOCKETS = 20, 5


@dataclass(frozen=True)
class Stage:
    """One contender, ready."""

    kind: str
    url: str
    topics: Sequence[str]
    subscriptions: Sequence[tuple[str, str]]
    dialect: str
    environment: Mapping[str, str] = field(default_factory=dict)


Start = Callable[[Path], AbstractContextManager[Stage]]


def paidan(asgi_server: str) -> Start:
    """Return how to start the product itself on one of the servers it runs on."""

    @contextmanager
    def start(folder: Path) -> Iterator[Stage]:
        with mariadb() as database, redis() as bus:
            installation = install(folder, database_url=database.url, redis_url=bus.url)
            with web(installation, asgi_server=asgi_server) as process:
                seeded = installation.seed("loadtests.measure.seed", "tokens", TOPICS, SOCKETS)
                yield Stage(
                    kind="paidan",
                    url=process.url,
                    topics=tuple(seeded["topics"]),
                    subscriptions=[(topic, token) for topic, token in seeded["subscriptions"]],
                    dialect="paidan",
                    environment={**installation.environment, "DJANGO_ALLOW_ASYNC_UNSAFE": "1"},
                )

    return start


def socketio(*, recovers: bool) -> Start:
    """Return how to start Socket.IO, with or without connection state recovery."""

    @contextmanager
    def start(folder: Path) -> Iterator[Stage]:
        binary, port = node_peers.node(), free_port()
        node_peers.install(binary)
        command = [binary, str(node_peers.FOLDER / "recovery.js")]
        environment = {
            "PORT": str(port),
            "NODE_ENV": "production",
            "RECOVERY": "1" if recovers else "0",
        }
        with server("recovery", command, folder=folder, environment=environment) as process:
            process.wait_for_port(port)
            topics = [f"board-{number}" for number in range(TOPICS)]
            yield Stage(
                kind="socketio",
                url=f"http://127.0.0.1:{port}",
                topics=topics,
                subscriptions=[(topic, "") for topic in topics for _ in range(SOCKETS)],
                dialect="engineio",
            )

    return start


CONTENDERS: Mapping[str, Start] = {
    "paidan-uvicorn": paidan("uvicorn"),
    "paidan-daphne": paidan("daphne"),
    "socketio-recovery": socketio(recovers=True),
    "socketio-plain": socketio(recovers=False),
}
