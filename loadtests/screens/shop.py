"""A served shop with one waiting order, and the browsers that look at its board."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen
from uuid import uuid4

from loadtests.measure.paidan import install, web


@dataclass(frozen=True)
class Shop:
    """Where the board is, and what a device of its owner keeps."""

    url: str
    board: str
    session: str


@contextmanager
def served_shop(folder: Path) -> Iterator[Shop]:
    """Serve the product as `./paidan serve` does: SQLite, one process."""
    installation = install(folder, database_url="", redis_url="")
    made = installation.seed("loadtests.screens.seed")
    with web(installation, asgi_server="uvicorn") as served:
        _place_order(served.url, made)
        person = _ask(served.url, made["token"], "GET", "/me")
        yield Shop(
            url=served.url,
            board=f"{served.url}/app/board/index?shop={made['shop']}",
            session=json.dumps({"token": made["token"], "person": person}),
        )


def _place_order(url: str, made: dict[str, Any]) -> None:
    wanted = {
        "merchant_id": made["shop"],
        "fulfilment": "pickup",
        "lines": [{"item_id": made["item"], "quantity": 1}],
    }
    quote = _ask(url, made["token"], "POST", "/quotes", wanted)["quote"]
    contact = {"name": "Li", "phone": "+8613900000002"}
    order = {"quote": quote, "payment_method": "cash", "contact": contact}
    _ask(url, made["token"], "POST", "/orders", order)


def _ask(
    url: str, token: str, method: str, path: str, body: dict[str, Any] | None = None
) -> dict[str, Any]:
    request = Request(
        f"{url}/api/v1{path}",
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/json",
            "Idempotency-Key": str(uuid4()),
        },
    )
    with urlopen(request, timeout=60) as answer:
        return dict(json.loads(answer.read()))
