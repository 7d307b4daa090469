"""What couriers and operators read over HTTP."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from core.clock import now
from core.identifiers import new_id
from core.legs.models import DeliveryLeg
from core.merchants.models import Merchant
from core.people.models import Person
from core.people.tokens import issue_token
from dispatch.zones.planner import Planner
from tests.dispatch import scene
from tests.dispatch.scene import START
from tests.dispatch.test_plans import MINUTE, leg, look_and_plan, optimise, planner


__all__ = ["planner"]
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


def statuses(body: dict[str, Any]) -> list[str]:
    """How firm the legs on all trips stand."""
    return [
        leg["status"]
        for courier in body["plan"]["couriers"]
        for trip in courier["trips"]
        for leg in trip["legs"]
    ]


class TestPlan:
    def test_shows_operators_who_carries_what_when(
        self, shop: Merchant, planner: Planner, get: Get
    ) -> None:
        near, operator = scene.courier(300), scene.person(is_operator=True)
        now_ready, later = leg(shop), leg(shop, ready_at=START + 40 * MINUTE)
        look_and_plan(planner, START)
        status, body = get(operator, f"/zones/{shop.zone_id}/plan")
        assert status == 200
        assert body["owner"]
        plan = body["plan"]
        assert plan["planned_at"] == START.isoformat()
        (courier,) = plan["couriers"]
        assert (courier["id"], courier["name"]) == (str(near.pk), near.name)
        legs = [row for trip in courier["trips"] for row in trip["legs"]]
        assert [(row["id"], row["status"]) for row in legs] == [
            (str(now_ready.pk), "asked"),
            (str(later.pk), "planned"),
        ]
        assert legs[0]["number"] == now_ready.order.number
        assert courier["trips"][0]["leave_at"] < courier["trips"][0]["pickup_at"]

    def test_shows_what_a_courier_has_accepted(
        self, shop: Merchant, planner: Planner, get: Get
    ) -> None:
        near, operator = scene.courier(300), scene.person(is_operator=True)
        leg(shop)
        look_and_plan(planner, START)
        (offer,) = scene.open_offers()
        assert statuses(get(operator, f"/zones/{shop.zone_id}/plan")[1]) == ["asked"]
        scene.act("offer.accept", near, now=START, offer_id=offer.id)
        assert statuses(get(operator, f"/zones/{shop.zone_id}/plan")[1]) == ["accepted"]
        look_and_plan(planner, START + MINUTE)
        assert statuses(get(operator, f"/zones/{shop.zone_id}/plan")[1]) == ["accepted"]
        DeliveryLeg.objects.update(state="cancelled", ended_at=START + MINUTE)
        assert statuses(get(operator, f"/zones/{shop.zone_id}/plan")[1]) == []

    def test_says_why_a_leg_is_on_none(self, shop: Merchant, planner: Planner, get: Get) -> None:
        near, operator, made = scene.courier(300), scene.person(is_operator=True), leg(shop)
        scene.act("leg.exclude", operator, now=START, leg_id=made.pk, courier_id=str(near.pk))
        look_and_plan(planner, START)
        _status, body = get(operator, f"/zones/{shop.zone_id}/plan")
        (row,) = body["plan"]["unplanned"]
        assert (row["id"], row["why"], row["shop"]) == (str(made.pk), {"excluded": 1}, shop.name)

    def test_is_made_where_nobody_is_and_nothing_waits(
        self, shop: Merchant, planner: Planner, get: Get
    ) -> None:
        look_and_plan(planner, START)
        _status, body = get(scene.person(is_operator=True), f"/zones/{shop.zone_id}/plan")
        assert (body["plan"]["couriers"], body["plan"]["unplanned"]) == ([], [])

    def test_is_none_where_searches_look_for_themselves(
        self, shop: Merchant, planner: Planner, get: Get
    ) -> None:
        look_and_plan(planner, START)
        optimise(shop, matching="greedy")
        _status, body = get(scene.person(is_operator=True), f"/zones/{shop.zone_id}/plan")
        assert body["owner"]
        assert body["plan"] is None

    def test_is_for_operators(self, shop: Merchant, get: Get) -> None:
        assert get(scene.staff(shop), f"/zones/{shop.zone_id}/plan")[0] == 403
        assert get(scene.person(is_operator=True), f"/zones/{new_id()}/plan")[0] == 404
