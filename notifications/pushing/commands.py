"""Changes of the keys that subscriptions were made with."""

from datetime import datetime

from notifications.channels.app_push import DeviceKind
from notifications.models import PushSubscription
from notifications.pushing.keys import VapidKeys
from notifications.pushing.queries import get_subscriptions_of


class KeyNeededError(Exception):
    """A VAPID key that cannot be retired: it is the current one, or devices still need it."""


def remember_unknown_keys(*, keys: VapidKeys) -> int:
    """Write into subscriptions of earlier releases which key they have; return how many.

    They know none; only one key can have existed then, the oldest.
    """
    rows = PushSubscription.objects.filter(kind=DeviceKind.WEBPUSH, application_server_key="")
    return rows.update(application_server_key=keys.oldest_public)


def retire_key(*, public: str, keys: VapidKeys, force: bool, now: datetime) -> VapidKeys:
    """Return `keys` without one; with `force` its subscriptions end, as nothing reaches them.

    :raises KeyNeededError: it is the current one, or without `force` live subscriptions have it.
    """
    if public == keys.public[0]:
        raise KeyNeededError("That is the current key: rotate first.")
    live = get_subscriptions_of(public, keys=keys)
    count = live.count()
    if count and not force:
        raise KeyNeededError(f"{count} live subscriptions were made with it.")
    live.update(gone_at=now, gone_code="key_retired")
    return keys.without(public)
