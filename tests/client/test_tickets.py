"""Where a client's tickets come from."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

from realtime.client_terms import http_ticket, share_ticket


@asynccontextmanager
async def ticket_office(asked: list[tuple[str | None, Any]]) -> AsyncIterator[str]:
    """Issue tickets, and note with what they were asked for."""

    async def issue(request: web.Request) -> web.Response:
        body = await request.json() if request.can_read_body else None
        asked.append((request.headers.get("Authorization"), body))
        return web.json_response({"ticket": "t", "expires_in": 60})

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
