"""How often campaigns may speak to somebody, and what may happen to one."""

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.marketing.policy import CAPS, WORDING, WORDINGS, next_allowed
from notifications.marketing.states import (
    TRANSITIONS,
    CampaignState,
    CampaignTrigger,
    next_state,
)
from notifications.templates import LOCALES


NOW = datetime(2026, 5, 1, 4, 0, tzinfo=UTC)
HOURS = st.lists(st.integers(0, 30 * 24), max_size=60)


class TestNextAllowed:
    @given(HOURS)
    def test_keeps_every_cap_whenever_people_are_told_as_soon_as_it_says(
        self, wishes: list[int]
    ) -> None:
        sent: list[datetime] = []
        for wish in sorted(wishes):
            at = NOW + timedelta(hours=wish)
            if next_allowed(sent, now=at) == at:
                sent.append(at)
        for cap in CAPS:
            for at in sent:
                within = [each for each in sent if at - cap.span < each <= at]
                assert len(within) <= cap.most

    @given(HOURS)
    def test_names_a_moment_at_which_it_is_allowed(self, past: list[int]) -> None:
        sent = [NOW - timedelta(hours=each) for each in past]
        at = next_allowed(sent, now=NOW)
        assert next_allowed(sent, now=at) == at


class TestStates:
    @pytest.mark.parametrize(
        ("state", "trigger"), list(product(CampaignState, CampaignTrigger)), ids=str
    )
    def test_decide_every_pair(self, state: CampaignState, trigger: CampaignTrigger) -> None:
        assert next_state(state, trigger) is TRANSITIONS.get((state, trigger))

    def test_that_ended_lead_nowhere(self) -> None:
        ended = {CampaignState.STOPPED, CampaignState.ENDED}
        assert not [state for state, _ in TRANSITIONS if state in ended]


class TestWording:
    def test_is_known_in_every_language(self) -> None:
        assert set(WORDINGS[WORDING]) == set(LOCALES)
