"""A print is the first, the same again, or another, by what stands on the paper."""

from typing import Any

from core.kitchen.content import Mark, Printed, Verdict, differences, judge


def paper(*, noodles: int = 2, fulfilment: str = "delivery", ended: bool = False) -> Any:
    lines = [
        {"id": "a", "name": "Noodles", "quantity": noodles},
        {"id": "b", "name": "Egg", "quantity": 1},
    ]
    return {"lines": lines, "fulfilment": fulfilment, "is_cancelled": ended}


class TestJudge:
    def test_calls_the_first_one_first(self) -> None:
        assert judge(paper(), None) == Verdict(Mark.FIRST, 1)

    def test_calls_the_same_again_a_reprint(self) -> None:
        assert judge(paper(), Printed(paper(), 3)) == Verdict(Mark.REPRINT, 3)

    def test_counts_what_is_different_as_a_revision(self) -> None:
        verdict = judge(paper(noodles=1), Printed(paper(), 1))
        assert (verdict.mark, verdict.revision) == (Mark.CHANGED, 2)


class TestDifferences:
    def test_name_the_line_and_both_quantities(self) -> None:
        changed = {"kind": "quantity", "name": "Noodles", "before": 2, "now": 0}
        assert differences(paper(), paper(noodles=0)) == [changed]

    def test_name_a_delivery_that_is_collected(self) -> None:
        changed = {"kind": "fulfilment", "before": "delivery", "now": "pickup"}
        assert differences(paper(), paper(fulfilment="pickup")) == [changed]

    def test_name_an_end(self) -> None:
        assert differences(paper(), paper(ended=True)) == [{"kind": "cancelled"}]
        assert not differences(paper(ended=True), paper(ended=True))
