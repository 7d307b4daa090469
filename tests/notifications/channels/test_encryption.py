"""Encryption of push messages, against the example of RFC 8291 and another implementation."""

import http_ece
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from notifications.channels.encryption import SubscriptionKeysError, encrypt, read_keys, seal
from notifications.sandbox.devices import DeviceStore, decode, encode


# RFC 8291, section 5 and appendix A.
POINT = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
AUTH = "BTBZMqHH6r4Tts7J_aSIgg"
OWN_KEY = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
SALT = "DGv6ra1nlYgDCS1FRnbzlw"
BODY = (
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS"
    "6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qu"
    "lcy4a-fN"
)


def subscription(point: str, auth: str) -> dict[str, object]:
    return {"endpoint": "https://push.example.org/a", "keys": {"p256dh": point, "auth": auth}}


class TestSeal:
    def test_gives_what_the_standard_gives(self) -> None:
        own_key = ec.derive_private_key(int.from_bytes(decode(OWN_KEY), "big"), ec.SECP256R1())
        plain = b"When I grow up, I want to be a watermelon"
        body = seal(plain, read_keys(subscription(POINT, AUTH)), own_key, decode(SALT))
        assert encode(body) == BODY


class TestEncrypt:
    @pytest.mark.parametrize("size", [1, 300, 3993])
    def test_another_implementation_reads_it(self, size: int) -> None:
        device = DeviceStore(state_file=None).create(
            label="", person="", phone="", vapid_public_key=""
        )
        body = encrypt(b"x" * size, read_keys(device.subscription("https://push.example.org")))
        plain = http_ece.decrypt(body, private_key=device.private_key, auth_secret=device.auth)
        assert plain == b"x" * size

    def test_no_two_bodies_share_a_key_or_a_salt(self) -> None:
        receiver = read_keys(subscription(POINT, AUTH))
        first, second = encrypt(b"x", receiver), encrypt(b"x", receiver)
        assert first[:16] != second[:16]
        assert first[21:86] != second[21:86]


class TestReadKeys:
    @pytest.mark.parametrize(
        "keys",
        [
            None,
            {},
            {"p256dh": POINT},
            {"p256dh": "", "auth": ""},
            {"p256dh": "A" * 87, "auth": AUTH},
        ],
    )
    def test_refuses_what_no_browser_makes(self, keys: object) -> None:
        with pytest.raises(SubscriptionKeysError):
            read_keys({"endpoint": "https://push.example.org/a", "keys": keys})
