"""Share links: a signed text with which anybody may watch one order for a while.

There is nothing to revoke: a link ends by itself, `share_minutes` after it was made, and an hour
after its order has ended at the latest.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from django.core import signing

from core.environment import environment
from core.errors import Conflict, PaidanError
from core.orders.models import Order
from realtime.visitors import Guest


SALT: Final = "realtime.share"
PAGE_PATH: Final = "/t/"
"""Where the page of a link stands, before the token."""
AFTER_END: Final = timedelta(hours=1)
"""How long an order that has ended may still be watched."""

# Neither character of the default separator's kind needs to be escaped in a path.
_signer: Final = signing.Signer(salt=SALT, sep=".")


class BadShare(PaidanError):
    """The link was not made by us."""

    code = "bad_share"
    title = "This is no share link of ours."
    status = 401


class ShareExpired(PaidanError):
    """The link has had its time, or its order has ended long ago."""

    code = "share_expired"
    title = "This link has expired; ask for another one."
    status = 410


class NothingToWatch(Conflict):
    """The order has ended so long ago that a link would be of no use."""

    code = "order_ended"
    title = "The order has ended; there is nothing to watch any more."


def issue_share(order: Order, *, now: datetime) -> tuple[str, datetime]:
    """Make a link's token for `order`, and say until when it can be used.

    :raises NothingToWatch: when the order has ended long ago.
    """
    ends_at = (now + timedelta(minutes=environment().share_minutes)).replace(microsecond=0)
    if order.ended_at is not None:
        ends_at = min(ends_at, (order.ended_at + AFTER_END).replace(microsecond=0))
    if ends_at <= now:
        raise NothingToWatch
    name = urlsafe_b64encode(order.pk.bytes)[:-2].decode()
    return _signer.sign(f"{name}~{int(ends_at.timestamp())}"), ends_at


def page_url(token: str) -> str:
    """Where a link leads: the page that anybody can open."""
    return f"{environment().public_url.rstrip('/')}{PAGE_PATH}{token}"


def read_share(token: str, *, now: datetime) -> Guest:
    """Return the guest that whoever holds the token is.

    :raises BadShare: when it is forged.
    :raises ShareExpired: when its time is over.
    """
    try:
        name, _, seconds = _signer.unsign(token).partition("~")
    except signing.BadSignature:
        raise BadShare from None
    guest = Guest(
        order_id=UUID(bytes=urlsafe_b64decode(f"{name}==")),
        ends_at=datetime.fromtimestamp(int(seconds), UTC),
    )
    if not may_watch(guest, now=now):
        raise ShareExpired
    return guest


def may_watch(guest: Guest, *, now: datetime) -> bool:
    """Whether the guest's time is not over, and neither is the order's."""
    if guest.ends_at <= now:
        return False
    order = Order.objects.filter(pk=guest.order_id).only("ended_at").first()
    return order is not None and (order.ended_at is None or order.ended_at + AFTER_END > now)
