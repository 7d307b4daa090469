"""The vendors' adapters, aimed at the sandbox's wire forms, and messages they have approved."""

from collections.abc import Mapping
from typing import Any

import aiohttp

from notifications.channels.aliyun import AliyunSms
from notifications.channels.sms_provider import (
    Account,
    Approved,
    ReceiptRequest,
    SmsMessage,
    SmsProvider,
    SmsReceipt,
    Unconfirmed,
)
from notifications.channels.tencent import TencentSms
from notifications.channels.twilio import TwilioSms
from notifications.sandbox import aliyun, tencent, twilio
from notifications.sandbox.texts import SIGN, code_of
from tests.notifications.running import SECRET


TO = "+8613800138000"
TOKEN = "a-secret-part-of-the-address"
ADAPTERS: Mapping[str, type[SmsProvider]] = {
    "aliyun": AliyunSms,
    "tencent": TencentSms,
    "twilio": TwilioSms,
}
ORDER_UPDATE = ("number", "status")
APPROVED = {
    "aliyun": Approved(
        sign=SIGN, code=code_of("order_update", prefix="SMS_"), variables=ORDER_UPDATE
    ),
    "tencent": Approved(sign=SIGN, code=code_of("order_update"), variables=ORDER_UPDATE),
    "twilio": Approved(text="Order $number: $status"),
}


def account_with(vendor: str, url: str, **changes: Any) -> Account:
    """Return our account with a simulated vendor at ``url``."""
    fields: dict[str, dict[str, str]] = {
        "aliyun": {"url": f"{url}/aliyun/", "key": aliyun.KEY_ID},
        "tencent": {
            "url": f"{url}/tencent/",
            "key": tencent.KEY_ID,
            "sender": tencent.APP_ID,
            "region": "ap-guangzhou",
        },
        "twilio": {"url": f"{url}/twilio", "key": twilio.ACCOUNT, "sender": twilio.SENDER},
    }
    return Account(**{**fields[vendor], "secret": SECRET, "receipt_token": TOKEN, **changes})


def adapter(
    vendor: str, url: str, session: aiohttp.ClientSession, *, seconds: float = 30.0, **changes: Any
) -> SmsProvider:
    account = account_with(vendor, url, **changes)
    return ADAPTERS[vendor](account, session=session, timeout_seconds=seconds)


def message(vendor: str, **changes: Any) -> SmsMessage:
    fields: dict[str, Any] = {
        "to": TO,
        "template": "order_update",
        "variables": {"number": "A 17", "status": "已取消 & more"},
        "out_id": "d1",
        "approved": APPROVED[vendor],
    }
    return SmsMessage(**(fields | changes))


def unconfirmed(sent_at: Any, *, provider_id: str = "", out_id: str = "d1") -> Unconfirmed:
    return Unconfirmed(out_id=out_id, provider_id=provider_id, to=TO, sent_at=sent_at)


def parsed(
    vendor: str,
    body: bytes,
    *,
    headers: Mapping[str, str],
    url: str,
    now: float,
    token: str = TOKEN,
) -> list[SmsReceipt]:
    request = ReceiptRequest(url=url, headers=headers, body=body, token=token, now=now)
    return ADAPTERS[vendor].parse_receipts(request, account_with(vendor, "http://sandbox"))
