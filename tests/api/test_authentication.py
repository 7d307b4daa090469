"""Who may come in, and what a refusal looks like."""

import pytest
from django.test import Client

from core.clock import now
from core.people.tokens import issue_token
from tests.api.town import Town, caller, person


pytestmark = pytest.mark.django_db


class TestToken:
    def test_names_the_person(self) -> None:
        somebody = caller(is_courier=True)
        answer = somebody.get("/me").json()
        assert answer["id"] == str(somebody.person.pk)
        assert answer["roles"] == ["courier", "customer"]

    @pytest.mark.parametrize("header", ["Bearer pd_wrong", "Bearer", "Basic abc", "pd_wrong"])
    def test_that_is_wrong_is_refused(self, header: str) -> None:
        answer = Client().get("/api/v1/me", headers={"Authorization": header})
        assert answer.status_code == 401
        assert answer["Content-Type"] == "application/problem+json"
        assert answer["WWW-Authenticate"].startswith("Bearer")
        assert answer.json()["code"] == "unauthenticated"

    def test_that_is_wrong_is_refused_even_with_a_session(self) -> None:
        client = Client()
        client.force_login(person())
        answer = client.get("/api/v1/me", headers={"Authorization": "Bearer pd_wrong"})
        assert answer.status_code == 401

    def test_ends_when_revoked(self) -> None:
        somebody = caller()
        assert somebody.delete("/sessions").json() == {"revoked": True}
        assert somebody.get("/me").status_code == 401

    def test_ends_with_its_time(self) -> None:
        somebody = person()
        token = issue_token(person=somebody, label="old", now=now(), expires_at=now())
        headers = {"Authorization": f"Bearer {token}"}
        assert Client().get("/api/v1/me", headers=headers).status_code == 401

    def test_is_listed_and_revoked_by_its_owner_only(self) -> None:
        somebody, other = caller(), caller()
        token_id = somebody.get("/me/tokens").json()["items"][0]["id"]
        assert other.delete(f"/me/tokens/{token_id}").status_code == 404
        assert somebody.delete(f"/me/tokens/{token_id}").status_code == 200
        assert somebody.get("/me").status_code == 401


class TestSession:
    def test_reads_without_a_csrf_token(self) -> None:
        client = Client(enforce_csrf_checks=True)
        client.force_login(person())
        assert client.get("/api/v1/me").status_code == 200

    def test_writes_with_a_csrf_token_only(self, town: Town) -> None:
        client = Client(enforce_csrf_checks=True)
        client.force_login(town.staff.person)
        path = f"/api/v1/merchants/{town.merchant.pk}/close"
        refused = client.post(path, content_type="application/json")
        assert (refused.status_code, refused.json()["code"]) == (403, "csrf_failed")
        client.cookies["csrftoken"] = "a" * 32
        headers = {"X-CSRFToken": "a" * 32}
        allowed = client.post(path, content_type="application/json", headers=headers)
        assert allowed.status_code == 200

    def test_begins_with_a_log_in_and_ends_with_a_log_out(self) -> None:
        client, somebody = Client(enforce_csrf_checks=True), person()
        somebody.set_password("long enough")
        somebody.save()
        body = {"phone": somebody.phone, "password": "long enough", "as_cookie": True}
        answer = client.post("/api/v1/sessions", body, content_type="application/json").json()
        assert (answer["person"]["id"], "token" in answer) == (str(somebody.pk), False)
        assert client.get("/api/v1/me").json()["id"] == str(somebody.pk)
        assert client.delete("/api/v1/sessions").status_code == 403
        headers = {"X-CSRFToken": answer["csrf_token"]}
        ended = client.delete("/api/v1/sessions", headers=headers)
        assert ended.json() == {"revoked": True}
        assert client.get("/api/v1/me").status_code == 401

    def test_is_not_begun_by_another_sites_form(self) -> None:
        client, somebody = Client(), person()
        somebody.set_password("long enough")
        somebody.save()
        form = {"phone": somebody.phone, "password": "long enough", "as_cookie": "true"}
        answer = client.post("/api/v1/sessions", form)
        assert answer.status_code >= 400
        assert "sessionid" not in answer.cookies

    def test_of_nobody_is_refused(self) -> None:
        client = Client()
        client.cookies["sessionid"] = "forged"
        assert client.get("/api/v1/me").status_code == 401


class TestLogin:
    def test_gives_a_token(self) -> None:
        somebody = person(password="a long secret")
        body = {"phone": somebody.phone, "password": "a long secret"}
        answer = Client().post("/api/v1/sessions", body, content_type="application/json")
        headers = {"Authorization": f"Bearer {answer.json()['token']}"}
        assert Client().get("/api/v1/me", headers=headers).status_code == 200

    @pytest.mark.parametrize("phone", ["+8613800000000", None])
    def test_does_not_tell_what_was_wrong(self, phone: str | None) -> None:
        somebody = person(password="a long secret")
        body = {"phone": phone or somebody.phone, "password": "wrong"}
        answer = Client().post("/api/v1/sessions", body, content_type="application/json")
        assert (answer.status_code, answer.json()["code"]) == (401, "wrong_password")

    def test_of_somebody_new_begins_with_joining(self) -> None:
        body = {"phone": "+8613811112222", "name": "Wang", "password": "a long secret"}
        answer = Client().post("/api/v1/people", body, content_type="application/json")
        assert answer.json()["person"]["roles"] == ["customer"]
        again = Client().post("/api/v1/people", body, content_type="application/json")
        assert (again.status_code, again.json()["code"]) == (409, "phone_taken")
