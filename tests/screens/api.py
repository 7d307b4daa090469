"""The public API as one person's program, so that a test need not click for what it only needs."""

import json
from typing import Any, Final
from urllib.error import HTTPError
from urllib.request import Request, urlopen
from uuid import uuid4

from tests.screens.devices import session_of
from tests.screens.installation import Installation
from tests.screens.seed import PEOPLE


SECONDS: Final = 60


class Api:
    """Requests with the token of somebody of the town."""

    def __init__(self, installation: Installation, role: str) -> None:
        self.installation = installation
        self.role = role
        self.token = str(
            json.loads(session_of(installation.url, installation.town["phones"][role]))["token"]
        )

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return the answer to a request below `/api/v1`."""
        request = Request(
            f"{self.installation.url}/api/v1{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={
                "Authorization": f"Bearer {self.token}",
                "Content-Type": "application/json",
                "Idempotency-Key": str(uuid4()),
            },
        )
        try:
            with urlopen(request, timeout=SECONDS) as answer:
                text = answer.read()
        except HTTPError as refused:
            refused.add_note(refused.read().decode())
            raise
        return dict(json.loads(text)) if text else {}

    def post(self, path: str, **body: Any) -> dict[str, Any]:
        """Give a command."""
        return self.ask("POST", path, body)

    def place_order(
        self, *, fulfilment: str = "delivery", note: str = "", lines: int = 2
    ) -> dict[str, Any]:
        """Order from the town's shop; return the order."""
        town = self.installation.town
        contact = {"name": PEOPLE[self.role][0], "phone": town["phones"][self.role]}
        here = {"latitude": town["latitude"] + 0.004, "longitude": town["longitude"] + 0.003}
        quote = self.post(
            "/quotes",
            merchant_id=town["merchant"],
            fulfilment=fulfilment,
            lines=[
                {"item_id": item, "quantity": count + 1}
                for count, item in enumerate(town["items"][:lines])
            ],
            dropoff={"address": "南京东路 100 号 3 楼", **here}
            if fulfilment == "delivery"
            else None,
        )
        placed = self.post(
            "/orders",
            quote=quote["quote"],
            payment_method="cash",
            contact=contact,
            note=note,
            contactless=False,
        )
        return dict(placed["order"])
