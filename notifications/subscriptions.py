"""Registers and removes the devices that a person wants to be pushed to."""

import hashlib
from datetime import datetime

from core.environment import environment
from core.errors import Invalid
from core.people.models import Person
from notifications.channels.endpoints import EndpointRefusedError, push_origin
from notifications.models import PushSubscription


def allowed_push_hosts() -> list[str]:
    """Hosts that web push may be sent to, `*.name` for everything below one."""
    return [host.strip() for host in environment().push_hosts.split(",") if host.strip()]


def allows_loopback() -> bool:
    """Whether the sandbox's push service, on this machine, may be called."""
    env = environment()
    return bool(env.sandbox_url) and not env.production


def subscribe(
    *, person: Person, endpoint: str, p256dh: str, auth: str, now: datetime
) -> PushSubscription:
    """Keep the device of `person`; one that changed hands goes to its new owner.

    :raises Invalid: the endpoint is not one of a push service that we trust.
    """
    try:
        push_origin(endpoint, allowed_hosts=allowed_push_hosts(), allow_loopback=allows_loopback())
    except EndpointRefusedError as error:
        raise Invalid(str(error)) from error
    row, _created = PushSubscription.objects.update_or_create(
        endpoint_hash=_hash(endpoint),
        defaults={
            "person": person,
            "endpoint": endpoint,
            "p256dh": p256dh,
            "auth": auth,
            "gone_at": None,
            "gone_code": "",
        },
        create_defaults={
            "person": person,
            "endpoint": endpoint,
            "p256dh": p256dh,
            "auth": auth,
            "created_at": now,
        },
    )
    return row


def unsubscribe(*, person: Person, endpoint: str, now: datetime) -> bool:
    """Stop pushing to the device; true when it was theirs."""
    mine = PushSubscription.objects.filter(
        person=person, endpoint_hash=_hash(endpoint), gone_at__isnull=True
    )
    return mine.update(gone_at=now, gone_code="unsubscribed") > 0


def _hash(endpoint: str) -> str:
    return hashlib.sha256(endpoint.encode()).hexdigest()
