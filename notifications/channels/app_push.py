"""What every vendor of app push takes, gives and promises."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final, Protocol

from notifications.channels.result import SendResult


class DeviceKind(StrEnum):
    """By whom a device is reached."""

    WEBPUSH = "webpush"  # the push service of its browser
    FCM = "fcm"  # Firebase Cloud Messaging
    APNS = "apns"  # Apple Push Notification service


class AppEnvironment(StrEnum):
    """Which of a vendor's worlds a token belongs to; only Apple has two."""

    PRODUCTION = "production"
    DEVELOPMENT = "development"  # builds that came from a developer's machine


KEPT_WHEN_LARGE: Final = ("id", "tag", "title", "url", "receipt", "silent", "loud")
"""What is left of a message that a vendor finds too long: enough to show it and fetch the rest."""
TITLE_LIMIT: Final = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class AppDevice:
    """One app on one device."""

    token: str
    app_id: str = ""
    environment: AppEnvironment = AppEnvironment.PRODUCTION


@dataclass(frozen=True, slots=True, kw_only=True)
class AppMessage:
    """One message for an app; a later one with the same `collapse_id` takes its place."""

    content: Mapping[str, Any]
    """What `notifications.messages.push_payload` says."""
    ttl_seconds: int
    is_urgent: bool
    collapse_id: str

    @property
    def is_silent(self) -> bool:
        """Whether it makes neither sound nor vibration."""
        return bool(self.content.get("silent"))

    def shrunk(self) -> "AppMessage":
        """Return the message without what can be fetched."""
        kept = {name: self.content[name] for name in KEPT_WHEN_LARGE if name in self.content}
        kept["title"] = str(kept.get("title", ""))[:TITLE_LIMIT]
        return replace(self, content=kept)


class AppPush(Protocol):
    """A vendor that brings messages to apps.

    A repeat is invisible, as it takes the place of the first; whatever broke may be sent again.
    """

    async def send(self, device: AppDevice, message: AppMessage) -> SendResult:
        """Hand the message over and say what became of it."""
        ...

    async def close(self) -> None:
        """Let go of the vendor."""
        ...
