"""What operators may set: every ladder of the product, and nothing that leaves people unheard."""

from typing import Any
from uuid import UUID

import pytest

from notifications.escalation import Channel
from notifications.ladders.scopes import UNCLIMBED, Scope, every_scope, scope_of, scopes_of
from notifications.ladders.steps import (
    Wrong,
    climbing,
    faults_of,
    read_steps,
    step_view,
    steps_view,
)
from notifications.policies import KINDS, NEW_ORDER, ORDER_ACCEPTED, Category, NoticeKind, Role


SHOP = UUID(int=7)
CLIMBED = [each for each, kind in KINDS.items() if kind.category not in UNCLIMBED]


def step(channel: str = "push", after_seconds: float = 0, **more: Any) -> dict[str, Any]:
    standard = {"condition": "unanswered", "contacts": "everyone", "is_loud": False}
    return {"channel": channel, "after_seconds": after_seconds, **standard, **more}


def wrongs(*rows: dict[str, Any], kind: NoticeKind = NEW_ORDER) -> set[tuple[str, int | None]]:
    return {(each.code, each.step) for each in faults_of(read_steps(rows), [kind])}


PUSH, CARD = step(), step("operator", 120)


class TestDefaults:
    @pytest.mark.parametrize("template", CLIMBED)
    def test_are_what_operators_could_have_set(self, template: str) -> None:
        kind = KINDS[template]
        steps = read_steps(steps_view(kind.policy))
        assert list(faults_of(steps, [kind])) == []
        assert climbing(kind, steps, name=kind.policy.name) == kind.policy

    def test_are_each_in_one_group_and_alone(self) -> None:
        scopes = list(every_scope())
        assert sorted(each.template for each in scopes if each.template) == sorted(CLIMBED)
        grouped = [kind.template for each in scopes if not each.template for kind in each.kinds]
        assert sorted(grouped) == sorted(CLIMBED)


class TestFaults:
    @pytest.mark.parametrize(
        ("rows", "found"),
        [
            ([PUSH, CARD], set()),
            ([], {(Wrong.SILENT, None), (Wrong.NO_CARD, None)}),
            ([PUSH], {(Wrong.NO_CARD, None)}),
            ([step("sms", 5), CARD], {(Wrong.SILENT, None)}),
            ([step(contacts="first"), CARD], {(Wrong.SILENT, None)}),
            ([step(condition="undelivered"), CARD], {(Wrong.SILENT, None)}),
            ([step(after_seconds=9), step(after_seconds=8), CARD], {(Wrong.OUT_OF_ORDER, 1)}),
            ([PUSH, PUSH, CARD], {(Wrong.TWICE, 1)}),
            ([PUSH, step("sms", 300), step("operator", 300)],
             {(Wrong.TOO_LATE, 1), (Wrong.TOO_LATE, 2)}),
            ([PUSH, step("operator", 1, condition="undelivered")], {(Wrong.NO_CARD, None)}),
            ([PUSH, step("operator", 1), step("sms", 2), step("operator", 3)],
             {(Wrong.CARD_NOT_LAST, 1), (Wrong.TOO_DEAR, 3)}),
            ([PUSH, *(step("sms", each) for each in (1, 2, 3)), CARD], {(Wrong.TOO_DEAR, 3)}),
            ([PUSH, *(step("call", each) for each in (1, 2, 3)), CARD], {(Wrong.TOO_DEAR, 3)}),
            ([*(step(after_seconds=each, is_loud=True) for each in range(5)), CARD],
             {(Wrong.TOO_LOUD, 4)}),
            ([PUSH, step("sms", 1, is_loud=True), CARD], {(Wrong.LOUD, 1)}),
        ],
    )  # fmt: skip
    def test_are_found(
        self, rows: list[dict[str, Any]], found: set[tuple[str, int | None]]
    ) -> None:
        assert wrongs(*rows) == found

    def test_of_too_many_steps(self) -> None:
        rows = [step(after_seconds=each) for each in range(11)]
        assert (Wrong.TOO_MANY, None) in wrongs(*rows, CARD)

    def test_of_plain_news(self) -> None:
        twice = [PUSH, step(after_seconds=60)]
        assert wrongs(*twice, kind=ORDER_ACCEPTED) == {(Wrong.REPEATED, 1)}
        assert wrongs(PUSH, step("sms", 60), kind=ORDER_ACCEPTED) == {(Wrong.NO_TEXT, 1)}
        only = {(Wrong.NO_TEXT, 0), (Wrong.SILENT, None)}
        assert wrongs(step("sms", 60), kind=ORDER_ACCEPTED) == only
        assert wrongs(PUSH, kind=ORDER_ACCEPTED) == set()
        assert wrongs(kind=ORDER_ACCEPTED) == {(Wrong.SILENT, None)}

    @pytest.mark.parametrize("template", ["pickup_offer", "pickup_proposed", "operator_alarm"])
    def test_of_a_card_for_others_than_shops(self, template: str) -> None:
        late = step("operator", 20)
        assert (Wrong.CHANNEL, 1) in wrongs(PUSH, late, kind=KINDS[template])

    def test_of_a_card_for_what_is_about_no_order(self) -> None:
        kinds = [KINDS["shop_paused"]]
        assert [each.code for each in faults_of(read_steps([PUSH, CARD]), kinds)] == ["channel"]
        group = Scope(role=Role.STAFF, category=Category.ORDER_ALERT)
        assert list(faults_of(read_steps([PUSH, CARD]), group.kinds)) == []


class TestSteps:
    def test_survive_the_database(self) -> None:
        rows = [step("call", 1.5), step("operator", 9, contacts="shared")]
        assert [step_view(each) for each in read_steps(rows)] == rows

    def test_keep_the_board_below_them(self) -> None:
        policy = climbing(NEW_ORDER, read_steps([PUSH, CARD]), name="x")
        assert [(each.number, each.channel) for each in policy.steps] == [
            (0, Channel.BOARD),
            (1, Channel.PUSH),
            (2, Channel.OPERATOR),
        ]
        assert policy.needs_act


class TestScopes:
    def test_run_from_the_most_specific(self) -> None:
        assert [each.key for each in scopes_of(NEW_ORDER, topic=f"merchant:{SHOP}")] == [
            f"new_order@{SHOP}",
            f"merchant.order_alert@{SHOP}",
            "new_order",
            "merchant.order_alert",
        ]
        assert len(list(scopes_of(ORDER_ACCEPTED, topic="order:1"))) == 2

    @pytest.mark.parametrize("merchant_id", [None, SHOP])
    def test_are_known_by_their_keys(self, merchant_id: UUID | None) -> None:
        alone = Scope(template="new_order", merchant_id=merchant_id)
        group = Scope(role=Role.STAFF, category=Category.ORDER_ALERT, merchant_id=merchant_id)
        assert [scope_of(each.key) for each in (alone, group)] == [alone, group]

    def test_of_a_shop_hold_its_own_notices_only(self) -> None:
        assert Scope(template="new_order", merchant_id=SHOP).kinds == (NEW_ORDER,)
        assert Scope(template="order_accepted", merchant_id=SHOP).kinds == ()
        assert Scope(template="digest").kinds == ()
        assert Scope(role=Role.COURIER, category=Category.MARKETING).kinds == ()
