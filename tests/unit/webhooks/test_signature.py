"""Signatures are those of Standard Webhooks: the official library agrees, both ways."""

import time
from datetime import UTC, datetime

import pytest
from standardwebhooks.webhooks import Webhook as Official
from standardwebhooks.webhooks import WebhookVerificationError

from notifications.webhooks.signature import (
    WrongSignatureError,
    new_secret,
    signed_headers,
    verify,
)


BODY = '{"type":"order.placed","note":"少辣"}'.encode()


def signed(*secrets: str, at: float | None = None) -> dict[str, str]:
    timestamp = int(time.time() if at is None else at)
    return signed_headers(secrets, message_id="m1", timestamp=timestamp, body=BODY)


class TestSigning:
    def test_is_what_the_standards_own_example_says(self) -> None:
        secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
        headers = signed_headers(
            [secret],
            message_id="msg_p5jXN8AQM9LWM0D4loKWxJek",
            timestamp=1614265330,
            body=b'{"test": 2432232314}',
        )
        assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="

    def test_is_accepted_by_the_official_library(self) -> None:
        secret = new_secret()
        assert Official(secret).verify(BODY, signed(secret))["note"] == "少辣"

    def test_with_two_secrets_is_accepted_with_either(self) -> None:
        first, second = new_secret(), new_secret()
        headers = signed(first, second)
        for secret in (first, second):
            Official(secret).verify(BODY, headers)

    def test_is_refused_with_another_secret_or_body(self) -> None:
        secret = new_secret()
        with pytest.raises(WebhookVerificationError):
            Official(new_secret()).verify(BODY, signed(secret))
        with pytest.raises(WebhookVerificationError):
            Official(secret).verify(BODY + b" ", signed(secret))


class TestVerifying:
    def test_accepts_what_the_official_library_signed(self) -> None:
        secret, now = new_secret(), int(time.time())
        said = Official(secret).sign("m1", datetime.fromtimestamp(now, UTC), BODY.decode())
        headers = {"webhook-id": "m1", "webhook-timestamp": str(now), "webhook-signature": said}
        verify(secret, headers, BODY, now=now)

    @pytest.mark.parametrize("age_seconds", [-301, 301])
    def test_refuses_other_times(self, age_seconds: int) -> None:
        secret, now = new_secret(), time.time()
        with pytest.raises(WrongSignatureError):
            verify(secret, signed(secret, at=now - age_seconds), BODY, now=int(now))

    @pytest.mark.parametrize("missing", ["webhook-id", "webhook-timestamp", "webhook-signature"])
    def test_refuses_what_lacks_a_header(self, missing: str) -> None:
        secret = new_secret()
        headers = signed(secret)
        del headers[missing]
        with pytest.raises(WrongSignatureError):
            verify(secret, headers, BODY, now=time.time())

    def test_refuses_another_signature(self) -> None:
        secret = new_secret()
        with pytest.raises(WrongSignatureError):
            verify(secret, signed(new_secret()), BODY, now=time.time())
