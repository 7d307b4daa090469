"""The wall's own API: who is at which pane, a log-in for each, and that it is nowhere else."""

from typing import Any

import pytest
from django.test import Client
from django.urls import include, path

from core.clock import now
from core.people.models import Person
from core.people.tokens import get_person_by_token
from urls import urlpatterns as product_urls
from web.demo import city
from web.demo.phones import flatten
from web.demo.seed import seed_city


urlpatterns = [*product_urls, path("", include("web.demo.urls"))]
WALL = {"X-Paidan-Wall": "1"}


@pytest.fixture
def wall() -> Client:
    """A wall of a city in which nothing has happened yet."""
    seed_city(now=now())
    return Client(headers=WALL)


def enter(wall: Client, person: Person) -> Any:
    body = {"person": str(person.pk)}
    return wall.post("/demo/api/sessions", body, content_type="application/json")


@pytest.mark.django_db
@pytest.mark.urls("tests.demo.test_wall")
class TestWall:
    def test_is_a_screen_of_the_client(self, wall: Client) -> None:
        assert wall.get("/demo").headers["Location"] == "/app/demo/index"

    def test_shows_two_boards_of_one_shop(self, wall: Client) -> None:
        panes = wall.get("/demo/api/scene").json()["panes"]
        assert panes["board-a"]["screen"] == panes["board-b"]["screen"]
        assert panes["board-a"]["person"] != panes["board-b"]["person"]

    def test_shows_no_order_before_there_is_one(self, wall: Client) -> None:
        scene = wall.get("/demo/api/scene?order=nonsense").json()
        assert scene["order"] is None
        assert scene["panes"]["tracking"] is None
        assert scene["panes"]["courier"]["name"] == city.COURIER_NAMES[0]

    def test_logs_a_pane_in(self, wall: Client) -> None:
        owner = Person.objects.get(phone=city.staff_phone(0, 1))
        session = enter(wall, owner).json()
        assert get_person_by_token(session["token"], now=now()) == owner
        assert session["person"]["memberships"][0]["is_owner"]

    def test_logs_nobody_in_as_a_stranger(self, wall: Client) -> None:
        stranger = Person.objects.create_user("+8613812345678", "secret-word", name="Somebody")
        assert enter(wall, stranger).status_code == 404

    def test_answers_no_other_site(self, wall: Client) -> None:
        assert Client().get("/demo/api/scene").status_code == 403


class TestPhones:
    def test_lists_every_message_with_its_person(self) -> None:
        card = {
            "shown_at": "2026-01-01T00:00:02Z",
            "message": {"title": "新订单", "body": "#1"},
        }
        text = {"shown_at": "2026-01-01T00:00:01Z", "text": "您有新订单"}
        tablet = {"phone": "+861", "person": "老张", "label": "店长", "cards": [card]}
        bare = {"phone": "+861", "person": "", "label": "+861", "cards": []}
        phones = [{**tablet, "sms": [], "calls": []}, {**bare, "sms": [text], "calls": [text]}]
        messages = list(flatten(phones))
        assert [message["kind"] for message in messages] == ["push", "sms", "call"]
        assert {message["person"] for message in messages} == {"老张"}


@pytest.mark.django_db
class TestProduct:
    def test_has_no_wall(self) -> None:
        assert Client(headers=WALL).get("/demo").status_code == 404
        assert Client(headers=WALL).get("/demo/api/scene").status_code == 404
