"""CPU and statements of the parts of one plan."""

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from django.db import connection

from dispatch.matching import decide
from dispatch.zones import plans
from dispatch.zones.picture import read_picture


class Meter:
    """Sums what the picture, the decision and the whole have cost since it was made."""

    def __init__(self) -> None:
        self.cpu_ms: defaultdict[str, float] = defaultdict(float)
        self.statements: Counter[str] = Counter()
        self._said = 0

    @contextmanager
    def on(self) -> Iterator[None]:
        """Measure whatever is planned meanwhile."""
        with (
            connection.execute_wrapper(self._count),
            patch.object(plans, "read_picture", self.part("picture", read_picture)),
            patch.object(plans, "decide", self.part("decision", decide)),
        ):
            yield

    def part(self, name: str, do: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function, with its cost noted under the name."""

        def measured(*given: Any, **options: Any) -> Any:
            said, began = self._said, time.process_time()
            try:
                return do(*given, **options)
            finally:
                self.cpu_ms[name] += 1000 * (time.process_time() - began)
                self.statements[name] += self._said - said

        return measured

    def _count(self, execute: Callable[..., Any], *given: Any) -> Any:
        self._said += 1
        return execute(*given)
