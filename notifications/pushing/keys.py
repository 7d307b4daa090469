"""The VAPID keys of this installation: one that browsers subscribe with, and earlier ones.

A browser binds a subscription to the key that it was made with, so a key is of use as long as a
subscription needs it.
"""

import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from tempfile import mkstemp

import structlog

from core.environment import environment
from notifications.channels.vapid import generate_private_key, public_key


log = structlog.get_logger(__name__)

_public = lru_cache(maxsize=32)(public_key)


@dataclass(frozen=True, slots=True)
class VapidKeys:
    """Private keys, the newest first: new subscriptions are made with that one."""

    private: tuple[str, ...] = ()

    @property
    def current(self) -> str:
        """The private key that pushes are signed with by default; empty when there is none."""
        return self.private[0] if self.private else ""

    @property
    def public(self) -> tuple[str, ...]:
        """The application server keys, the newest first, in base64url."""
        return tuple(_public(key) for key in self.private)

    @property
    def oldest_public(self) -> str:
        """What subscriptions were made with of which nobody remembers it; empty without keys."""
        return self.public[-1] if self.private else ""

    def rotated(self) -> "VapidKeys":
        """Return these keys behind a new one."""
        return VapidKeys((generate_private_key(), *self.private))

    def without(self, public: str) -> "VapidKeys":
        """Return these keys less the one whose public half is `public`."""
        return VapidKeys(tuple(key for key in self.private if _public(key) != public))


def vapid_keys() -> VapidKeys:
    """Return the configured keys, or those beside the data; none in production without any."""
    env = environment()
    if env.vapid_private_key:
        previous = (key.strip() for key in env.vapid_previous_keys.split(","))
        return VapidKeys((env.vapid_private_key, *(key for key in previous if key)))
    if env.production:
        return VapidKeys()
    return VapidKeys(tuple(_kept().read_text().split()))


def keeps_own_keys() -> bool:
    """Whether the keys are a file of ours, not the environment's."""
    return not environment().vapid_private_key


def push_public_key() -> str:
    """Return the application server key that browsers subscribe with; empty when there is none."""
    return next(iter(vapid_keys().public), "")


def keep(keys: VapidKeys) -> None:
    """Put `keys` in place of those beside the data; processes that run go on with the old ones."""
    fresh = _written(keys)
    fresh.replace(_path())  # a rename: a kill leaves the old file or the new one


def _kept() -> Path:
    path = _path()
    if not path.exists():
        fresh = _written(VapidKeys().rotated())
        try:
            os.link(fresh, path)  # whole or not at all, and the first of two processes wins
        except FileExistsError:
            log.info("vapid.generated_elsewhere")
        fresh.unlink()
    return path


def _written(keys: VapidKeys) -> Path:
    """Write a file of the caller's own: the threads of a process may come here together, too."""
    path = _path()
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, fresh = mkstemp(prefix=f"{path.name}.", dir=path.parent)
    with os.fdopen(handle, "w") as file:
        file.write("".join(f"{key}\n" for key in keys.private))
    return Path(fresh)


def _path() -> Path:
    return environment().data_dir / "vapid_private_key"
