"""The VAPID header is signed once per origin and renewed in time."""

import base64
import json

import pytest

from notifications.channels.vapid import VapidHeaders, generate_private_key, public_key


class Hand:
    """A clock that stands where it was put."""

    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def hand() -> Hand:
    return Hand()


@pytest.fixture
def headers(hand: Hand) -> VapidHeaders:
    return VapidHeaders(
        private_key=generate_private_key(), subject="mailto:a@example.org", clock=hand
    )


def claims_in(authorization: str) -> dict[str, object]:
    payload = authorization.removeprefix("vapid t=").split(".")[1]
    claims: dict[str, object] = json.loads(base64.urlsafe_b64decode(payload + "=="))
    return claims


class TestVapidHeaders:
    def test_is_signed_for_its_origin_and_twelve_hours(self, headers: VapidHeaders) -> None:
        assert claims_in(headers.authorization("https://push.example.org")) == {
            "aud": "https://push.example.org",
            "exp": 1_000_000 + 12 * 3600,
            "sub": "mailto:a@example.org",
        }

    def test_is_signed_once_per_origin(self, headers: VapidHeaders, hand: Hand) -> None:
        first = headers.authorization("https://push.example.org")
        hand.now += 10 * 3600
        assert headers.authorization("https://push.example.org") == first
        assert headers.authorization("https://other.example.org") != first

    def test_is_renewed_before_it_expires(self, headers: VapidHeaders, hand: Hand) -> None:
        first = headers.authorization("https://push.example.org")
        hand.now += 11 * 3600
        second = headers.authorization("https://push.example.org")
        assert claims_in(second)["exp"] == claims_in(first)["exp"] + 11 * 3600  # type: ignore[operator]

    def test_forgets_the_oldest_of_many_origins(self, headers: VapidHeaders) -> None:
        for number in range(300):
            headers.authorization(f"https://h{number}.example.org")
        assert len(headers._signed) == 256


class TestKeys:
    def test_a_private_key_is_32_bytes_and_its_point_65(self) -> None:
        key = generate_private_key()
        assert len(base64.urlsafe_b64decode(key + "=")) == 32
        assert len(base64.urlsafe_b64decode(public_key(key) + "=")) == 65
