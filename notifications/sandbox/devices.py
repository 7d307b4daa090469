"""Simulated phones: their key pairs, what waits for them and what is on their screens."""

import json
import secrets
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path

import http_ece
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


DEVICE_LIMIT = 20_000
SCREEN_LIMIT = 50
WAITING_LIMIT = 100

# Header with a 65-byte key id, one padding delimiter, one tag. http_ece would read a body that
# was cut before its record as an empty message.
SHORTEST_BODY_BYTES = 86 + 1 + 16

# What http_ece raises for bytes that were cut, altered or made for another key.
UNREADABLE = (http_ece.ECEException, InvalidTag, struct.error, ValueError, LookupError, TypeError)


class UndecryptableError(Exception):
    """The device cannot read a push: wrong keys, wrong coding or tampered bytes."""


class StoreFullError(Exception):
    """The sandbox holds as many devices as it may."""


@dataclass(slots=True)
class Card:
    """A message as the device shows it; a repeat under the same tag changes it in place."""

    message: dict[str, object]
    shown_at: float
    repeat_count: int = 0


@dataclass(frozen=True, slots=True)
class Waiting:
    """A message kept for a device that is off line."""

    message: dict[str, object]
    message_id: str
    expires_at: float


@dataclass(slots=True, kw_only=True)
class Phone:
    """One simulated phone, or one browser or app on it, with its own screen."""

    device_id: str
    label: str
    person: str
    phone: str
    is_gone: bool = False
    is_online: bool = True
    accepted_count: int = 0
    visible_count: int = 0
    screen: OrderedDict[str, Card] = field(default_factory=OrderedDict)
    waiting: OrderedDict[str, Waiting] = field(default_factory=OrderedDict)

    def receive(self, message: dict[str, object], message_id: str, *, now: float) -> None:
        """Show ``message``; one with the same tag takes the place of the earlier one."""
        tag = str(message.get("tag") or message_id)
        earlier = self.screen.get(tag)
        if earlier is None:
            self.visible_count += 1
            self.screen[tag] = Card(message=message, shown_at=now)
        else:
            self.screen[tag] = Card(message, earlier.shown_at, earlier.repeat_count + 1)
        while len(self.screen) > SCREEN_LIMIT:
            self.screen.popitem(last=False)

    def keep(self, waiting: Waiting, *, topic: str | None) -> None:
        """Keep a message until the device is on line; the same topic replaces the earlier one."""
        self.waiting.pop(topic or waiting.message_id, None)
        self.waiting[topic or waiting.message_id] = waiting
        while len(self.waiting) > WAITING_LIMIT:
            self.waiting.popitem(last=False)

    def go_online(self, *, now: float) -> None:
        """Show every waiting message that has not expired."""
        self.is_online = True
        while self.waiting:
            _, waiting = self.waiting.popitem(last=False)
            if waiting.expires_at >= now:
                self.receive(waiting.message, waiting.message_id, now=now)


@dataclass(slots=True, kw_only=True)
class Device(Phone):
    """One simulated browser with one push subscription."""

    vapid_public_key: str
    private_key: ec.EllipticCurvePrivateKey
    auth: bytes

    def subscription(self, origin: str) -> dict[str, object]:
        """Return what the browser would hand to its page."""
        point = self.private_key.public_key().public_bytes(
            Encoding.X962, PublicFormat.UncompressedPoint
        )
        return {
            "endpoint": f"{origin}/push/{self.device_id}",
            "keys": {"p256dh": encode(point), "auth": encode(self.auth)},
        }

    def decrypt(self, body: bytes) -> dict[str, object]:
        """Return the message inside an RFC 8291 body; plain text becomes ``{"body": text}``.

        :raises UndecryptableError: the body was not made for this device.
        """
        if len(body) < SHORTEST_BODY_BYTES:
            raise UndecryptableError
        try:
            plain: bytes = http_ece.decrypt(
                body, private_key=self.private_key, auth_secret=self.auth, version="aes128gcm"
            )
            text = plain.decode()
        except UNREADABLE as error:
            raise UndecryptableError from error
        return _as_message(text)


class DeviceStore:
    """All devices, their keys optionally kept in a file so that a restart loses none."""

    def __init__(self, *, state_file: Path | None) -> None:
        """Read the devices of an earlier run from ``state_file``."""
        self.devices: dict[str, Device] = {}
        self._state_file = state_file
        if state_file is not None and state_file.exists():
            rows = json.loads(state_file.read_text())["devices"]
            self.devices = {row["device_id"]: _from_row(row) for row in rows}

    def create(self, *, label: str, person: str, phone: str, vapid_public_key: str) -> Device:
        """Make a device with a new P-256 key pair and authentication secret.

        :raises StoreFullError: there are too many already.
        """
        if len(self.devices) >= DEVICE_LIMIT:
            raise StoreFullError
        device = Device(
            device_id=secrets.token_urlsafe(24),
            label=label,
            person=person,
            phone=phone,
            vapid_public_key=vapid_public_key,
            private_key=ec.generate_private_key(ec.SECP256R1()),
            auth=secrets.token_bytes(16),
        )
        self.devices[device.device_id] = device
        self._save()
        return device

    def remove(self, device: Device) -> None:
        """End the subscription; its endpoint answers 410 from now on."""
        device.is_gone = True
        device.screen.clear()
        device.waiting.clear()
        self._save()

    def _save(self) -> None:
        if self._state_file is None:
            return
        rows = [_to_row(device) for device in self.devices.values()]
        fresh = self._state_file.with_suffix(".fresh")
        fresh.touch(mode=0o600)
        fresh.write_text(json.dumps({"devices": rows}))
        # A rename is atomic: a kill leaves the old file or the new one, never half of one.
        fresh.replace(self._state_file)


def encode(raw: bytes) -> str:
    """Return base64url without padding, as browsers write keys."""
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    """Return the bytes of a base64url text with or without padding.

    :raises ValueError: it is not base64url.
    """
    return urlsafe_b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4))


def _as_message(text: str) -> dict[str, object]:
    try:
        message = json.loads(text)
    except ValueError:
        return {"body": text}
    return message if isinstance(message, dict) else {"body": text}


def _to_row(device: Device) -> dict[str, object]:
    number = device.private_key.private_numbers().private_value
    return {
        "device_id": device.device_id,
        "label": device.label,
        "person": device.person,
        "phone": device.phone,
        "vapid_public_key": device.vapid_public_key,
        "private_key": encode(number.to_bytes(32, "big")),
        "auth": encode(device.auth),
        "is_gone": device.is_gone,
    }


def _from_row(row: dict[str, object]) -> Device:
    number = int.from_bytes(decode(str(row["private_key"])), "big")
    return Device(
        device_id=str(row["device_id"]),
        label=str(row["label"]),
        person=str(row["person"]),
        phone=str(row["phone"]),
        vapid_public_key=str(row["vapid_public_key"]),
        private_key=ec.derive_private_key(number, ec.SECP256R1()),
        auth=decode(str(row["auth"])),
        is_gone=bool(row["is_gone"]),
    )
