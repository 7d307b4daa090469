"""Every refusal is a problem document with a stable code."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.db import OperationalError, connection
from django.test import Client

from core.merchants.models import Merchant
from core.orders.models import Order
from tests.api.town import Town, caller


pytestmark = pytest.mark.django_db


@pytest.fixture
def lost_database() -> Iterator[None]:
    """Fail every statement, as a database does that went away."""

    def refuse(*_args: Any) -> None:
        raise OperationalError(2006, "server has gone away")

    with connection.execute_wrapper(refuse):
        yield


class TestProblem:
    def test_of_an_unknown_path_is_not_found(self) -> None:
        answer = Client().get("/api/v1/nowhere")
        assert answer.status_code == 404
        assert answer["Content-Type"] == "application/problem+json"
        assert answer.json()["code"] == "not_found"

    def test_of_a_malformed_id_is_not_found(self) -> None:
        assert caller().get("/orders/17").json()["code"] == "not_found"

    def test_of_a_wrong_method_says_which_are_right(self) -> None:
        answer = caller().post("/me")
        assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
        assert answer["Allow"] == "GET"

    def test_of_an_unknown_field_names_it(self, town: Town) -> None:
        answer = town.staff.post(f"/merchants/{town.merchant.pk}/pause", {"hours": 1})
        assert (answer.status_code, answer.json()["code"]) == (422, "validation_failed")
        assert answer.json()["errors"][0]["loc"][-1] == "hours"

    def test_does_not_repeat_what_was_sent(self) -> None:
        body = {"phone": "nonsense", "password": "a secret of mine"}
        answer = Client().post("/api/v1/sessions", body, content_type="application/json")
        assert answer.status_code == 422
        assert b"secret of mine" not in answer.content

    @pytest.mark.parametrize("body", ["{", "[" * 20_000, b"\xff\xfe"])
    def test_of_a_body_that_is_no_json(self, town: Town, body: str | bytes) -> None:
        path = f"/api/v1/merchants/{town.merchant.pk}/pause"
        headers = town.staff.headers()
        answer = Client().post(path, body, content_type="application/json", headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (400, "malformed_body")

    @pytest.mark.parametrize("body", ["[]", "3", '"text"', "null"])
    def test_of_a_body_that_is_no_object(self, town: Town, body: str) -> None:
        path = f"/api/v1/merchants/{town.merchant.pk}/pause"
        headers = town.staff.headers()
        answer = Client().post(path, body, content_type="application/json", headers=headers)
        assert answer.status_code == 422

    def test_of_a_body_that_is_too_large(self, town: Town) -> None:
        body = {"reason": "x" * settings.DATA_UPLOAD_MAX_MEMORY_SIZE}
        answer = town.staff.post(f"/merchants/{town.merchant.pk}/pause", body)
        assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")

    def test_of_a_body_without_a_length(self, town: Town) -> None:
        headers = {"Transfer-Encoding": "chunked"}
        answer = town.staff.post(f"/merchants/{town.merchant.pk}/pause", {}, headers)
        assert (answer.status_code, answer.json()["code"]) == (411, "length_required")

    def test_of_a_foreign_host_is_bad(self) -> None:
        answer = Client().get("/api/v1/me", headers={"Host": "evil.example"})
        assert answer.status_code == 400
        assert answer["Content-Type"] == "application/problem+json"

    def test_of_a_lost_database_asks_to_come_again(self, lost_database: None) -> None:
        answer = Client().get("/api/v1/me", headers={"Authorization": "Bearer pd_any"})
        assert (answer.status_code, answer.json()["code"]) == (503, "database_unavailable")
        assert answer["Retry-After"] == "1"
        assert answer.json()["retryable"] is True

    def test_of_our_own_fault_is_logged_and_tells_its_request(
        self, town: Town, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def explode(*_args: Any) -> None:
            raise ZeroDivisionError

        monkeypatch.setattr("core.api.merchants.get_merchant", explode)
        answer = town.customer.get(f"/merchants/{town.merchant.pk}")
        assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
        assert answer.json()["request_id"] == answer["Paidan-Request"]


class TestHalfDoneCommand:
    def test_leaves_nothing(self, town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(*_args: Any, **_kwargs: Any) -> None:
            raise OperationalError(2013, "lost connection during query")

        monkeypatch.setattr("core.events.work.publish", fail)
        answer = town.staff.post(f"/merchants/{town.merchant.pk}/close")
        assert answer.status_code == 503
        assert Merchant.objects.get(pk=town.merchant.pk).is_open


class TestAnswer:
    def test_carries_the_business_time(self) -> None:
        answer = caller().get("/me")
        assert answer["Paidan-Time"].endswith("+00:00")


class TestNotYours:
    @pytest.mark.parametrize("path", ["", "/timeline"])
    def test_order_looks_as_if_it_did_not_exist(self, town: Town, path: str) -> None:
        order = town.place()
        stranger = caller()
        real = stranger.get(f"/orders/{order['id']}{path}")
        invented = stranger.get(f"/orders/{town.merchant.pk}{path}")
        assert real.status_code == invented.status_code == 404
        assert real.json() == invented.json()

    def test_board_and_switch_do_not_either(self, town: Town) -> None:
        path = f"/merchants/{town.merchant.pk}"
        assert town.customer.get(f"{path}/orders").status_code == 404
        assert town.customer.post(f"{path}/close").status_code == 404
        assert town.customer.post(f"/items/{town.noodles.pk}/sold-out").status_code == 404

    def test_order_cannot_be_moved(self, town: Town) -> None:
        order = town.place()
        assert caller().post(f"/orders/{order['id']}/accept").status_code == 404
        assert Order.objects.get().state == "placed"


class TestDocuments:
    def test_are_served_from_this_host_alone(self) -> None:
        for path in ("/api/docs", "/api/docs/reference"):
            page = Client().get(path).content.decode()
            assert "https://" not in page.replace("https://www.w3.org", "")
            assert "/static/ninja/" in page

    def test_describe_each_command(self) -> None:
        document = json.loads(Client().get("/api/docs/openapi.json").content)
        operation = document["paths"]["/api/v1/merchants/{merchant_id}/pause"]["post"]
        names = {parameter["name"] for parameter in operation["parameters"]}
        assert names >= {"Idempotency-Key", "If-Match", "Paidan-Expected-Version"}
        assert operation["operationId"] == "merchant_pause"


class TestHealth:
    def test_is_live_and_ready(self) -> None:
        assert Client().get("/healthz").json() == {"status": "live"}
        assert Client().get("/readyz").json() == {"status": "ready"}

    def test_is_not_ready_without_a_database(self, lost_database: None) -> None:
        answer = Client().get("/readyz")
        assert (answer.status_code, answer["Retry-After"]) == (503, "1")
        assert Client().get("/healthz").status_code == 200
