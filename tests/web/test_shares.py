"""The address of a share link: it leads to the client, and keeps its secret."""

import pytest
from django.test import Client
from django.urls import reverse

from core.clock import now
from core.orders.models import Order
from realtime.shares import PAGE_PATH, issue_share, page_url
from tests.builders import make_merchant, make_person, place
from tests.web.test_pages import client_of


pytestmark = pytest.mark.django_db


@pytest.fixture
def order() -> Order:
    return place(make_merchant(), make_person("Secret"), now=now())


@pytest.fixture
def path(order: Order) -> str:
    token, _ends_at = issue_share(order, now=now())
    return f"{PAGE_PATH}{token}"


def test_stands_where_links_lead() -> None:
    assert reverse("web:share", args=["a.b~1"]) == f"{PAGE_PATH}a.b~1"
    assert page_url("a").endswith(f"{PAGE_PATH}a")


class TestAddress:
    def test_leads_everybody_to_the_client(self, path: str, order: Order) -> None:
        token = path.removeprefix(PAGE_PATH)
        for client in (Client(), client_of(order.customer)):
            answer = client.get(path)
            assert (answer.status_code, answer["Location"]) == (302, f"/app/share/index#{token}")

    def test_takes_nothing(self, path: str) -> None:
        assert Client().post(path).status_code == 405


class TestSecret:
    def test_is_left_to_no_cache_index_or_other_site(self, path: str) -> None:
        for each in (path, f"{PAGE_PATH}wrong"):
            answer = Client().get(each)
            assert answer["Referrer-Policy"] == "no-referrer"
            assert answer["X-Robots-Tag"] == "noindex"
            assert answer["Cache-Control"] == "no-store"

    def test_stands_in_no_log(
        self, path: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        def fail(_address: str) -> None:
            raise RuntimeError

        monkeypatch.setattr("web.links.HttpResponseRedirect", fail)
        assert Client(raise_request_exception=False).get(path).status_code == 500
        assert PAGE_PATH in caplog.text
        assert path not in caplog.text
