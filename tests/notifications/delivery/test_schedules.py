"""Of acts and senders that race statement by statement, whoever commits first decides.

`python -m tests.notifications.delivery.many schedules COUNT` plays as many as one likes.
"""

from pathlib import Path
from typing import Any

import pytest

from notifications import claims
from notifications.escalation import Verdict
from tests.notifications.delivery.many import seeds_of, tell
from tests.notifications.delivery.schedules import play


pytestmark = pytest.mark.django_db(transaction=True)

IN_SUITE = 40
FIRST = 20_000


class TestSchedules:
    def test_start_nothing_after_an_act(self, tmp_path: Path) -> None:
        record, tally = play(seeds_of("schedules", IN_SUITE), tmp_path)
        tell("schedules", record, tally)
        assert record.findings == []
        assert min(record.acts, record.closings, record.cancelled) > 0
        assert min(record.starts[each] for each in ("push", "sms", "call")) > 0
        assert tally.statements > tally.commits > tally.overlaps
        assert not tally.errors

    def test_find_out_a_claim_that_does_not_look_again(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def blind(*_args: Any, **_options: Any) -> tuple[Verdict, str]:
            return Verdict.SEND, ""

        monkeypatch.setattr(claims, "decide", blind)
        record, _ = play(range(FIRST, FIRST + IN_SUITE), tmp_path)
        assert any("after the act was committed" in each for each in record.findings)
