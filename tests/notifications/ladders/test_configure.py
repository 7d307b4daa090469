"""Operators set which steps notices climb: validated, kept as facts, obeyed by what comes next."""

from collections.abc import Mapping
from typing import Any

import pytest

from core.errors import Invalid, NotAllowed, NotFound
from core.events import catalogue as events
from core.events.facts import Subject
from core.events.models import Event
from core.gate.run import ValidationFailed, VersionConflict
from core.identifiers import new_id
from core.merchants.models import Merchant
from core.people.models import Person
from notifications.ladders.commands import LadderInvalid
from notifications.ladders.memory import LadderMemory, memory
from notifications.ladders.models import Ladder
from notifications.models import Delivery, Notice
from notifications.policies import NEW_ORDER
from notifications.results import steps_of
from tests.builders import act
from tests.notifications.delivery.town import (
    NOON,
    about,
    notice_of,
    order,
    shop,
    staff,
    state,
)


pytestmark = pytest.mark.django_db

LOUD = {"channel": "push", "after_seconds": 5, "is_loud": True}
CALL = {"channel": "call", "after_seconds": 60}
CARD = {"channel": "operator", "after_seconds": 120}
QUICK = [LOUD, CALL, CARD]
CLIMB = [("board", 0.0), ("push", 5.0), ("call", 60.0), ("operator", 120.0)]
OWN = [("board", 0), ("push", 10), ("push", 30), ("sms", 60), ("call", 90), ("operator", 180)]


def configure(who: Person, *, steps: Any = QUICK, ver: int | None = None, **more: Any) -> Any:
    named: dict[str, Any] = {} if "role" in more else {"template": "new_order"}
    arguments = {**named, "steps": steps, **more}
    answer = act("ladder.configure", by=who, now=NOON, version=ver, **arguments)
    memory.forget()  # as its COMMIT does
    return answer["ladder"]


def placed(merchant: Merchant) -> Notice:
    made = order(merchant)
    state(events.ORDER_PLACED, about(made))
    return Notice.objects.get(template="new_order", order_id=made.pk)


def climbs(notice: Notice) -> list[tuple[str, float]]:
    """Channel and seconds of each step, in its order."""
    rows = Delivery.objects.filter(notice=notice).order_by("step")
    found = [(row.channel, (row.due_at - notice.created_at).total_seconds()) for row in rows]
    return list(dict.fromkeys(found))


