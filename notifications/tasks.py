"""The one Celery task: a wake-up that sends whatever is due, naming no message."""

from celery import shared_task

from notifications.escalation import Channel
from notifications.lanes import Lane
from notifications.sender import send_all_due, send_due_campaigns
from notifications.wakeups import TASK


@shared_task(name=TASK, ignore_result=True)  # type: ignore[untyped-decorator]
def send_due(queue: str) -> int:
    """Send until nothing is due in `queue`: a channel's, or that of campaigns; return how many."""
    if queue == Lane.MARKETING:
        return send_due_campaigns()
    return send_all_due([Channel(queue)])
