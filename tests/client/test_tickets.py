"""Where a client's tickets come from."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web

from realtime.client_terms import NoTicket, http_ticket, share_ticket, take_ticket


@asynccontextmanager
async def ticket_office(
    asked: list[tuple[str | None, Any]], *, status: int = 200
) -> AsyncIterator[str]:
    """Issue tickets, and note with what they were asked for."""

    async def issue(request: web.Request) -> web.Response:
        body = await request.json() if request.can_read_body else None
        asked.append((request.headers.get("Authorization"), body))
        return web.json_response({"ticket": "t", "expires_in": 60}, status=status)

    application = web.Application()
    application.router.add_post("/api/v1/realtime/ticket", issue)
    runner = web.AppRunner(application)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


class TestTicketSource:
    @pytest.mark.parametrize("status", [401, 403, 404, 410])
    async def test_says_when_asking_is_in_vain(self, status: int) -> None:
        async with ticket_office([], status=status) as base:
            with pytest.raises(NoTicket):
                await take_ticket(share_ticket(base, "link"))

    @pytest.mark.parametrize("status", [429, 500, 503])
    async def test_is_asked_again_later(self, status: int) -> None:
        async with ticket_office([], status=status) as base:
            assert await take_ticket(share_ticket(base, "link")) is None

    async def test_of_a_person_shows_their_token(self) -> None:
        asked: list[tuple[str | None, Any]] = []
        async with ticket_office(asked) as base:
            assert await http_ticket(base, "secret")() == "t"
        assert asked == [("Bearer secret", None)]

    async def test_of_a_guest_shows_the_share_link_and_nobody(self) -> None:
        asked: list[tuple[str | None, Any]] = []
        async with ticket_office(asked) as base:
            assert await share_ticket(base, "link")() == "t"
        assert asked == [(None, {"share": "link"})]