class TestConfigure:
    def test_counts_for_the_next_notice_and_not_for_those_that_exist(
        self, operator: Person
    ) -> None:
        merchant = shop()
        before = placed(merchant)
        configure(operator)
        after = placed(merchant)
        assert climbs(before) == OWN
        assert climbs(after) == CLIMB
        assert (before.ladder, after.ladder) == ("", "new_order#1")

    def test_is_kept_as_a_fact_with_who_and_why(self, operator: Person) -> None:
        configure(operator, reason="calls help")
        fact = Event.objects.get(type="ladder.configured")
        assert fact.actor == {"type": "operator", "id": str(operator.pk)}
        assert fact.subject == f"ladder:{Ladder.objects.get().pk}"
        assert (fact.data["scope"], fact.data["reason"]) == ("new_order", "calls help")
        before, after = fact.data["changes"]["steps"]
        assert before is None
        assert [each["channel"] for each in after] == ["push", "call", "operator"]

    def test_states_nothing_when_nothing_changes(self, operator: Person) -> None:
        configure(operator)
        assert configure(operator)["version"] == 1
        assert Event.objects.filter(type="ladder.configured").count() == 1

    def test_is_for_operators(self) -> None:
        with pytest.raises(NotAllowed):
            configure(staff(shop()))

    def test_needs_a_version_that_still_stands(self, operator: Person) -> None:
        configure(operator, ver=0)
        with pytest.raises(VersionConflict) as conflict:
            configure(operator, steps=[LOUD, CARD], ver=0)
        assert conflict.value.extra["version"] == 1

    @pytest.mark.parametrize(
        "named",
        [
            {"template": "fax"},
            {"template": "shop_campaign"},
            {"template": "pickup_offer", "merchant_id": str(new_id())},
            {"template": "new_order", "merchant_id": str(new_id())},
        ],
    )
    def test_needs_notices_to_climb_it(self, operator: Person, named: Mapping[str, Any]) -> None:
        with pytest.raises(NotFound):
            configure(operator, **named)

    @pytest.mark.parametrize(
        "named",
        [
            {"template": "new_order", "role": "merchant", "category": "order_alert"},
            {"template": None, "role": "merchant"},
        ],
    )
    def test_needs_one_scope(self, operator: Person, named: Mapping[str, Any]) -> None:
        with pytest.raises(Invalid):
            configure(operator, **named)

    @pytest.mark.parametrize(
        "wrong",
        [
            {"channel": "board"},
            {"after_seconds": -1},
            {"condition": "bored"},
            {"contacts": "shared"},
        ],
    )
    def test_refuses_what_is_no_step(self, operator: Person, wrong: Mapping[str, Any]) -> None:
        with pytest.raises(ValidationFailed):
            configure(operator, steps=[{**LOUD, **wrong}, CARD])

    def test_says_everything_that_is_wrong(self, operator: Person) -> None:
        late = {"channel": "sms", "after_seconds": 300}
        with pytest.raises(LadderInvalid) as refusal:
            configure(operator, steps=[late, {**LOUD, "contacts": "first"}])
        assert {(each["code"], each["step"]) for each in refusal.value.extra["faults"]} == {
            ("out_of_order", 1),
            ("too_late", 0),
            ("silent", None),
            ("no_card", None),
        }
        assert not Ladder.objects.exists()


class TestScopes:
    def test_the_most_specific_counts(self, operator: Person) -> None:
        merchant, other = shop(), shop()
        group: dict[str, Any] = {"role": "merchant", "category": "order_alert"}
        configure(operator, **group, steps=[{**LOUD, "after_seconds": 4}, CARD])
        assert climbs(placed(merchant))[1] == ("push", 4)
        configure(operator, steps=[{**LOUD, "after_seconds": 3}, CARD])
        assert climbs(placed(merchant))[1] == ("push", 3)
        own: dict[str, Any] = {"merchant_id": str(merchant.pk)}
        configure(operator, **group, **own, steps=[{**LOUD, "after_seconds": 2}, CARD])
        assert climbs(placed(merchant))[1] == ("push", 2)
        configure(operator, **own, steps=[{**LOUD, "after_seconds": 1}, CARD])
        assert climbs(placed(merchant))[1] == ("push", 1)
        assert climbs(placed(other))[1] == ("push", 3)

    def test_a_pause_does_without_the_card_of_its_group(self, operator: Person) -> None:
        configure(operator, role="merchant", category="order_alert", steps=QUICK)
        merchant = shop()
        state(events.STORE_AUTO_PAUSED, Subject(kind="store", id=merchant.pk))
        assert climbs(notice_of("shop_paused")) == CLIMB[:-1]


class TestReturning:
    def test_reset_lets_the_less_specific_count_again(self, operator: Person) -> None:
        configure(operator)
        answer = act("ladder.reset", by=operator, now=NOON, template="new_order", reason="no")
        assert (answer["ladder"]["steps"], answer["ladder"]["version"]) == (None, 2)
        memory.forget()
        assert climbs(placed(shop())) == OWN

    def test_revert_sets_an_earlier_version_again(self, operator: Person) -> None:
        configure(operator)
        configure(operator, steps=[LOUD, CARD])
        answer = act("ladder.revert", by=operator, now=NOON, template="new_order", to=1)
        assert answer["ladder"]["version"] == 3
        memory.forget()
        assert climbs(placed(shop())) == CLIMB
        act("ladder.revert", by=operator, now=NOON, template="new_order", to=0)
        memory.forget()
        assert climbs(placed(shop())) == OWN

    def test_revert_needs_a_version_that_was(self, operator: Person) -> None:
        with pytest.raises(NotFound):
            act("ladder.revert", by=operator, now=NOON, template="new_order", to=1)
        configure(operator)
        with pytest.raises(NotFound):
            act("ladder.revert", by=operator, now=NOON, template="new_order", to=9)


