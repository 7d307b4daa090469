"""Who may join what, and which pages may use a cookie."""

from uuid import UUID

import pytest

from core.errors import NotFound
from realtime.authorisation import Standing, may_join, may_use_cookie
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


class TestParseTopic:
    def test_reads_the_canonical_spelling(self) -> None:
        assert parse_topic(f"order:{ME}") == Topic(TopicKind.ORDER, ME)

    @pytest.mark.parametrize(
        "text", ["", "order", f"shop:{ME}", f"order:{{{ME}}}", f"order:{ME.hex}"]
    )
    def test_hides_everything_else(self, text: str) -> None:
        with pytest.raises(NotFound):
            parse_topic(text)
