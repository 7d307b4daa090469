"""What the simulated phones have shown last: pushes, texts and calls as one list for the wall."""

import json
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.request import urlopen

from core.environment import environment


SHOWN = 40
PATIENCE_SECONDS = 5.0


def get_messages() -> list[dict[str, Any]]:
    """Return the newest messages on all phones, newest first.

    :raises OSError: when the sandbox does not answer.
    """
    with urlopen(f"{environment().sandbox_url}/screens", timeout=PATIENCE_SECONDS) as answer:  # noqa: S310  our own
        phones = json.load(answer)["phones"]
    messages = sorted(flatten(phones), key=lambda each: each["at"], reverse=True)
    return messages[:SHOWN]


def flatten(phones: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Return every message of the phones, as the sandbox lists them."""
    owners = {phone["phone"]: phone for phone in phones if phone["person"]}
    for phone in phones:
        owner = owners.get(phone["phone"], phone)
        who = {"person": owner["person"] or phone["phone"], "device": owner["label"]}
        for card in phone["cards"]:
            message = card["message"]
            yield who | {
                "kind": "push",
                "at": card["shown_at"],
                "title": str(message.get("title", "")),
                "body": str(message.get("body", "")),
            }
        for kind in ("sms", "calls"):
            for bubble in phone[kind]:
                yield who | {
                    "kind": "call" if kind == "calls" else "sms",
                    "at": bubble["shown_at"],
                    "title": "",
                    "body": bubble["text"],
                }
