"""The page of a share link: for whom, for how long, and what it keeps to itself."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from core.clock import now
from core.orders.models import Order
from realtime.shares import AFTER_END, PAGE_PATH, issue_share, page_url
from tests.builders import make_merchant, make_person, place
from tests.web.test_pages import INLINE_SCRIPT, client_of


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


class TestPage:
    def test_is_for_everybody(self, path: str, order: Order) -> None:
        for client in (Client(), client_of(order.customer), client_of(make_person())):
            answer = client.get(path)
            assert answer.status_code == 200
            assert f'"order_id": "{order.pk}"' in answer.content.decode()

    def test_tells_of_nobody(self, path: str, order: Order) -> None:
        # Not four digits, which stand in any long id.
        Order.objects.filter(pk=order.pk).update(handover_code="#code#")
        text = Client().get(path).content.decode()
        assert not [secret for secret in ("Secret", "+86", "#code#") if secret in text]

    def test_speaks_the_language_it_is_asked_for(self, path: str) -> None:
        assert 'lang="zh-CN"' in Client().get(path).content.decode()
        assert 'lang="en"' in Client().get(f"{path}?locale=en").content.decode()

    def test_has_no_script_or_style_of_its_own(self, path: str) -> None:
        assert not INLINE_SCRIPT.search(Client().get(path).content.decode())

    def test_takes_nothing(self, path: str) -> None:
        assert Client().post(path).status_code == 405


class TestEnd:
    def test_is_told(self, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
        later = now() + timedelta(hours=3)
        monkeypatch.setattr("web.shares.moment_of", lambda _request: later)
        answer = Client().get(path)
        assert answer.status_code == 410
        assert "链接已过期" in answer.content.decode()

    def test_comes_with_the_orders(self, path: str, order: Order) -> None:
        Order.objects.filter(pk=order.pk).update(state="completed", ended_at=now() - AFTER_END)
        assert Client().get(path).status_code == 410

    def test_is_not_that_of_a_wrong_link(self) -> None:
        answer = Client().get(f"{PAGE_PATH}wrong")
        assert answer.status_code == 404
        assert "链接无效" in answer.content.decode()


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
        def fail(_token: str, **_options: object) -> None:
            raise RuntimeError

        monkeypatch.setattr("web.shares.read_share", fail)
        assert Client(raise_request_exception=False).get(path).status_code == 500
        assert PAGE_PATH in caplog.text
        assert path not in caplog.text
