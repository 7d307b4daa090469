"""The worker of the `push` question's peer: a Celery task a message, as tutorials write it.

The task is acknowledged late and tried again, so that nothing is lost. Everything else is Celery's
and pywebpush's default.
"""

import json
import os
from typing import Any
from uuid import UUID

import django
from celery import Celery
from django.utils import timezone
from pywebpush import WebPushException, webpush


django.setup()

from loadtests.peers.textbook.models import PushMessage  # noqa: E402 - needs Django's apps


TTL_SECONDS = 3600
TIMEOUT_SECONDS = 10

app = Celery("push", broker=os.environ["REDIS_URL"])
app.conf.update(
    task_acks_late=True,
    task_ignore_result=True,
    broker_connection_retry_on_startup=True,
)


@app.task(bind=True, max_retries=5)  # type: ignore[untyped-decorator]
def send_push(task: Any, message_id: int) -> None:
    message = PushMessage.objects.select_related("subscription").get(pk=message_id)
    message.status = PushMessage.Status.SENDING
    message.attempts += 1
    message.save()
    subscription = message.subscription
    try:
        webpush(
            subscription_info={
                "endpoint": subscription.endpoint,
                "keys": {"p256dh": subscription.p256dh, "auth": subscription.auth},
            },
            data=_content(message.tag, message.title, message.body),
            vapid_private_key=os.environ["PUSH_KEY"],
            vapid_claims={"sub": "mailto:operations@example.org"},
            ttl=TTL_SECONDS,
            headers={"Urgency": "normal", "Topic": message.tag.hex},
            timeout=TIMEOUT_SECONDS,
        )
    except WebPushException as error:
        message.status = PushMessage.Status.FAILED
        message.error = str(error)[:200]
        message.save()
        raise task.retry(exc=error, countdown=1) from error
    message.status = PushMessage.Status.SENT
    message.sent_at = timezone.now()
    message.save()


def _content(tag: UUID, title: str, body: str) -> str:
    return json.dumps(
        {
            "id": str(tag),
            "tag": str(tag),
            "title": title,
            "body": body,
            "url": f"/orders/{tag}",
            "receipt": f"r_{tag.hex}",
            "loud": False,
        },
        ensure_ascii=False,
    )
