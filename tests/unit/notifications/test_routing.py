"""Who is asked next, and when a number has room: pure decisions."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from notifications.channels.result import Outcome
from notifications.texting.routing import Past, Rule, Try, candidates, free_at, has_fresh


ROUTE = ("aliyun", "tencent")
NOW = datetime(2026, 5, 1, 4, 0, tzinfo=UTC)
HOUR = Rule(2, timedelta(hours=1), same_words=False)


def past(*minutes: int, template: str = "a") -> list[Past]:
    return [Past(template, NOW - timedelta(minutes=each)) for each in minutes]


class TestCandidates:
    def test_stand_in_the_order_of_the_route(self) -> None:
        assert candidates(ROUTE, []) == ["aliyun", "tencent"]

    def test_leave_out_who_has_refused(self) -> None:
        assert candidates(ROUTE, [Try("aliyun", Outcome.REFUSED)]) == ["tencent"]

    def test_come_back_to_who_was_busy_last(self) -> None:
        assert candidates(ROUTE, [Try("aliyun", Outcome.RETRY)]) == ["tencent", "aliyun"]

    def test_are_fresh_until_they_were_asked(self) -> None:
        assert has_fresh(ROUTE, [Try("aliyun", "")])
        assert not has_fresh(ROUTE, [Try("aliyun", ""), Try("tencent", "")])

    @given(
        st.lists(
            st.builds(Try, st.sampled_from(ROUTE), st.sampled_from([o.value for o in Outcome]))
        )
    )
    def test_never_are_those_that_may_have_taken_it(self, tries: list[Try]) -> None:
        taken = {each.provider for each in tries if each.outcome in ("sent", "unknown")}
        assert not taken & set(candidates(ROUTE, tries))


class TestFreeAt:
    def test_is_now_while_there_is_room(self) -> None:
        assert free_at([HOUR], past(10), template="a", now=NOW) == NOW

    def test_is_when_the_window_has_moved_on(self) -> None:
        free = free_at([HOUR], past(50, 20, 10), template="a", now=NOW)
        assert free == NOW + timedelta(minutes=40)

    def test_counts_the_same_words_only_where_the_rule_says_so(self) -> None:
        rule = Rule(1, timedelta(hours=1), same_words=True)
        assert free_at([rule], past(10, template="b"), template="a", now=NOW) == NOW
        assert free_at([rule], past(10, template="a"), template="a", now=NOW) > NOW

    @given(
        st.lists(st.integers(min_value=0, max_value=200), max_size=8),
        st.integers(min_value=1, max_value=4),
    )
    def test_lets_no_window_overflow(self, minutes: list[int], count: int) -> None:
        rule = Rule(count, timedelta(hours=1), same_words=False)
        sent = past(*minutes)
        free = free_at([rule], sent, template="a", now=NOW)
        still = [each for each in sent if each.at > free - rule.span]
        assert len(still) < count
