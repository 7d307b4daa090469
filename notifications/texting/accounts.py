"""Our accounts with the vendors, as the environment says."""

from typing import Final

from core.environment import Environment, environment
from notifications.channels.sms_provider import Account


RECEIPTS_PATH: Final = "/api/v1/sms/{provider}/receipts"


def receipt_url(provider: str, *, token: str = "") -> str:
    """Return where this installation takes a vendor's receipts."""
    path = RECEIPTS_PATH.format(provider=provider)
    base = environment().public_url.rstrip("/")
    return f"{base}{path}/{token}" if token else base + path


def account_of(provider: str) -> Account | None:
    """Return the account with a vendor, or nothing where we have none."""
    env = environment()
    match provider:
        case "aliyun":
            account = Account(
                url=env.aliyun_url,
                key=env.aliyun_key_id,
                secret=env.aliyun_key_secret,
                receipt_token=env.sms_receipt_token,
            )
        case "tencent":
            account = Account(
                url=env.tencent_url,
                key=env.tencent_secret_id,
                secret=env.tencent_secret_key,
                sender=env.tencent_app_id,
                region=env.tencent_region,
                receipt_token=env.sms_receipt_token,
            )
        case "twilio":
            account = Account(
                url=env.twilio_url,
                key=env.twilio_account_sid,
                secret=env.twilio_auth_token,
                sender=env.twilio_sender,
                receipt_url=receipt_url("twilio"),
            )
        case "sandbox":
            return _sandbox(env)
        case _:
            return None
    return account if account.key and account.secret else None


def _sandbox(env: Environment) -> Account | None:
    if not env.sandbox_url or env.production:
        return None
    return Account(url=env.sandbox_url, secret=env.sandbox_secret)
