"""Telephone numbers as they are kept: E.164, whatever people type."""

from typing import Final

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat


CHINA: Final = 86
HOME_REGION: Final = "CN"
"""Where a number without a country is taken to belong."""


def e164(text: str) -> str:
    """Return ``text``, which may have spaces, dashes and no country, as E.164.

    Only the length and the country are judged: number ranges open faster than libraries learn.

    :raises ValueError: it cannot be a telephone number.
    """
    try:
        parsed = phonenumbers.parse(text, HOME_REGION)
    except NumberParseException as error:
        raise ValueError("not a telephone number") from error
    if not phonenumbers.is_possible_number(parsed):
        raise ValueError("not a possible telephone number")
    return phonenumbers.format_number(parsed, PhoneNumberFormat.E164)
