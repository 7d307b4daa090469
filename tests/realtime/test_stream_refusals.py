"""Who and what is refused at `/api/v1/stream`: problem documents, before any frame."""

from contextlib import closing
from http.client import HTTPConnection
from uuid import uuid4

import pytest
from asgiref.sync import sync_to_async
from django.conf import settings
from django.test import Client as Browser

from core.clock import now
from core.people.tokens import issue_token, revoke_token
from realtime.cursors import CURSOR_CHARACTERS, TOPICS
from tests.realtime.conftest import Shop, make_person
from tests.realtime.streams import requested


NOW = {"wait": "0"}


async def answer_to(
    shop: Shop, *topics: str, headers: dict[str, str] | None = None, **query: str
) -> tuple[int, str]:
    """Status and code of the answer to a poll that does not wait."""
    async with requested(
        shop.node, *(topics or [shop.topic]), query=NOW | query, headers=headers
    ) as found:
        body = await found.json()
        return found.status, body.get("code", "")


def cookie_of(shop: Shop) -> str:
    browser = Browser()
    browser.force_login(shop.person)
    return f"{settings.SESSION_COOKIE_NAME}={browser.cookies[settings.SESSION_COOKIE_NAME].value}"


class TestWho:
    async def test_is_nobody(self, shop: Shop) -> None:
        async with requested(shop.node, shop.topic) as found:
            assert (found.status, (await found.json())["code"]) == (401, "unauthenticated")
            assert found.headers["WWW-Authenticate"] == 'Bearer realm="paidan"'
            assert found.headers["Content-Type"] == "application/problem+json"

    async def test_has_a_ticket(self, shop: Shop) -> None:
        assert await answer_to(shop, ticket=await shop.ticket()) == (200, "")

    async def test_has_a_token(self, shop: Shop) -> None:
        token = await sync_to_async(issue_token)(person=shop.person, label="test", now=now())
        bearer = {"Authorization": f"Bearer {token}"}
        assert await answer_to(shop, headers=bearer) == (200, "")
        await sync_to_async(revoke_token)(token, now=now())
        assert await answer_to(shop, headers=bearer) == (401, "unauthenticated")

    @pytest.mark.parametrize("header", ["Bearer no", "Basic x", "Bearer", ""])
    async def test_shows_what_is_no_token(self, shop: Shop, header: str) -> None:
        cookie = await sync_to_async(cookie_of)(shop)
        headers = {"Authorization": header, "Cookie": cookie}
        assert await answer_to(shop, headers=headers) == (401, "unauthenticated")

    @pytest.mark.parametrize("ticket", ["forged", "x" * 512])
    async def test_shows_what_is_no_ticket(self, shop: Shop, ticket: str) -> None:
        cookie = {"Cookie": await sync_to_async(cookie_of)(shop)}
        assert await answer_to(shop, ticket=ticket, headers=cookie) == (401, "unauthenticated")

    async def test_is_gone(self, shop: Shop) -> None:
        ticket = await shop.ticket()
        shop.person.is_active = False
        await sync_to_async(shop.person.save)()
        assert await answer_to(shop, ticket=ticket) == (401, "unauthenticated")


class TestCookie:
    @pytest.mark.parametrize(
        "headers",
        [{}, {"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"}, {"Origin": "own"}],
        ids=["bare", "page", "typed", "named"],
    )
    async def test_of_our_own_page_counts(self, shop: Shop, headers: dict[str, str]) -> None:
        own = f"http://127.0.0.1:{shop.node.port}"
        sent = {name: own if value == "own" else value for name, value in headers.items()}
        sent["Cookie"] = await sync_to_async(cookie_of)(shop)
        assert await answer_to(shop, headers=sent) == (200, "")

    @pytest.mark.parametrize(
        "headers",
        [
            {"Origin": "https://evil.example"},
            {"Origin": "null"},
            {"Sec-Fetch-Site": "cross-site"},
            {"Sec-Fetch-Site": "same-site"},
        ],
    )
    async def test_of_a_foreign_page_does_not(self, shop: Shop, headers: dict[str, str]) -> None:
        sent = headers | {"Cookie": await sync_to_async(cookie_of)(shop)}
        assert await answer_to(shop, headers=sent) == (401, "unauthenticated")


class TestTopics:
    @pytest.mark.parametrize("kind", ["merchant", "order", "courier", "user", "zone"])
    async def test_hide_what_is_not_ours(self, shop: Shop, kind: str) -> None:
        foreign = f"{kind}:{uuid4()}"
        ticket = await shop.ticket()
        assert await answer_to(shop, shop.topic, foreign, ticket=ticket) == (404, "not_found")

    @pytest.mark.parametrize("topic", ["", "merchant", "shop:1", "merchant:1", "order:X"])
    async def test_hide_what_is_none(self, shop: Shop, topic: str) -> None:
        status, _ = await answer_to(shop, topic, ticket=await shop.ticket())
        assert status == (404 if topic else 422)

    async def test_are_neither_none_nor_many_nor_twice(self, shop: Shop) -> None:
        async with requested(shop.node) as found:
            assert found.status == 422
        many = [f"user:{uuid4()}" for _ in range(TOPICS + 1)]
        assert await answer_to(shop, *many) == (422, "validation_failed")
        assert await answer_to(shop, shop.topic, shop.topic) == (422, "validation_failed")

    async def test_follow_the_rights_of_the_moment(self, shop: Shop) -> None:
        other = Shop(shop.node, await sync_to_async(make_person)())
        ticket = await other.ticket()
        assert await answer_to(other, shop.topic, ticket=ticket) == (404, "not_found")


class TestCursor:
    @pytest.mark.parametrize(
        "cursor",
        ["0", "2", "1~", "1~x", "1~m.1.e", "1~q" + "A" * 22 + ".1.e", "1~m" + "A" * 22 + ".-1.e",
         "1~m" + "A" * 22 + ".1.", "1" * (CURSOR_CHARACTERS + 1)],
    )  # fmt: skip
    async def test_is_refused_when_it_is_none(self, shop: Shop, cursor: str) -> None:
        ticket = await shop.ticket()
        assert await answer_to(shop, ticket=ticket, since=cursor) == (422, "bad_cursor")
        headers = {"Last-Event-ID": cursor}
        assert await answer_to(shop, ticket=ticket, headers=headers) == (422, "bad_cursor")


class TestMethod:
    @pytest.mark.parametrize("method", ["HEAD", "POST", "PUT", "DELETE", "OPTIONS"])
    async def test_is_get_alone(self, shop: Shop, method: str) -> None:
        def ask() -> tuple[int, str | None, int]:
            with closing(HTTPConnection("127.0.0.1", shop.node.port, timeout=90)) as connection:
                connection.request(method, "/api/v1/stream?topic=x", body=b"")
                found = connection.getresponse()
                return found.status, found.getheader("Allow"), len(found.read())

        status, allow, length = await sync_to_async(ask)()
        assert (status, allow, length == 0) == (405, "GET", method == "HEAD")


class TestAdmission:
    async def test_is_metered(self, crowded_shop: Shop) -> None:
        ticket = await crowded_shop.ticket()
        found = [await answer_to(crowded_shop, ticket=ticket) for _ in range(4)]
        assert found[-1] == (503, "overload")
