"""Share links over HTTP: who makes one, what it gives, when it ends."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from core.clock import now
from core.environment import environment
from core.orders.models import Order
from realtime.shares import AFTER_END, read_share
from realtime.tickets import read_ticket
from realtime.visitors import Guest
from tests.api.town import Town, caller


pytestmark = pytest.mark.django_db


def share(town: Town, order: dict[str, Any]) -> dict[str, Any]:
    answer = town.customer.post(f"/orders/{order['id']}/share")
    assert answer.status_code == 200, answer.content
    found: dict[str, Any] = answer.json()
    return found


def ask_for_ticket(token: str) -> tuple[int, dict[str, Any]]:
    """Ask as somebody who is not logged in."""
    answer = Client().post(
        "/api/v1/realtime/ticket", {"share": token}, content_type="application/json"
    )
    return answer.status_code, answer.json()


class TestMaking:
    def test_gives_a_link_that_anybody_can_open(self, town: Town) -> None:
        made = share(town, town.place())
        assert made["url"] == f"{environment().public_url}/t/{made['token']}"
        assert made["token"].isascii()
        assert not set(made["token"]) & set(":/?#&=% ")

    def test_is_for_the_customer_alone(self, town: Town) -> None:
        path = f"/orders/{town.place()['id']}/share"
        assert town.staff.post(path).status_code == 403
        assert caller(is_operator=True).post(path).status_code == 403
        assert caller().post(path).status_code == 404
        assert town.customer.post(f"/orders/{uuid4()}/share").status_code == 404

    def test_is_refused_long_after_the_end(self, town: Town) -> None:
        order = town.place()
        Order.objects.filter(pk=order["id"]).update(state="completed", ended_at=now() - AFTER_END)
        answer = town.customer.post(f"/orders/{order['id']}/share")
        assert (answer.status_code, answer.json()["code"]) == (409, "order_ended")

    def test_of_an_order_that_has_ended_lasts_no_longer_than_that(self, town: Town) -> None:
        order = town.place()
        ended_at = now() - AFTER_END / 2
        Order.objects.filter(pk=order["id"]).update(state="completed", ended_at=ended_at)
        guest = read_share(share(town, order)["token"], now=now())
        assert guest.ends_at == (ended_at + AFTER_END).replace(microsecond=0)


class TestTicket:
    def test_of_a_link_is_a_guests(self, town: Town) -> None:
        order = town.place()
        status, answer = ask_for_ticket(share(town, order)["token"])
        assert status == 200
        guest = read_ticket(answer["ticket"])
        assert isinstance(guest, Guest)
        assert str(guest.order_id) == order["id"]

    def test_is_a_guests_even_for_somebody_who_is_logged_in(self, town: Town) -> None:
        token = share(town, town.place())["token"]
        answer = town.staff.post("/realtime/ticket", {"share": token}).json()
        assert isinstance(read_ticket(answer["ticket"]), Guest)

    def test_without_a_link_is_the_callers(self, town: Town) -> None:
        for body in (None, {}, {"share": None}):
            answer = town.staff.post("/realtime/ticket", body).json()
            assert read_ticket(answer["ticket"]) == town.staff.person.pk

    def test_without_link_and_log_in_is_refused(self) -> None:
        answer = Client().post("/api/v1/realtime/ticket", content_type="application/json")
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")

    def test_of_a_session_needs_its_csrf_token(self, town: Town) -> None:
        browser = Client(enforce_csrf_checks=True)
        browser.force_login(town.staff.person)
        answer = browser.post("/api/v1/realtime/ticket", content_type="application/json")
        assert (answer.status_code, answer.json()["code"]) == (403, "csrf_failed")

    @pytest.mark.parametrize("change", ["", "x", "longer", "swap"])
    def test_of_a_forged_link_is_refused(self, town: Town, change: str) -> None:
        mine, other = (share(town, town.place())["token"] for _ in range(2))
        token = {
            "": "",
            "x": "x",
            "longer": mine.replace("~", "~9", 1),
            "swap": other.partition("~")[0] + "~" + mine.partition("~")[2],
        }[change]
        status, answer = ask_for_ticket(token)
        assert (status, answer["code"]) == (401, "bad_share")

    def test_of_a_link_whose_order_ended_long_ago_is_refused(self, town: Town) -> None:
        order = town.place()
        token = share(town, order)["token"]
        Order.objects.filter(pk=order["id"]).update(state="completed", ended_at=now() - AFTER_END)
        status, answer = ask_for_ticket(token)
        assert (status, answer["code"]) == (410, "share_expired")

    def test_of_a_link_that_has_expired_is_refused(
        self, town: Town, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        token = share(town, town.place())["token"]
        later = now() + timedelta(hours=3)
        monkeypatch.setattr("core.api.middleware.now", lambda: later)
        status, answer = ask_for_ticket(token)
        assert (status, answer["code"]) == (410, "share_expired")


class TestReading:
    def read(self, token: str) -> tuple[int, dict[str, Any]]:
        answer = Client().post(
            "/api/v1/shares/read", {"token": token}, content_type="application/json"
        )
        return answer.status_code, answer.json()

    def test_names_the_order_and_the_end(self, town: Town) -> None:
        order = town.place()
        made = share(town, order)
        watched = {"order_id": order["id"], "expires_at": made["expires_at"]}
        assert self.read(made["token"]) == (200, watched)

    def test_tells_a_wrong_link_from_one_that_has_ended(self, town: Town) -> None:
        order = town.place()
        token = share(town, order)["token"]
        Order.objects.filter(pk=order["id"]).update(state="completed", ended_at=now() - AFTER_END)
        for wrong, status, code in [(token, 410, "share_expired"), ("x", 401, "bad_share")]:
            answered, problem = self.read(wrong)
            assert (answered, problem["code"]) == (status, code)
