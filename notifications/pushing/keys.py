"""The VAPID keys of this installation: one that browsers subscribe with, and earlier ones.

A browser binds a subscription to the key that it was made with, so a key is of use as long as a
subscription needs it.
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from core import kept_files
from core.environment import environment
from notifications.channels.vapid import generate_private_key, public_key


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
    text = kept_files.kept(_path(), lambda: _text_of(VapidKeys().rotated()))
    return VapidKeys(tuple(text.split()))


def keeps_own_keys() -> bool:
    """Whether the keys are a file of ours, not the environment's."""
    return not environment().vapid_private_key


def push_public_key() -> str:
    """Return the application server key that browsers subscribe with; empty when there is none."""
    return next(iter(vapid_keys().public), "")


def keep(keys: VapidKeys) -> None:
    """Put `keys` in place of those beside the data; processes that run go on with the old ones."""
    kept_files.keep(_path(), _text_of(keys))


def _text_of(keys: VapidKeys) -> str:
    return "".join(f"{key}\n" for key in keys.private)


def _path() -> Path:
    return environment().data_dir / "vapid_private_key"
