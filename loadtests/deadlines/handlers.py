"""What happens when a probe is due: it leaves a row that says when, and who acted."""

import os
from uuid import UUID

from core.deadlines.registry import deadline_handler
from core.events.work import Work
from core.statements import execute
from loadtests.deadlines.probes import ACT, KIND


@deadline_handler(KIND)
def act(subject: UUID, work: Work) -> None:  # noqa: ARG001  as all handlers are called
    """Leave the row."""
    execute(ACT.encode(), [subject.hex, os.getpid()])
