"""Registers and removes the devices that a person wants to be pushed to."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db.models import F

from core.environment import environment
from core.errors import Invalid
from core.people.models import Person
from notifications.channels.endpoints import EndpointRefusedError, push_origin
from notifications.models import PushSubscription
from notifications.pushing.keys import push_public_key, vapid_keys


UNSUBSCRIBED: Final = "unsubscribed"
"""Why a subscription ended that its own person ended."""


def allowed_push_hosts() -> list[str]:
    """Hosts that web push may be sent to, `*.name` for everything below one."""
    return [host.strip() for host in environment().push_hosts.split(",") if host.strip()]


def allows_loopback() -> bool:
    """Whether the sandbox's push service, on this machine, may be called."""
    env = environment()
    return bool(env.sandbox_url) and not env.production


class PushKeyUnknown(Invalid):
    """A subscription that was made with a key that is none of ours: nothing could be pushed."""

    code = "push_key_unknown"
    title = "The subscription was made with a key that is not ours; subscribe again."


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """A push subscription as the browser gives it, and the public key it was made with."""

    endpoint: str
    p256dh: str
    auth: str
    application_server_key: str = ""
    """Empty when the device does not tell."""

    def check(self) -> None:
        """See that something can be pushed to it.

        :raises Invalid: the endpoint is not one of a push service that we trust.
        :raises PushKeyUnknown: it was made with a key that we do not have.
        """
        try:
            push_origin(
                self.endpoint,
                allowed_hosts=allowed_push_hosts(),
                allow_loopback=allows_loopback(),
            )
        except EndpointRefusedError as error:
            raise Invalid(str(error)) from error
        if self.application_server_key not in ("", *vapid_keys().public):
            raise PushKeyUnknown

    def columns(self, *, known: str) -> dict[str, Any]:
        """Values of its row; a device that does not tell its key has the `known` one."""
        return {
            "endpoint_hash": hash_of(self.endpoint),
            "endpoint": self.endpoint,
            "p256dh": self.p256dh,
            "auth": self.auth,
            "application_server_key": self.application_server_key or known,
            "gone_at": None,
            "gone_code": "",
        }


def subscribe(*, person: Person, fresh: Registration, now: datetime) -> PushSubscription:
    """Keep the device of `person`; one that changed hands goes to its new owner.

    :raises Invalid: the endpoint is not one of a push service that we trust.
    :raises PushKeyUnknown: it was made with a key that we do not have.
    """
    fresh.check()
    values = fresh.columns(known=push_public_key()) | {"person": person}
    told = fresh.application_server_key
    kept = values if told else values | {"application_server_key": F("application_server_key")}
    row, _created = PushSubscription.objects.update_or_create(
        endpoint_hash=values["endpoint_hash"],
        defaults=kept,
        create_defaults=values | {"created_at": now},
    )
    return row


def unsubscribe(*, person: Person, endpoint: str, now: datetime) -> bool:
    """Stop pushing to the device; true when it was theirs."""
    mine = PushSubscription.objects.filter(
        person=person, endpoint_hash=hash_of(endpoint), gone_at__isnull=True
    )
    return mine.update(gone_at=now, gone_code=UNSUBSCRIBED) > 0


def hash_of(endpoint: str) -> str:
    """Return what an endpoint is found by."""
    return hashlib.sha256(endpoint.encode()).hexdigest()