@pytest.mark.django_db(transaction=True)
class TestCommit:
    def test_lets_a_change_count_at_once(self, operator: Person) -> None:
        merchant = shop()
        assert climbs(placed(merchant)) == OWN
        act("ladder.configure", by=operator, now=NOON, template="new_order", steps=QUICK)
        assert climbs(placed(merchant)) == CLIMB


class TestMemory:
    def test_of_another_process_learns_of_it(
        self, operator: Person, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("notifications.ladders.memory.FRESH_SECONDS", 0.0)
        other = LadderMemory()
        other.refresh()
        assert other.ladder_of(NEW_ORDER, topic="order:1")[1] == ""
        configure(operator)
        other.refresh()
        assert other.ladder_of(NEW_ORDER, topic="order:1")[1] == "new_order#1"

    def test_asks_nothing_while_it_is_fresh(
        self, operator: Person, django_assert_num_queries: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("notifications.ladders.memory.FRESH_SECONDS", 3600.0)
        memory.forget()
        with django_assert_num_queries(1):
            memory.refresh()
        with django_assert_num_queries(0):
            memory.refresh()
            memory.ladder_of(NEW_ORDER, topic=f"merchant:{new_id()}")
        configure(operator)
        with django_assert_num_queries(2):
            memory.refresh()
        with django_assert_num_queries(0):
            memory.refresh()

    def test_of_a_notice_whose_device_is_gone_follows_its_own_steps(
        self, operator: Person
    ) -> None:
        notice = placed(shop())
        configure(operator)
        assert [step.number for step in steps_of(notice)] == [0, 1, 2, 3, 4, 5]


class TestPreview:
    def preview(self, who: Person, **more: Any) -> list[dict[str, Any]]:
        asked = {"template": "new_order", "at": "2026-05-01T19:58:00+08:00", **more}
        lines: list[dict[str, Any]] = act("ladder.preview", by=who, now=NOON, **asked)["timeline"]
        return lines

    def test_says_what_happens_if_nobody_reacts(self, operator: Person) -> None:
        lines = self.preview(operator)
        assert [(each["at"][11:19], each["what"]) for each in lines] == [
            ("19:58:00", "board"),
            ("19:58:10", "push"),
            ("19:58:30", "push"),
            ("19:59:00", "sms"),
            ("19:59:30", "call"),
            ("20:01:00", "operator"),
            ("20:03:00", "end"),
        ]
        assert lines[1]["words"].startswith("新订单 #42")

    def test_speaks_the_language_asked_for(self, operator: Person) -> None:
        lines = self.preview(operator, locale="en")
        (text,) = (each["words"] for each in lines if each["what"] == "sms")
        assert text == "New order #42"

    def test_of_steps_that_do_not_count_yet(self, operator: Person) -> None:
        lines = self.preview(operator, steps=QUICK)
        assert [each["what"] for each in lines] == ["board", "push", "call", "operator", "end"]
        with pytest.raises(LadderInvalid):
            self.preview(operator, steps=[LOUD])

    def test_of_a_shop_with_steps_of_its_own(self, operator: Person) -> None:
        merchant = shop()
        configure(operator, merchant_id=str(merchant.pk))
        own = self.preview(operator, merchant_id=str(merchant.pk))
        assert [each["after_seconds"] for each in own] == [0, 5, 60, 120, 300]
        assert len(self.preview(operator)) == 7

    def test_is_for_operators_and_for_notices_that_exist(self, operator: Person) -> None:
        with pytest.raises(NotAllowed):
            self.preview(staff(shop()))
        with pytest.raises(NotFound):
            self.preview(operator, template="fax")
