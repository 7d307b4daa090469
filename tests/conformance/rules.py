"""The rules a hub can break, by the name a report gives them."""

from typing import Any, Final, NoReturn


RULES: Final = {
    "answer": "What was asked is answered as the protocol says, with the `id` it was asked with.",
    "close": "The socket is closed when and with the code the protocol says, and not otherwise.",
    "frame": "Every frame satisfies the published schema.",
    "chain": "`p` of an event is the `seq` that was sent before it on this subscription.",
    "gapless": "Every event of the topic is sent, unless a slow reader's were coalesced.",
    "once": "No event is sent twice on one subscription.",
    "order": "Events come in the order of `seq`.",
    "count": "A recovery is followed by exactly `count` events, the last of which is `seq`.",
    "recovered": "`recovered` says what follows, and is given exactly when nothing is lost.",
    "parts": "Parts of a snapshot are numbered, agree with `subd`, and have at most 64 KiB.",
    "version": "A later event never carries an older version of its row.",
    "agree": "Snapshot and events together are what a fresh snapshot shows.",
    "critical": "Events with `crit` are never left out, whatever the reader does.",
    "effect": "What was accepted has happened, once.",
    "arrival": "What happened arrives.",
    "secrecy": "Who may not see a thing learns nothing of it.",
    "served": "The HTTP side answers as its documents say.",
}


class Broken(AssertionError):
    """The hub broke a rule."""

    def __init__(self, rule: str, expected: str, got: Any) -> None:
        """Keep what the report shows."""
        super().__init__(f"{rule}: expected {expected}, got {got}")
        self.rule = rule
        self.expected = expected
        self.got = got


class LeftOut(Exception):
    """The check cannot be made here: something was not given, or takes too long here."""


def broken(rule: str, expected: str, got: Any) -> NoReturn:
    """Raise, naming one of the rules."""
    assert rule in RULES
    raise Broken(rule, expected, got)


def hold(rule: str, expected: str, got: Any, *, when: bool) -> None:
    """Go on when the rule was kept."""
    if not when:
        broken(rule, expected, got)
