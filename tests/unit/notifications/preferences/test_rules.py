"""What may be muted at all, and what a choice makes of a message."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.escalation import Channel
from notifications.policies import KINDS, Category, Role
from notifications.preferences.policy import (
    CHOICES,
    LAWS,
    Choice,
    Key,
    Quiet,
    choices_for,
    effective,
    in_quiet_hours,
)
from notifications.preferences.rules import Outcome, rule


NOW = datetime(2026, 5, 1, 18, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
NEEDED = {Category.ORDER_ALERT, Category.PICKUP_OFFER, Category.OPERATIONS}


class TestLaw:
    def test_knows_every_category(self) -> None:
        assert set(LAWS) == set(Category)

    @pytest.mark.parametrize("key", CHOICES, ids=str)
    def test_never_lets_what_is_needed_be_muted_wholly(self, key: Key) -> None:
        role, category, _ = key
        if category in NEEDED:
            assert CHOICES[role, category, Channel.PUSH] == {Choice.ON}
            assert CHOICES.get((role, category, Channel.BOARD), {Choice.ON}) == {Choice.ON}

    def test_lets_the_text_of_an_alert_and_updates_be_muted(self) -> None:
        assert Choice.OFF in CHOICES[Role.STAFF, Category.ORDER_ALERT, Channel.SMS]
        assert Choice.OFF in CHOICES[Role.CUSTOMER, Category.ORDER_UPDATE, Channel.PUSH]

    def test_offers_what_every_role_allows(self) -> None:
        key = (Category.PICKUP_OFFER, Channel.PUSH)
        assert choices_for([Role.CUSTOMER], *key) == frozenset()
        assert choices_for([Role.CUSTOMER, Role.COURIER], *key) == {Choice.ON}

    def test_ignores_a_choice_that_the_role_may_not_make(self) -> None:
        alert = (Role.STAFF, Category.ORDER_ALERT, Channel.PUSH)
        assert effective(alert, Choice.OFF) is Choice.ON
        update = (Role.CUSTOMER, Category.ORDER_UPDATE, Channel.PUSH)
        assert effective(update, Choice.OFF) is Choice.OFF
        assert effective(update, None) is Choice.ON

    @pytest.mark.parametrize("template", KINDS)
    def test_guards_whatever_needs_an_act(self, template: str) -> None:
        kind = KINDS[template]
        assert LAWS[kind.category].is_vital or not kind.policy.needs_act

    @pytest.mark.parametrize("template", KINDS)
    def test_lets_whatever_needs_an_act_or_was_asked_for_through(self, template: str) -> None:
        kind = KINDS[template]
        is_wanted = kind.policy.needs_act or kind.category is Category.TRIAL
        assert (in_quiet_hours(template) is Quiet.COME) == is_wanted


class TestRule:
    @given(
        st.sampled_from(Choice),
        st.sampled_from(Quiet),
        st.sampled_from([Channel.PUSH, Channel.SMS]),
        st.none() | st.timedeltas(HOUR / 60, 9 * HOUR),
        st.timedeltas(HOUR / 60, 9 * HOUR),
    )
    def test_sends_nothing_aloud_in_quiet_hours_that_needs_no_act(
        self,
        choice: Choice,
        quiet: Quiet,
        channel: Channel,
        left: timedelta | None,
        life: timedelta,
    ) -> None:
        until = None if left is None else NOW + left
        said = rule(choice, quiet, channel=channel, quiet_until=until, expires_at=NOW + life)
        if said.outcome is Outcome.SEND:
            assert until is None or quiet is Quiet.COME
        if said.outcome is Outcome.SEND_SILENTLY:
            assert (quiet, channel) == (Quiet.SILENT, Channel.PUSH)
        if said.outcome is Outcome.WAIT:
            assert said.due_at == until
            assert until is not None
            assert until < NOW + life
        if said.outcome is Outcome.EXPIRE:
            assert until is not None
            assert until >= NOW + life
        assert (choice is Choice.OFF) == (said.outcome is Outcome.CANCEL)
