"""Retry-After is read in both of its forms."""

import pytest

from notifications.channels.result import parse_retry_after


NOW = 784_111_777.0  # Sun, 06 Nov 1994 08:49:37 GMT


class TestParseRetryAfter:
    @pytest.mark.parametrize(
        ("value", "wait_seconds"),
        [
            ("0", 0.0),
            (" 120 ", 120.0),
            ("Sun, 06 Nov 1994 08:50:37 GMT", 60.0),
            ("Sun, 06 Nov 1994 08:50:37 -0000", 60.0),
            ("Sun, 06 Nov 1994 08:00:00 GMT", 0.0),
            ("-5", None),
            ("1.5", None),
            ("soon", None),
            ("", None),
            (None, None),
        ],
    )
    def test_reads_seconds_and_dates(self, value: str | None, wait_seconds: float | None) -> None:
        assert parse_retry_after(value, now=NOW) == wait_seconds
