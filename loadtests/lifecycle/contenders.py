"""The servers that orders are walked through, each on its own MariaDB and Redis."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from loadtests.lifecycle.database import WEB_USER, Database, open_database
from loadtests.measure import paidan as product
from loadtests.measure.processes import PYTHON, Server, free_port, server
from tests.services import mariadb, redis


SHOPS = 10


@dataclass(frozen=True)
class Stage:
    """One contender, ready to take orders."""

    name: str
    dialect: str
    url: str
    web: Server
    shops: Sequence[Mapping[str, Any]]
    database: Database
    others: Mapping[str, Server] = field(default_factory=dict)
    bus_url: str = ""
    """Where COMMITs are announced, if they are."""


@contextmanager
def textbook(folder: Path) -> Iterator[Stage]:
    with mariadb() as truth, redis() as bus:
        database, port = open_database(truth.port), free_port()
        project = product.Installation(
            folder=folder,
            environment={
                "DATABASE_URL": database.url(WEB_USER),
                "REDIS_URL": bus.url,
                "DJANGO_SETTINGS_MODULE": "loadtests.peers.textbook.settings",
            },
        )
        project.run("-m", "django", "migrate", "--verbosity", "0")
        shops = project.seed("loadtests.peers.textbook.seed", SHOPS)
        application = "loadtests.peers.textbook.asgi:application"
        command = [PYTHON, "-m", "daphne", "-v", "0", "-p", str(port), application]
        with server("textbook", command, folder=folder, environment=project.environment) as daphne:
            daphne.wait_for_port(port)
            url = f"http://127.0.0.1:{port}"
            yield Stage("textbook", "textbook", url, daphne, shops, database)


@contextmanager
def paidan(folder: Path, asgi_server: str, dialect: str = "paidan") -> Iterator[Stage]:
    with mariadb() as truth, redis() as bus, ExitStack() as processes:
        database = open_database(truth.port)
        installation = product.install(
            folder, database_url=database.url(WEB_USER), redis_url=bus.url
        )
        shops = installation.seed("loadtests.lifecycle.seed", SHOPS)
        apart = replace(
            installation,
            environment={**installation.environment, "DATABASE_URL": database.url("dispatcher")},
        )
        web = processes.enter_context(product.web(installation, asgi_server=asgi_server))
        dispatcher = processes.enter_context(product.dispatcher(apart))
        yield Stage(
            name=f"paidan-{asgi_server}",
            dialect=dialect,
            url=web.url,
            web=web.server,
            shops=shops,
            database=database,
            others={"dispatcher": dispatcher},
            bus_url=bus.url,
        )
