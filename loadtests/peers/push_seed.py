"""Make the textbook's messages, and a task for each; print their tags as JSON.

Usage: `python -m loadtests.peers.push_seed SUBSCRIPTIONS_FILE COUNT`
"""

import json
import sys
from pathlib import Path
from uuid import uuid4

from loadtests.peers.push_celery import send_push
from loadtests.peers.pywebpush_peer import BODY, TITLE


def main(subscriptions: Path, count: int) -> None:
    from django.contrib.auth import get_user_model  # noqa: PLC0415 - needs Django's apps

    from loadtests.peers.textbook.models import (  # noqa: PLC0415
        PushMessage,
        PushSubscription,
    )

    user, _ = get_user_model().objects.get_or_create(username="customer")
    if not PushSubscription.objects.exists():
        PushSubscription.objects.bulk_create(
            PushSubscription(user=user, endpoint=each["endpoint"], **each["keys"])
            for each in json.loads(subscriptions.read_text(encoding="utf-8"))
        )
    devices = list(PushSubscription.objects.order_by("pk"))
    tags = [uuid4() for _ in range(count)]
    PushMessage.objects.bulk_create(
        PushMessage(subscription=devices[number % len(devices)], tag=tag, title=TITLE, body=BODY)
        for number, tag in enumerate(tags)
    )
    for key in PushMessage.objects.filter(tag__in=tags).values_list("pk", flat=True):
        send_push.delay(key)
    print(json.dumps({"tags": [str(tag) for tag in tags]}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
