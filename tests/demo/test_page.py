"""The demonstration's page, and that it is nowhere else."""

import pytest
from django.test import Client
from django.urls import include, path

from core.clock import now
from core.people.models import Person
from urls import urlpatterns as product_urls
from web.demo import city
from web.demo.seed import seed_city


urlpatterns = [*product_urls, path("", include("web.demo.urls"))]


@pytest.fixture
def visitor() -> Client:
    """A browser that has never been here."""
    seed_city(now=now())
    return Client()


@pytest.mark.django_db
@pytest.mark.urls("tests.demo.test_page")
class TestPage:
    def test_makes_a_visitor_the_operator(self, visitor: Client) -> None:
        page = visitor.get("/demo")
        assert page.status_code == 200
        assert 'data-pane="operator"' in page.content.decode()

    def test_lets_a_visitor_become_a_shop(self, visitor: Client) -> None:
        owner = Person.objects.get(phone=city.staff_phone(0, 1))
        answer = visitor.post(f"/demo/enter/{owner.pk}", follow=True)
        assert answer.redirect_chain[-1][0].startswith("/board/")

    def test_lets_nobody_become_a_stranger(self, visitor: Client) -> None:
        stranger = Person.objects.create_user("+8613812345678", "secret-word", name="Somebody")
        assert visitor.post(f"/demo/enter/{stranger.pk}").status_code == 404

    def test_offers_a_scene(self, visitor: Client) -> None:
        visitor.get("/demo")
        assert visitor.get("/demo/scene").json()["board"].startswith("/board/")


@pytest.mark.django_db
class TestProduct:
    def test_has_no_such_page(self) -> None:
        assert Client().get("/demo").status_code == 404
