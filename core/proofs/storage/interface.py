"""Where pictures lie: what every store can do, and what it says when it cannot."""

import re
from typing import Final, Protocol

from core.errors import PaidanError


NAME: Final = re.compile(r"[0-9a-f-]{36}/[0-9a-f-]{36}\.(?:jpg|png)")
"""Names are made of ids by us; nothing of them comes from outside."""


class ObjectMissing(Exception):
    """The store has nothing of that name."""


class BadName(Exception):
    """No store is asked for a name that we do not make."""


class StoreUnavailable(PaidanError):
    """The store cannot be reached or refuses us; nothing is lost, the same may be sent again."""

    code = "proof_store_unavailable"
    title = "Pictures cannot be stored or read just now. Try again."
    status = 503
    retryable = True


class ProofStore(Protocol):
    """Keeps bytes under names of the shape `NAME`; every method may raise `StoreUnavailable`.

    `put` is atomic and may be repeated; `get` raises `ObjectMissing`; what is not there can be
    deleted all the same.
    """

    def put(self, name: str, content: bytes, *, content_type: str) -> None:
        """Keep `content`, in place of whatever had that name."""

    def get(self, name: str) -> bytes:
        """Return what was put."""

    def has(self, name: str) -> bool:
        """Whether there is something of that name."""

    def delete(self, name: str) -> None:
        """Keep it no more."""


def check_name(name: str) -> str:
    """Return a name of our making.

    :raises BadName: for any other.
    """
    if not NAME.fullmatch(name):
        raise BadName(name)
    return name
