"""What couriers and operators read over HTTP."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from core.clock import now
from core.merchants.models import Merchant
from core.people.models import Person
from core.people.tokens import issue_token
from tests.dispatch import scene
from tests.dispatch.scene import START


pytestmark = pytest.mark.django_db
Get = Callable[[Person, str], tuple[int, Any]]


@pytest.fixture
def get(client: Client) -> Get:
    """Return a function that asks the API as somebody."""

    def ask(who: Person, path: str) -> tuple[int, Any]:
        token = issue_token(person=who, label="test", now=now())
        answer = client.get(f"/api/v1{path}", headers={"Authorization": f"Bearer {token}"})
        return answer.status_code, answer.json()

    return ask


class TestMyShift:
    def test_shows_offers_and_legs(self, shop: Merchant, get: Get) -> None:
        near = scene.courier(300)
        scene.leg(shop)
        scene.run(START)
        _status, body = get(near, "/couriers/me")
        assert body["shift"]["state"] == "online"
        (offer,) = body["offers"]
        scene.act("offer.accept", near, now=START, offer_id=offer["id"])
        _status, body = get(near, "/couriers/me")
        assert (body["offers"], len(body["legs"])) == ([], 1)

    def test_is_for_couriers(self, get: Get) -> None:
        status, body = get(scene.person(), "/couriers/me")
        assert (status, body["code"]) == (403, "not_allowed")


class TestOffer:
    def test_is_seen_by_its_courier_only(self, shop: Merchant, get: Get) -> None:
        near = scene.courier(300)
        scene.leg(shop)
        scene.run(START)
        path = f"/offers/{scene.open_offers()[0].id}"
        assert get(near, path)[0] == 200
        assert get(scene.person(is_operator=True), path)[0] == 404


class TestFleet:
    def test_shows_operators_who_is_where(self, get: Get) -> None:
        near = scene.courier(300)
        _status, body = get(scene.person(is_operator=True), "/couriers")
        assert [row["name"] for row in body["couriers"]] == [near.name]

    def test_is_for_operators(self, get: Get) -> None:
        assert get(scene.courier(300), "/couriers")[0] == 403


class TestSearch:
    def test_tells_operators_why(self, shop: Merchant, get: Get) -> None:
        near, far = scene.courier(300), scene.courier(2500)
        leg = scene.leg(shop)
        scene.run(START)
        _status, body = get(scene.person(is_operator=True), f"/legs/{leg.id}/search")
        assert [offer["courier"]["id"] for offer in body["offers"]] == [str(near.pk)]
        assert body["ranking"]["skipped"] == {str(far.pk): "far"}


class TestZone:
    def test_shows_operators_the_settings_and_who_changed_them(
        self, shop: Merchant, get: Get
    ) -> None:
        operator = scene.person(is_operator=True)
        path = f"/zones/{shop.zone_id}/dispatch"
        assert get(operator, path)[1]["settings"]["version"] == 0
        scene.act("zone.configure", operator, now=START, zone_id=shop.zone_id, offer_seconds=45)
        _status, body = get(operator, path)
        assert (body["name"], body["settings"]["offer_seconds"]) == ("Centre", 45)
        (change,) = body["changes"]
        assert change["changes"] == {"offer_seconds": [30, 45]}
        assert change["actor"]["id"] == str(operator.pk)

    def test_is_for_operators(self, shop: Merchant, get: Get) -> None:
        assert get(scene.courier(300), f"/zones/{shop.zone_id}/dispatch")[0] == 403
        assert get(scene.person(is_operator=True), f"/zones/{shop.pk}/dispatch")[0] == 404
