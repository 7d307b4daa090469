"""Verifies callbacks of vendors that sign nothing: only they know the secret in the path."""

import hmac
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

from notifications.channels.signature import SignatureRefusedError
from notifications.channels.sms_provider import Account, ReceiptRequest


CHINA_TIME: Final = timezone(timedelta(hours=8))


def verify_token(request: ReceiptRequest, account: Account) -> None:
    """Compare the path's secret with ours in constant time.

    :raises SignatureRefusedError: it is another one, or we have none.
    """
    known = account.receipt_token.encode()
    if not known or not hmac.compare_digest(known, request.token.encode()):
        raise SignatureRefusedError("The address is not the one that the vendor was given.")


def china_moment(text: str, *, now: float) -> datetime:
    """Return a vendor's ``2017-01-01 00:00:00`` in UTC; ``now`` when it cannot be read."""
    try:
        local = datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=CHINA_TIME)
    except ValueError:
        return datetime.fromtimestamp(now, UTC)
    return local.astimezone(UTC)
