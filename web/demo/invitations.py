"""Who may come in from other machines: one phone for each code, while the door is open."""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final


CODE_SECONDS: Final = 300.0
CODE_BYTES: Final = 16
"""128 random bits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """What a phone is to show: the screen of one pane, as its person."""

    pane: str
    person: str
    screen: str
    locale: str


@dataclass(slots=True)
class Invitations:
    """Codes that nobody has used, and guests who came with one."""

    seconds: Callable[[], float] = time.monotonic
    _codes: dict[str, tuple[float, Invitation]] = field(default_factory=dict)
    _guests: dict[str, Invitation | None] = field(default_factory=dict)

    def invite(self, invitation: Invitation) -> str:
        """Return a code that lets one phone in once."""
        self._forget_late()
        code = secrets.token_urlsafe(CODE_BYTES)
        self._codes[code] = self.seconds() + CODE_SECONDS, invitation
        return code

    def redeem(self, code: str) -> str | None:
        """Use the code up; return the new guest's key, none when nobody may come in by it."""
        self._forget_late()
        found = self._codes.pop(code, None)
        if found is None:
            return None
        return self.admit(found[1])

    def admit(self, invitation: Invitation | None = None) -> str:
        """Let somebody in, with nothing to show unless invited; return the new guest's key."""
        key = secrets.token_urlsafe(CODE_BYTES)
        self._guests[key] = invitation
        return key

    def is_guest(self, key: str) -> bool:
        """Whether somebody who shows this key was let in."""
        return key in self._guests

    def take(self, key: str) -> Invitation | None:
        """Return what the guest is to show; once, unless it is put back."""
        found = self._guests.get(key)
        if found is not None:
            self._guests[key] = None
        return found

    def put_back(self, key: str, invitation: Invitation) -> None:
        """The guest could not be served now, and may ask again."""
        self._guests[key] = invitation

    def clear(self) -> None:
        """Nobody is invited, and nobody is a guest any more."""
        self._codes.clear()
        self._guests.clear()

    def _forget_late(self) -> None:
        now = self.seconds()
        self._codes = {code: kept for code, kept in self._codes.items() if kept[0] > now}
