"""The worker of the `deadlines` question's peer: a task that leaves a row, as late as asked.

Options as Celery's documentation recommends for work that must not be lost: late acknowledgement,
again when a worker is lost, one message at a time, and a visibility timeout above the longest
countdown. It looks for what was not acknowledged every 10 seconds; its default would be 100.
"""

import os
from typing import Any

import MySQLdb
from celery import Celery
from dj_database_url import parse

from loadtests.deadlines.probes import ACT


app = Celery("deadlines", broker=os.environ["REDIS_URL"])
app.conf.update(
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    task_ignore_result=True,
    worker_prefetch_multiplier=1,
    broker_connection_retry_on_startup=True,
    broker_transport_options={
        "visibility_timeout": int(os.environ["VISIBILITY_SECONDS"]),
        "unacked_restore_throttle": 1,
    },
)
_links: list[Any] = []


def _link() -> Any:
    if not _links:
        found = parse(os.environ["DATABASE_URL"])
        _links.append(
            MySQLdb.connect(
                host=found["HOST"],
                port=int(found["PORT"]),
                user=found["USER"],
                database=found["NAME"],
                autocommit=True,
            )
        )
    return _links[0]


@app.task
def act(subject: str) -> None:
    with _link().cursor() as cursor:
        cursor.execute(ACT, (subject, os.getpid()))
