"""Registers, rotates and removes the apps that a person wants to be pushed to."""

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from core.clock import real_now
from core.environment import environment
from core.errors import Invalid
from core.people.models import Person
from notifications.channels.app_push import AppEnvironment, DeviceKind
from notifications.models import PushSubscription
from notifications.subscriptions import allows_loopback


APNS_TOKEN: Final = re.compile(r"(?:[0-9a-f]{2}){32,100}")
REMOVED: Final = "removed"
ROTATED: Final = "rotated"


class AppUnknown(Invalid):
    """A device of somebody else's app, which we could not reach."""

    code = "app_unknown"
    title = "This installation pushes to no such app."


class DeviceTokenInvalid(Invalid):
    """No token of this vendor looks like that."""

    code = "device_token_invalid"
    title = "A token of Apple's is hexadecimal, in small letters, 64 digits or more."


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """Which of our apps, by whom it is reached, and in which language it speaks."""

    kind: DeviceKind
    app_id: str
    environment: AppEnvironment = AppEnvironment.PRODUCTION
    locale: str = ""


def register_device(
    *, person: Person, app: App, token: str, replaces: str = "", now: datetime
) -> PushSubscription:
    """Keep the app of `person`; one that changed hands goes to its new owner.

    A token that `replaces` another takes its place, so that the device is never pushed to twice;
    of somebody else's device the old token is left alone.

    :raises AppUnknown: the app is not one of ours.
    :raises DeviceTokenInvalid: it is no token of Apple's.
    """
    if not _is_ours(app.app_id):
        raise AppUnknown
    if app.kind is DeviceKind.APNS and not APNS_TOKEN.fullmatch(token):
        raise DeviceTokenInvalid
    fields = {
        "person": person,
        "kind": app.kind,
        "endpoint": token,
        "app_id": app.app_id,
        "environment": app.environment if app.kind is DeviceKind.APNS else "",
        "locale": app.locale,
        "registered_at": real_now(),
        "gone_at": None,
        "gone_code": "",
    }
    token_hash = hash_of(app.kind, token)
    before = _theirs(person, app.kind, replaces) if replaces not in {"", token} else None
    if before is not None and not PushSubscription.objects.filter(endpoint_hash=token_hash):
        for name, value in (fields | {"endpoint_hash": token_hash}).items():
            setattr(before, name, value)
        before.save()
        return before
    if before is not None:
        before.gone_at, before.gone_code = now, ROTATED
        before.save(update_fields=["gone_at", "gone_code"])
    row, _ = PushSubscription.objects.update_or_create(
        endpoint_hash=token_hash,
        defaults=fields,
        create_defaults={**fields, "created_at": now},
    )
    return row


def remove_device(*, person: Person, kind: DeviceKind, token: str, now: datetime) -> bool:
    """Stop pushing to the app; true when it was theirs."""
    mine = PushSubscription.objects.filter(
        person=person, endpoint_hash=hash_of(kind, token), gone_at__isnull=True
    )
    return mine.update(gone_at=now, gone_code=REMOVED) > 0


def hash_of(kind: DeviceKind, token: str) -> str:
    """Return what a token is found by; two vendors may give the same one."""
    return hashlib.sha256(f"{kind}:{token}".encode()).hexdigest()


def _theirs(person: Person, kind: DeviceKind, token: str) -> PushSubscription | None:
    rows = PushSubscription.objects.select_for_update()
    return rows.filter(person=person, endpoint_hash=hash_of(kind, token)).first()


def _is_ours(app_id: str) -> bool:
    ours = {each.strip() for each in environment().app_ids.split(",") if each.strip()}
    return app_id in ours or (not ours and allows_loopback())
