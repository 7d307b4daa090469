"""Simulated phones of people of the town, at the sandbox's push service."""

import json
from typing import Final
from urllib.request import Request, urlopen

from tests.screens.api import Api
from tests.screens.installation import Installation


SECONDS: Final = 60


def add_phone(installation: Installation, role: str) -> int:
    """Let the person have a simulated phone, too; return the number of its row."""
    api = Api(installation, role)
    key = api.ask("GET", "/push/key")["key"]
    wanted = {"label": "phone", "person": "Lin", "vapid_public_key": key}
    url = f"{installation.sandbox_url}/push/devices"
    asking = Request(url, data=json.dumps(wanted).encode(), method="POST")
    with urlopen(asking, timeout=SECONDS) as answer:
        made = json.loads(answer.read())
    subscribed = api.post("/push/subscriptions", endpoint=made["endpoint"], keys=made["keys"])
    return int(subscribed["id"])
