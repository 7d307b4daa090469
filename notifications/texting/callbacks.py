"""The edge at which vendors tell how texts and calls ended."""

import time
from datetime import datetime
from typing import Any

import structlog
from django.http import HttpRequest

from core.errors import NotFound, PaidanError
from notifications.channels.sms import ADAPTERS
from notifications.channels.sms_provider import ReceiptRequest
from notifications.escalation import Channel
from notifications.texting.accounts import account_of, receipt_url
from notifications.texting.settling import settle_all
from notifications.texting.tally import tally


log = structlog.get_logger(__name__)


def take_receipts(
    request: HttpRequest, channel: Channel, provider: str, *, token: str, now: datetime
) -> dict[str, Any]:
    """Settle what a vendor tells, and return what it wants to hear.

    :raises NotFound: we have no account with such a vendor.
    :raises notifications.channels.signature.SignatureRefusedError: somebody else tells it.
    :raises notifications.channels.sms_provider.ReceiptInvalidError: nobody can read it.
    """
    adapter, account = ADAPTERS[channel].get(provider), account_of(provider)
    if adapter is None or account is None:
        raise NotFound
    query = request.META.get("QUERY_STRING", "")
    # As the vendor was told it: what a proxy has made of it since is not what was signed.
    url = receipt_url(provider) + (f"?{query}" if query else "")
    told = ReceiptRequest(
        url=url, headers=request.headers, body=request.body, token=token, now=time.time()
    )
    try:
        receipts = adapter.parse_receipts(told, account)
    except PaidanError as refusal:
        tally.refused[channel, provider, refusal.code] += 1
        log.warning("receipt.refused", channel=channel, provider=provider, code=refusal.code)
        raise
    settle_all(provider, receipts, now=now)
    return dict(adapter.taken_answer)
