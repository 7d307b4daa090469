"""How long nothing is sent to an origin that asked for peace, failed, or knows us no more: pure.

All times are real seconds.
"""

from typing import Final


LONGEST_ASKED_SECONDS: Final = 3600.0
"""Longer waits are not believed: after an hour one push asks again."""
FAILURE_LIMIT: Final = 10
"""Failures in a row, of one process, that shut an origin."""
REFUSED_LIMIT: Final = 3
"""Devices in a row whose pushes are refused for our credentials, although others went before."""
FIRST_SECONDS: Final = 1.0
LONGEST_FAILING_SECONDS: Final = 60.0
FIRST_STOPPED_SECONDS: Final = 5.0
LONGEST_STOPPED_SECONDS: Final = 600.0
ALARM_OPENINGS: Final = 3
"""Refusals in a row after which operators are told, even when one device alone was refused."""
PROBE_SECONDS: Final = 15.0
"""How long others wait for the one push that asks; longer than any push may take."""
PEEK_SECONDS: Final = 1.0
"""How soon rows look again whether that push got through."""
JITTER: Final = 0.1


def shut_seconds(*, asked: float | None, openings: int, is_stopped: bool) -> float:
    """Seconds until one push may ask again, the `openings`-th time in a row.

    `asked` is what the origin wants: never less than that, unless it wants the absurd.
    """
    first = FIRST_STOPPED_SECONDS if is_stopped else FIRST_SECONDS
    longest = LONGEST_STOPPED_SECONDS if is_stopped else LONGEST_FAILING_SECONDS
    backoff = min(longest, first * 2.0 ** min(openings - 1, 20))
    return max(backoff, min(asked or 0.0, LONGEST_ASKED_SECONDS))
