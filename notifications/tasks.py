"""The one Celery task: a wake-up that sends whatever is due, naming no message."""

from celery import shared_task

from notifications.broker import TASK
from notifications.queues import CHANNEL_QUEUES, MARKETING, WEBHOOKS
from notifications.sender import send_all_due, send_due_campaigns, send_due_webhooks


TASK_SECONDS = 5.0
"""After which a task claims no more: its worker's loops go on, and its worker may want to end."""


@shared_task(name=TASK, ignore_result=True)  # type: ignore[untyped-decorator]
def send_due(queue: str) -> int:
    """Send until nothing is due in `queue`, or for a while; return how many claims that made."""
    if queue == MARKETING:
        return send_due_campaigns()
    if queue == WEBHOOKS:
        return send_due_webhooks(seconds=TASK_SECONDS)
    return send_all_due([CHANNEL_QUEUES[queue]], seconds=TASK_SECONDS)
