"""Several people at the same moment: real threads, each with its own connection."""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from django.db import connections

from core.errors import PaidanError


PATIENCE_SECONDS = 120


def race(*steps: Callable[[], Any]) -> list[Any]:
    """Run the steps at once; return what each answered, or the refusal it met."""
    start = threading.Barrier(len(steps))

    def run(step: Callable[[], Any]) -> Any:
        try:
            start.wait(PATIENCE_SECONDS)
            return step()
        except PaidanError as refusal:
            return refusal
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(steps)) as pool:
        futures: list[Future[Any]] = [pool.submit(run, step) for step in steps]
        return [future.result(PATIENCE_SECONDS) for future in futures]


def refusals(outcomes: list[Any]) -> list[PaidanError]:
    """Return only what was refused."""
    return [outcome for outcome in outcomes if isinstance(outcome, PaidanError)]
