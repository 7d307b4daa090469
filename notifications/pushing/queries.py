"""Reading which keys the live subscriptions have."""

from django.db.models import QuerySet

from notifications.channels.app_push import DeviceKind
from notifications.models import PushSubscription
from notifications.pushing.keys import VapidKeys


def get_subscriptions_of(public: str, *, keys: VapidKeys) -> QuerySet[PushSubscription]:
    """Live web push subscriptions made with the key; those that know none have the oldest."""
    names = [public, ""] if public == keys.oldest_public else [public]
    return PushSubscription.objects.filter(
        kind=DeviceKind.WEBPUSH, application_server_key__in=names, gone_at__isnull=True
    )


def get_live_counts(*, keys: VapidKeys) -> dict[str, int]:
    """How many live subscriptions each public key has, the newest key first."""
    return {public: get_subscriptions_of(public, keys=keys).count() for public in keys.public}
