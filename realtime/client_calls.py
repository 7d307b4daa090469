"""What a client has asked and waits for: numbered questions, and unanswered commands."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

from realtime.client_terms import Ended, Refused
from realtime.protocol import Cmd, Err


@dataclass(slots=True)
class Calls:
    """Numbers for questions, and the futures of their answers."""

    commands: dict[int, Cmd] = field(default_factory=dict)
    """Commands without an answer: sent again after a reconnect, under the same key."""
    _old: frozenset[int] = frozenset()
    _last: int = 0
    _waiting: dict[int, asyncio.Future[dict[str, Any]]] = field(default_factory=dict)

    def number(self) -> int:
        """Return a number that was not used before."""
        self._last += 1
        return self._last

    def expect(self) -> int:
        """Return the number of a question whose answer somebody will wait for."""
        number = self.number()
        self._waiting[number] = asyncio.get_running_loop().create_future()
        return number

    async def answer(self, number: int) -> dict[str, Any]:
        """Wait for the answer.

        :raises Refused: when it is a refusal.
        :raises Ended: when the server closed for good first.
        """
        try:
            return await self._waiting[number]
        finally:
            del self._waiting[number]

    def settle(self, number: int, answer: dict[str, Any]) -> None:
        """Give the answer to who waits."""
        future = self._waiting.get(number)
        if future is not None and not future.done():
            future.set_result(answer)

    def refuse(self, number: int, frame: Err) -> bool:
        """Give the refusal to who waits; say whether anybody did."""
        future = self._waiting.get(number)
        if future is None or future.done():
            return False
        future.set_exception(Refused(frame))
        return True

    def take_old_commands(self) -> list[Cmd]:
        """Commands that were unanswered the last time somebody asked, and still are."""
        old, self._old = self._old, frozenset(self.commands)
        return [self.commands[number] for number in sorted(old & self._old)]

    def end(self, ended: Ended) -> None:
        """Tell everybody that no answer will come."""
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(ended)
                future.exception()  # somebody may have stopped waiting for it
