"""Why a message cannot be sent again: the one place that says so, for lists and for commands."""

from datetime import datetime

from core.errors import Conflict
from notifications.models import Delivery, Notice
from notifications.states import REPLAYABLE, DeliveryState


class NotADeadLetter(Conflict):
    """The message waits, is on its way, has arrived, or was never to be sent."""

    code = "not_a_dead_letter"
    title = "Only what is dead or uncertain can be sent again."


class NoticeClosed(Conflict):
    """Somebody has acted, or the matter has ended: nobody needs the message any more."""

    code = "notice_closed"
    title = "The matter has been dealt with; nobody needs this message any more."


class NoticeExpired(Conflict):
    """It would come too late to be of use."""

    code = "notice_expired"
    title = "The message would come too late to be of use."


class ReplayUnconfirmed(Conflict):
    """The person may have the text already, and nobody has said that a second one is all right."""

    code = "replay_unconfirmed"
    title = "The person may have this message already; confirm that it may come twice."


def refusal_of(row: Delivery, notice: Notice, *, now: datetime) -> Conflict | None:
    """Return why the message cannot be sent again at `now`, or nothing when it can."""
    if row.state not in REPLAYABLE:
        return NotADeadLetter(state=row.state)
    if notice.closed_at is not None or notice.acted_at is not None:
        return NoticeClosed(close_code=notice.close_code or "acted")
    if min(row.expires_at, notice.expires_at) <= now:
        return NoticeExpired(expires_at=row.expires_at.isoformat())
    return None


def needs_confirmation(row: Delivery) -> bool:
    """Whether its person may have it already."""
    return row.state == DeliveryState.UNCERTAIN
