"""Roles: given by operators and owners, taken by them, and by nobody else."""

import pytest

from core.people.models import Membership
from tests.api.town import Caller, Town, caller


pytestmark = pytest.mark.django_db


@pytest.fixture
def operator() -> Caller:
    return caller(is_operator=True)


class TestStaff:
    def test_is_invited_by_an_operator(self, town: Town, operator: Caller) -> None:
        newcomer = caller()
        path = f"/merchants/{town.merchant.pk}/staff/invite"
        assert operator.post(path, {"phone": newcomer.person.phone}).status_code == 200
        assert newcomer.get("/me").json()["roles"] == ["customer", "merchant"]
        assert newcomer.get(f"/merchants/{town.merchant.pk}/orders").status_code == 200

    def test_is_invited_by_the_owner_not_by_colleagues(self, town: Town) -> None:
        path = f"/merchants/{town.merchant.pk}/staff/invite"
        body = {"phone": town.customer.person.phone}
        assert town.staff.post(path, body).status_code == 403
        Membership.objects.filter(person=town.staff.person).update(is_owner=True)
        assert town.staff.post(path, body).status_code == 200

    def test_leaves_when_dismissed(self, town: Town, operator: Caller) -> None:
        path = f"/merchants/{town.merchant.pk}/staff/dismiss"
        body = {"person_id": str(town.staff.person.pk)}
        assert operator.post(path, body).status_code == 200
        assert town.staff.get(f"/merchants/{town.merchant.pk}/orders").status_code == 404


class TestCourier:
    def test_is_appointed_and_dismissed_by_operators(self, operator: Caller) -> None:
        somebody = caller()
        path = f"/people/{somebody.person.pk}"
        assert operator.post(f"{path}/appoint-courier").status_code == 200
        assert "courier" in somebody.get("/me").json()["roles"]
        assert operator.post(f"{path}/dismiss-courier").status_code == 200
        assert "courier" not in somebody.get("/me").json()["roles"]

    def test_does_not_appoint_themselves(self) -> None:
        somebody = caller()
        answer = somebody.post(f"/people/{somebody.person.pk}/appoint-courier")
        assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")
