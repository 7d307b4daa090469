"""The commands by which operators have dead letters sent again."""

from typing import Annotated, Any

from pydantic import Field

from core.errors import NotAllowed, NotFound
from core.events.work import unit_of_work
from core.gate.registry import Arguments, Call, command
from notifications.replays.commands import replay_delivery, replay_matching
from notifications.replays.filters import Filters


Reason = Annotated[str, Field(min_length=1, max_length=200, examples=["push service is back"])]


class ReplayArguments(Arguments):
    """Why; and for one that its person may have already, that it may come twice."""

    reason: Reason
    is_confirmed: bool = False


class ReplayAllArguments(Filters, ReplayArguments):
    """Which of them, and why."""


@command(
    "delivery.replay",
    path="/notifications/deliveries/{delivery_id}/replay",
    subject="delivery_id",
    arguments=ReplayArguments,
)
def replay(call: Call, arguments: ReplayArguments) -> dict[str, Any]:
    """Have a dead letter sent again, with a fresh budget of attempts; for operators."""
    _only_operators(call)
    if call.subject_id is None:
        raise NotFound
    with unit_of_work(now=call.now, actor=call.actor("operator")) as work:
        row = replay_delivery(
            delivery_id=call.subject_id,
            reason=arguments.reason,
            is_confirmed=arguments.is_confirmed,
            work=work,
        )
    return {
        "id": row.pk,
        "notice_id": row.notice_id,
        "state": row.state,
        "replay_count": row.replay_count,
    }


@command("delivery.replay_all", path="/notifications/replays", arguments=ReplayAllArguments)
def replay_all(call: Call, arguments: ReplayAllArguments) -> dict[str, Any]:
    """Have all dead letters of a kind sent again, at most 200; `left_count` tells of the rest."""
    _only_operators(call)
    with unit_of_work(now=call.now, actor=call.actor("operator")) as work:
        return replay_matching(
            wanted=arguments.wanted(call.now),
            reason=arguments.reason,
            is_confirmed=arguments.is_confirmed,
            work=work,
        )


def _only_operators(call: Call) -> None:
    if not call.person.is_operator:
        raise NotAllowed
