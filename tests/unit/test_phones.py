"""Telephone numbers at the edges become E.164, or are refused."""

import pytest

from core.people.phones import e164


class TestE164:
    @pytest.mark.parametrize(
        ("typed", "kept"),
        [
            ("+8613800138000", "+8613800138000"),
            ("138 0013 8000", "+8613800138000"),
            ("138-0013-8000", "+8613800138000"),
            ("+46 (0)70-174 06 05", "+46701740605"),
            ("0046701740605", "+46701740605"),
        ],
    )
    def test_is_what_people_mean(self, typed: str, kept: str) -> None:
        assert e164(typed) == kept

    @pytest.mark.parametrize("typed", ["", "hello", "+", "+86", "12", "+999123456789", "1" * 40])
    def test_refuses_what_is_no_number(self, typed: str) -> None:
        with pytest.raises(ValueError, match="telephone number"):
            e164(typed)
