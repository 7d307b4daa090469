"""Learning is a deadline that sets itself again, so that any number of dispatchers do it once."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from core.deadlines.commands import set_deadline
from core.deadlines.models import Deadline
from core.deadlines.registry import deadline_handler
from core.events.facts import SYSTEM
from core.events.work import Work, unit_of_work
from dispatch.habits.commands import learn_habits


DEADLINE_LEARN: Final = "dispatch.learn"
SUBJECT: Final = UUID(int=2)
"""There is one such job per database."""
BETWEEN: Final = timedelta(minutes=10)
BETWEEN_BATCHES: Final = timedelta(seconds=1)


def ensure_learning(*, now: datetime) -> None:
    """Promise the next look at history unless it is promised already."""
    with unit_of_work(now=now, actor=SYSTEM):
        Deadline.objects.get_or_create(
            kind=DEADLINE_LEARN, subject=SUBJECT, defaults={"due_at": now}
        )


@deadline_handler(DEADLINE_LEARN)
def learn(subject: UUID, work: Work) -> None:
    """Learn from one batch; come back soon while there is more."""
    pause = BETWEEN_BATCHES if learn_habits(now=work.now) else BETWEEN
    set_deadline(DEADLINE_LEARN, subject=subject, due_at=work.now + pause, work=work)
