"""Who may join what, and which pages may use a cookie."""

from uuid import UUID

import pytest

from core.errors import NotFound
from realtime.authorisation import (
    Standing,
    may_join,
    may_stream_with_cookie,
    may_use_cookie,
)
from realtime.topics import Topic, TopicKind, parse_topic


ME = UUID(int=1)
OTHER = UUID(int=2)
NOBODY = Standing(person_id=ME)
OPERATOR = Standing(person_id=ME, is_operator=True)


class TestMayJoin:
    @pytest.mark.parametrize("kind", TopicKind)
    def test_refuses_a_stranger(self, kind: TopicKind) -> None:
        assert not may_join(Topic(kind, OTHER), NOBODY)

    @pytest.mark.parametrize("kind", TopicKind)
    def test_shows_operators_all_but_inboxes(self, kind: TopicKind) -> None:
        assert may_join(Topic(kind, OTHER), OPERATOR) is (kind is not TopicKind.USER)

    def test_lets_everybody_into_their_own_inbox(self) -> None:
        assert may_join(Topic(TopicKind.USER, ME), NOBODY)

    def test_lets_staff_see_their_board(self) -> None:
        staff = Standing(person_id=ME, is_staff=True)
        assert may_join(Topic(TopicKind.MERCHANT, OTHER), staff)

    def test_lets_those_who_take_part_see_an_order(self) -> None:
        courier = Standing(person_id=ME, roles_in_order=frozenset({"courier"}))
        assert may_join(Topic(TopicKind.ORDER, OTHER), courier)

    def test_lets_a_guest_see_the_shared_order_and_nothing_else(self) -> None:
        guest = Standing(person_id=None, shared_order_id=OTHER)
        seen = [kind for kind in TopicKind if may_join(Topic(kind, OTHER), guest)]
        assert seen == [TopicKind.ORDER]
        assert not may_join(Topic(TopicKind.ORDER, ME), guest)

    @pytest.mark.parametrize("is_courier", [True, False])
    def test_lets_couriers_see_their_own_jobs(self, *, is_courier: bool) -> None:
        somebody = Standing(person_id=ME, is_courier=is_courier)
        assert may_join(Topic(TopicKind.COURIER, ME), somebody) is is_courier


class TestMayUseCookie:
    @pytest.mark.parametrize("origin", ["https://shop.example", "https://a.paidan.example"])
    def test_trusts_our_own_pages(self, origin: str) -> None:
        assert may_use_cookie(origin, "shop.example", ["https://*.paidan.example"])

    @pytest.mark.parametrize(
        "origin", [None, "", "null", "https://evil.example", "https://paidan.example.evil.example"]
    )
    def test_trusts_no_other(self, origin: str | None) -> None:
        assert not may_use_cookie(origin, "shop.example", ["https://*.paidan.example"])


class TestMayStreamWithCookie:
    @pytest.mark.parametrize("site", [None, "same-origin", "none"])
    def test_trusts_our_own_pages_which_name_no_origin(self, site: str | None) -> None:
        assert may_stream_with_cookie(None, "shop.example", site, [])

    @pytest.mark.parametrize("site", ["cross-site", "same-site", "anything"])
    def test_trusts_no_other(self, site: str) -> None:
        assert not may_stream_with_cookie(None, "shop.example", site, [])

    def test_believes_the_origin_first(self) -> None:
        foreign = "https://evil.example"
        assert not may_stream_with_cookie(foreign, "shop.example", "same-origin", [])


class TestParseTopic:
    def test_reads_the_canonical_spelling(self) -> None:
        assert parse_topic(f"order:{ME}") == Topic(TopicKind.ORDER, ME)

    @pytest.mark.parametrize(
        "text", ["", "order", f"shop:{ME}", f"order:{{{ME}}}", f"order:{ME.hex}"]
    )
    def test_hides_everything_else(self, text: str) -> None:
        with pytest.raises(NotFound):
            parse_topic(text)
