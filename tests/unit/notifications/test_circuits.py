"""How long an origin is left in peace, and what one process concludes from answers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.channels.result import Outcome, SendResult, parse_retry_after
from notifications.circuits.gates import HELD, ChangeKind, Gates, origin_of
from notifications.circuits.policy import (
    FAILURE_LIMIT,
    LONGEST_ASKED_SECONDS,
    REFUSED_LIMIT,
    shut_seconds,
)


ORIGIN, OTHER = "https://push.example.org", "https://other.example.org"


def answer(
    gates: Gates, outcome: Outcome, code: str, *, device: int = 1, **more: object
) -> ChangeKind | None:
    is_probe = bool(more.pop("is_probe", False))
    result = SendResult(outcome, code, **more)  # type: ignore[arg-type]
    change = gates.note(ORIGIN, result, subscription_id=device, is_probe=is_probe)
    return change.kind if change else None


class TestWaits:
    @given(asked=st.floats(min_value=0, allow_infinity=True, allow_nan=False))
    def test_are_never_shorter_than_asked_nor_absurd(self, asked: float) -> None:
        wait = shut_seconds(asked=asked, openings=1, is_stopped=False)
        assert min(asked, LONGEST_ASKED_SECONDS) <= wait <= LONGEST_ASKED_SECONDS

    def test_double_while_it_fails(self) -> None:
        waits = [shut_seconds(asked=None, openings=n, is_stopped=False) for n in (1, 2, 3, 99)]
        assert waits == [1, 2, 4, 60]

    def test_are_longer_where_our_credentials_are_refused(self) -> None:
        waits = [shut_seconds(asked=None, openings=n, is_stopped=True) for n in (1, 2, 999)]
        assert waits == [5, 10, 600]

    @pytest.mark.parametrize(
        "text", ["9" * 400, "-5", "1e9", "soon", "Thu, 01 Jan 1970 00:00:00 GMT"]
    )
    def test_follow_from_any_header(self, text: str) -> None:
        asked = parse_retry_after(text, now=1_000_000_000.0)
        assert 1 <= shut_seconds(asked=asked, openings=1, is_stopped=False) <= 3600


class TestGates:
    def test_shut_at_once_what_asks_for_peace(self) -> None:
        gates = Gates()
        kind = answer(gates, Outcome.RETRY, "http_429", retry_after_seconds=50.0)
        assert kind is ChangeKind.OPEN
        held = gates.held(ORIGIN, is_probe=False)
        assert held is not None
        assert held.code == HELD
        assert 49 < (held.retry_after_seconds or 0) <= 50
        assert gates.held(OTHER, is_probe=False) is None
        assert gates.shut_origins == [ORIGIN]

    def test_stay_open_when_one_device_alone_is_asked_to_wait(self) -> None:
        gates = Gates()
        busy = SendResult(Outcome.RETRY, "TooManyRequests", None, 10.0, is_of_address=True)
        kinds = {
            gates.note(ORIGIN, busy, subscription_id=1, is_probe=False)
            for _ in range(FAILURE_LIMIT)
        }
        assert kinds == {None}
        assert gates.held(ORIGIN, is_probe=False) is None

    def test_open_when_only_the_device_of_the_probe_is_asked_to_wait(self) -> None:
        gates = Gates()
        answer(gates, Outcome.RETRY, "http_503", retry_after_seconds=50.0)
        kind = answer(gates, Outcome.RETRY, "TooManyRequests", is_probe=True, is_of_address=True)
        assert kind is ChangeKind.CLOSE
        assert gates.held(ORIGIN, is_probe=False) is None

    def test_let_the_probe_through_and_open_when_it_arrives(self) -> None:
        gates = Gates()
        answer(gates, Outcome.RETRY, "http_429")
        assert gates.held(ORIGIN, is_probe=True) is None
        assert answer(gates, Outcome.SENT, "http_201", is_probe=True) is ChangeKind.CLOSE
        assert gates.held(ORIGIN, is_probe=False) is None

    def test_stay_shut_when_an_earlier_push_still_arrives(self) -> None:
        gates = Gates()
        answer(gates, Outcome.RETRY, "http_429", retry_after_seconds=50.0)
        assert answer(gates, Outcome.SENT, "http_201") is None
        assert gates.held(ORIGIN, is_probe=False) is not None

    def test_shut_what_fails_again_and_again(self) -> None:
        gates = Gates()
        kinds = [answer(gates, Outcome.RETRY, "http_500") for _ in range(FAILURE_LIMIT)]
        assert kinds == [None] * (FAILURE_LIMIT - 1) + [ChangeKind.OPEN]

    def test_forget_failures_when_a_push_arrives(self) -> None:
        gates = Gates()
        for _ in range(FAILURE_LIMIT - 1):
            answer(gates, Outcome.RETRY, "connection_lost")
        answer(gates, Outcome.GONE, "http_410")
        assert answer(gates, Outcome.RETRY, "timeout") is None

    def test_stop_where_nothing_speaks_for_our_credentials(self) -> None:
        assert answer(Gates(), Outcome.UNAUTHORISED, "http_403") is ChangeKind.STOP

    def test_do_not_stop_for_one_device_while_others_get_through(self) -> None:
        gates = Gates()
        answer(gates, Outcome.SENT, "http_201", device=2)
        for _ in range(9):
            assert answer(gates, Outcome.UNAUTHORISED, "http_403", device=1) is None
        assert gates.held(ORIGIN, is_probe=False) is None

    def test_stop_when_several_devices_are_refused_in_a_row(self) -> None:
        gates = Gates()
        answer(gates, Outcome.SENT, "http_201", device=99)
        kinds = [
            answer(gates, Outcome.UNAUTHORISED, "http_401", device=number)
            for number in range(REFUSED_LIMIT)
        ]
        assert kinds == [None] * (REFUSED_LIMIT - 1) + [ChangeKind.STOP]

    def test_learn_nothing_from_words_of_our_own(self) -> None:
        gates = Gates()
        for _ in range(FAILURE_LIMIT + 1):
            assert answer(gates, Outcome.RETRY, HELD, retry_after_seconds=9.0) is None
            assert answer(gates, Outcome.RETRY, "vapid_key_unknown") is None


class TestOrigin:
    @pytest.mark.parametrize(
        ("endpoint", "origin"),
        [
            ("https://fcm.googleapis.com/fcm/send/a:b", "https://fcm.googleapis.com"),
            ("http://127.0.0.1:8100/push/x", "http://127.0.0.1:8100"),
            ("", ""),
        ],
    )
    def test_is_scheme_and_host(self, endpoint: str, origin: str) -> None:
        assert origin_of(endpoint) == origin
