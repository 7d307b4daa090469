"""Rotation: a browser gives a device another endpoint, and what is under way goes on to it."""

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Final

from django.db import transaction

from core.database import run_repeatedly
from core.errors import NotFound
from notifications.channels.app_push import DeviceKind
from notifications.channels.result import Outcome, SendResult
from notifications.models import PushSubscription
from notifications.subscriptions import UNSUBSCRIBED, Registration, hash_of


if TYPE_CHECKING:
    from notifications.results import Finished

ROTATED: Final = "rotated"
AT_ONCE: Final = SendResult(Outcome.RETRY, ROTATED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """The endpoint a device had, and the secret that only it and we know."""

    endpoint: str
    auth: str


def rotate_subscription(*, proof: Proof, fresh: Registration, now: datetime) -> PushSubscription:
    """Put `fresh` in the place of the subscription that the device had; its person stays.

    Whoever has the old endpoint and its secret is the device: no session is asked for, as service
    workers run without one. Repeating it changes nothing.

    :raises NotFound: there is no such subscription, the secret is another, or its person ended it.
    :raises Invalid: the new endpoint or its key is none that we trust.
    """
    fresh.check()
    return run_repeatedly(lambda: _rotate(proof, fresh, now))


def _rotate(proof: Proof, fresh: Registration, now: datetime) -> PushSubscription:
    with transaction.atomic():
        hashes = [hash_of(proof.endpoint), hash_of(fresh.endpoint)]
        rows = PushSubscription.objects.select_for_update().filter(
            kind=DeviceKind.WEBPUSH, endpoint_hash__in=hashes
        )
        known = {row.endpoint_hash: row for row in rows.order_by("pk")}
        old, new = known.get(hashes[0]), known.get(hashes[1])
        if old is None and new is not None and _proves(fresh.auth, new):
            return new  # it was rotated before, and the device has not heard so
        if old is None or not _proves(proof.auth, old) or old.gone_code == UNSUBSCRIBED:
            raise NotFound
        if new is not None and new.pk != old.pk:
            old.gone_at, old.gone_code = old.gone_at or now, ROTATED
            old.save(update_fields=["gone_at", "gone_code"])
            return new
        for name, value in fresh.columns(known=old.application_server_key).items():
            setattr(old, name, value)
        old.save()
        return old


def _proves(auth: str, row: PushSubscription) -> bool:
    return hmac.compare_digest(auth.encode(), row.auth.encode())


def heed_rotations(finished: "Sequence[Finished]") -> "Sequence[Finished]":
    """Let answers about endpoints that devices have left meanwhile be followed by a new try.

    An old endpoint that is gone says nothing about the new one of the same row.
    """
    gone = {
        device.subscription_id: str(device.subscription["endpoint"])
        for each in finished
        if each.claim.push is not None
        for device, answer in zip(each.claim.push.devices, each.answers, strict=False)
        if answer.result.outcome is Outcome.GONE and device.app is None
    }
    left = _left(gone) if gone else frozenset()
    if not left:
        return finished
    return [
        replace(
            each,
            answers=tuple(
                replace(answer, result=AT_ONCE) if answer.subscription_id in left else answer
                for answer in each.answers
            ),
        )
        for each in finished
    ]


def _left(endpoints: Mapping[int, str]) -> frozenset[int]:
    live = PushSubscription.objects.filter(pk__in=list(endpoints), gone_at__isnull=True)
    hashes = live.values_list("pk", "endpoint_hash")
    return frozenset(pk for pk, known in hashes if known != hash_of(endpoints[pk]))
