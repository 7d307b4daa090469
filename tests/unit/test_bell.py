"""The bell: what is rung together travels together."""

import asyncio
from typing import Any

from core.bell import Bell


class TestRinging:
    async def test_joins_lists_and_keeps_the_oldest_moment(self) -> None:
        bell, heard = Bell(), asyncio.Queue[dict[str, Any]]()
        bell.attach(asyncio.get_running_loop())
        bell.listen("test-bell", heard.put_nowait)
        # Who listens has joined once a message of its own arrives.
        message: dict[str, Any] = {}
        while not message.get("ready"):
            bell.ring("test-bell", {"ready": True})
            try:
                message = await asyncio.wait_for(heard.get(), timeout=0.1)
            except TimeoutError:
                continue
        for number in (1, 2, 3):
            bell.ring("test-bell", {"ev": [number], "sent": float(number)})
        async with asyncio.timeout(10):
            while "ev" not in message:
                message = await heard.get()
        assert (message["ev"], message["sent"]) == ([1, 2, 3], 1.0)
