"""The one Celery task: a wake-up that sends whatever is due, naming no message."""

from celery import shared_task

from notifications.escalation import Channel
from notifications.sender import send_all_due
from notifications.wakeups import TASK


@shared_task(name=TASK, ignore_result=True)  # type: ignore[untyped-decorator]
def send_due(channel: str) -> int:
    """Send until nothing is due through `channel`; return how many claims that made."""
    return send_all_due([Channel(channel)])
