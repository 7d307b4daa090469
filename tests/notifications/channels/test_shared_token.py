"""One token for the whole process, fetched once however many want it."""

import asyncio
import threading
from collections.abc import Awaitable, Callable

import pytest

from notifications.channels.exchange import NoReplyError
from notifications.channels.result import Outcome, SendResult
from notifications.channels.shared_token import INTERRUPTED, AccessToken, SharedToken


NOW = 1_000_000.0


class Vendor:
    """Gives tokens when it is let, and counts them."""

    def __init__(self, *, lasts: float = 3600.0) -> None:
        self.count = 0
        self.asked = asyncio.Event()
        self.open = asyncio.Event()
        self._lasts = lasts

    async def fetch(self) -> AccessToken:
        self.count += 1
        self.asked.set()
        await self.open.wait()
        return AccessToken(value=f"t{self.count}", expires_at=NOW + self._lasts)


@pytest.fixture
def shared() -> SharedToken:
    return SharedToken(clock=lambda: NOW)


class TestGet:
    async def test_fetches_once_for_all_who_wait(self, shared: SharedToken) -> None:
        vendor = Vendor()
        waiting = [asyncio.create_task(shared.get(vendor.fetch)) for _ in range(20)]
        await vendor.asked.wait()
        vendor.open.set()
        assert await asyncio.gather(*waiting) == ["t1"] * 20
        assert vendor.count == 1

    async def test_replaces_what_was_refused_once(self, shared: SharedToken) -> None:
        vendor = Vendor()
        vendor.open.set()
        old = await shared.get(vendor.fetch)
        again = [shared.get(vendor.fetch, refused=old) for _ in range(20)]
        assert set(await asyncio.gather(*again)) == {"t2"}
        assert vendor.count == 2

    async def test_replaces_what_ends_soon(self, shared: SharedToken) -> None:
        vendor = Vendor(lasts=299.0)
        vendor.open.set()
        assert [await shared.get(vendor.fetch) for _ in range(2)] == ["t1", "t2"]

    async def test_fails_for_all_and_then_tries_again(self, shared: SharedToken) -> None:
        vendor = Vendor()

        async def refuse() -> AccessToken:
            await vendor.fetch()
            raise NoReplyError(SendResult(Outcome.RETRY, "busy"))

        waiting = [asyncio.create_task(shared.get(refuse)) for _ in range(5)]
        await vendor.asked.wait()
        vendor.open.set()
        ends = await asyncio.gather(*waiting, return_exceptions=True)
        assert [type(each) for each in ends] == [NoReplyError] * 5
        assert await shared.get(vendor.fetch) == "t2"

    async def test_leaves_nobody_waiting_when_the_first_gives_up(
        self, shared: SharedToken
    ) -> None:
        vendor = Vendor()
        first = asyncio.create_task(shared.get(vendor.fetch))
        await vendor.asked.wait()
        second = asyncio.create_task(shared.get(vendor.fetch))
        await asyncio.sleep(0)  # it waits for the first by now
        first.cancel()
        with pytest.raises(NoReplyError) as raised:
            await second
        assert raised.value.result.code == INTERRUPTED

    async def test_goes_on_when_one_who_waits_gives_up(self, shared: SharedToken) -> None:
        vendor = Vendor()
        first = asyncio.create_task(shared.get(vendor.fetch))
        await vendor.asked.wait()
        second = asyncio.create_task(shared.get(vendor.fetch))
        await asyncio.sleep(0)
        second.cancel()
        vendor.open.set()
        assert await first == "t1"

    def test_fetches_once_for_threads_with_loops_of_their_own(self, shared: SharedToken) -> None:
        let, asked, count = threading.Event(), threading.Event(), 0

        async def fetch() -> AccessToken:
            nonlocal count
            count += 1
            asked.set()
            await asyncio.to_thread(let.wait)
            return AccessToken(value="t", expires_at=NOW + 3600)

        found: list[str] = []
        threads = [_in_thread(lambda: shared.get(fetch), found)]
        asked.wait()
        threads += [_in_thread(lambda: shared.get(fetch), found) for _ in range(4)]
        let.set()
        for thread in threads:
            thread.join()
        assert (found, count) == (["t"] * 5, 1)


def _in_thread(get: Callable[[], Awaitable[str]], found: list[str]) -> threading.Thread:
    async def live() -> None:
        found.append(await get())

    thread = threading.Thread(target=lambda: asyncio.run(live()))
    thread.start()
    return thread
