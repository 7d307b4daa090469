"""The servers that are compared: how each is started, listened to and published to."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from loadtests.fanout.shapes import Shape
from loadtests.measure.paidan import SUBPROTOCOL, install, web
from loadtests.measure.processes import PYTHON, Server, free_port, server
from loadtests.measure.websocket import Conversation
from loadtests.peers import nchan_peer, node_peers
from tests.services import mariadb


@dataclass(frozen=True)
class Stage:
    """One contender, ready: the measured server, its sockets and its way in."""

    server: Server
    talks: list[Conversation]
    dialect: str
    address: str
    topics: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)


Start = Callable[[Path, str, Shape], AbstractContextManager[Stage]]


@dataclass(frozen=True)
class Contender:
    """A server, and how hard it can be driven without falling behind."""

    name: str
    start: Start
    events_per_second: Mapping[str, float]


def _talks(shape: Shape, one: Callable[[str], Conversation]) -> list[Conversation]:
    return [one(topic) for topic in shape.topic_names for _ in range(shape.sockets)]


@contextmanager
def textbook(folder: Path, redis_url: str, shape: Shape) -> Iterator[Stage]:
    port = free_port()
    application = "loadtests.peers.textbook.asgi:application"
    command = [PYTHON, "-m", "daphne", "-v", "0", "-b", "127.0.0.1", "-p", str(port), application]
    environment = {
        "REDIS_URL": redis_url,
        "DJANGO_SETTINGS_MODULE": "loadtests.peers.textbook.settings",
    }
    with server("textbook", command, folder=folder, environment=environment) as daphne:
        daphne.wait_for_port(port)
        talks = _talks(shape, lambda topic: Conversation(f"ws://127.0.0.1:{port}/ws/{topic}"))
        yield Stage(daphne, talks, "channels", redis_url, shape.topic_names)


@contextmanager
def _node_server(folder: Path, redis_url: str, script: str) -> Iterator[tuple[Server, int]]:
    binary, port = node_peers.node(), free_port()
    node_peers.install(binary)
    command = [binary, str(node_peers.FOLDER / f"{script}.js")]
    environment = {"REDIS_URL": redis_url, "PORT": str(port), "NODE_ENV": "production"}
    with server(script, command, folder=folder, environment=environment) as process:
        process.wait_for_port(port)
        yield process, port


@contextmanager
def socketio(folder: Path, redis_url: str, shape: Shape) -> Iterator[Stage]:
    with _node_server(folder, redis_url, "socketio") as (process, port):
        talks = _talks(
            shape,
            lambda topic: Conversation(
                f"ws://127.0.0.1:{port}/socket.io/?EIO=4&transport=websocket",
                steps=[("0{", "40"), ("40{", f'42["join","{topic}"]'), ("joined", "")],
                answers={"2": "3"},
            ),
        )
        yield Stage(process, talks, "socketio", redis_url, shape.topic_names)


@contextmanager
def ws(folder: Path, redis_url: str, shape: Shape) -> Iterator[Stage]:
    with _node_server(folder, redis_url, "ws") as (process, port):
        talks = _talks(
            shape,
            lambda topic: Conversation(
                f"ws://127.0.0.1:{port}/?topic={topic}", steps=[("joined", "")]
            ),
        )
        yield Stage(process, talks, "pubsub", redis_url, shape.topic_names)


@contextmanager
def nchan(folder: Path, redis_url: str, shape: Shape) -> Iterator[Stage]:
    edge_port, door_port = free_port(), free_port()
    edge = nchan_peer.command(folder=folder / "edge", port=edge_port, redis_url=redis_url)
    door = nchan_peer.command(folder=folder / "door", port=door_port, redis_url=redis_url)
    with (
        server("nchan-edge", edge, folder=folder) as measured,
        server("nchan-door", door, folder=folder) as publisher,
    ):
        measured.wait_for_port(edge_port)
        publisher.wait_for_port(door_port)
        talks = _talks(
            shape, lambda topic: Conversation(f"ws://127.0.0.1:{edge_port}/sub?topic={topic}")
        )
        yield Stage(measured, talks, "nchan", f"127.0.0.1:{door_port}", shape.topic_names)


def paidan(asgi_server: str) -> Start:
    """Return how to start the product itself on one of the servers it runs on."""

    @contextmanager
    def start(folder: Path, redis_url: str, shape: Shape) -> Iterator[Stage]:
        with mariadb() as database:
            installation = install(folder, database_url=database.url, redis_url=redis_url)
            with web(installation, asgi_server=asgi_server) as process:
                seeded = installation.seed(
                    "loadtests.measure.seed", "tickets", shape.topics, shape.sockets
                )
                talks = [
                    subscription(process.socket_url, topic=topic, ticket=ticket)
                    for topic, ticket in seeded["subscriptions"]
                ]
                environment = {**installation.environment, "DJANGO_ALLOW_ASYNC_UNSAFE": "1"}
                topics = tuple(seeded["topics"])
                yield Stage(process.server, talks, "paidan", "", topics, environment)

    return start


def subscription(url: str, *, topic: str, ticket: str) -> Conversation:
    auth = json.dumps({"t": "auth", "ticket": ticket, "caps": []})
    sub = json.dumps({"t": "sub", "id": 1, "topic": topic})
    return Conversation(
        url,
        steps=[("", auth), ('"welcome"', sub), ('"snap"', "")],
        answers={'{"t":"ping"}': '{"t":"pong"}'},
        subprotocol=SUBPROTOCOL,
    )


# The same pace for everybody who can hold it; the textbook consumer cannot.
_PACE = {"1x500": 50.0, "200x3": 400.0}
_TEXTBOOK_PACE = {"1x500": 2.0, "200x3": 100.0}

CONTENDERS = (
    Contender("paidan-uvicorn", paidan("uvicorn"), _PACE),
    Contender("paidan-daphne", paidan("daphne"), _PACE),
    Contender("textbook", textbook, _TEXTBOOK_PACE),
    Contender("socketio", socketio, _PACE),
    Contender("ws", ws, _PACE),
    Contender("nchan", nchan, _PACE),
)
