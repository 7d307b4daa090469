"""Operators set how a zone dispatches: validated, kept as facts, and obeyed by the search."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from core.deadlines.models import Deadline
from core.errors import NotAllowed, NotFound
from core.events.models import Event
from core.gate.run import ValidationFailed, VersionConflict
from core.identifiers import new_id
from core.merchants.models import Merchant
from core.people.models import Person
from dispatch.models import Offer, ZoneSettings
from dispatch.policy import DEADLINE_ROUND, Mode
from dispatch.zones.models import STANDARD
from dispatch.zones.queries import get_policy
from tests.builders import act
from tests.dispatch import scene
from tests.dispatch.scene import START


pytestmark = pytest.mark.django_db


@pytest.fixture
def operator(db: None) -> Person:
    return scene.person(is_operator=True)


def configure(shop: Merchant, who: Person, **arguments: Any) -> dict[str, Any]:
    answer = act("zone.configure", by=who, on=shop.zone_id, now=START, **arguments)
    return dict(answer["settings"])


class TestConfigure:
    def test_changes_what_is_named_only(self, shop: Merchant, operator: Person) -> None:
        answer = configure(shop, operator, offer_seconds=45)
        assert (answer["offer_seconds"], answer["version"]) == (45, 1)
        assert answer["board_seconds"] == STANDARD.board_seconds
        assert get_policy(shop.zone_id).offer_seconds == 45

    def test_leaves_other_zones_alone(self, shop: Merchant, operator: Person) -> None:
        configure(shop, operator, offer_seconds=45)
        assert get_policy(scene.shop().zone_id) == STANDARD

    def test_is_kept_as_a_fact_with_who_and_why(self, shop: Merchant, operator: Person) -> None:
        configure(shop, operator, fairness=0.5, reason="long waits")
        fact = Event.objects.get(type="zone.configured")
        assert fact.subject == f"zone:{shop.zone_id}"
        assert fact.actor == {"type": "operator", "id": str(operator.pk)}
        assert fact.data == {"changes": {"fairness": [0.2, 0.5]}, "reason": "long waits"}

    def test_states_nothing_when_nothing_changes(self, shop: Merchant, operator: Person) -> None:
        assert configure(shop, operator, offer_mode="one")["version"] == 0
        assert not Event.objects.filter(type="zone.configured").exists()

    def test_is_for_operators(self, shop: Merchant) -> None:
        with pytest.raises(NotAllowed):
            configure(shop, scene.staff(shop), offer_seconds=45)

    def test_needs_a_zone(self, operator: Person) -> None:
        with pytest.raises(NotFound):
            act("zone.configure", by=operator, on=new_id(), now=START, offer_seconds=45)

    @pytest.mark.parametrize(
        "wrong",
        [
            {"offer_mode": "auto"},
            {"offer_seconds": 9},
            {"batch_size": 21},
            {"fairness": -0.1},
            {"minutes_per_leg": float("inf")},
            {"radius": 1},
        ],
    )
    def test_refuses_what_makes_no_sense(
        self, shop: Merchant, operator: Person, wrong: dict[str, Any]
    ) -> None:
        with pytest.raises(ValidationFailed):
            configure(shop, operator, **wrong)

    def test_refuses_who_looked_at_an_older_version(
        self, shop: Merchant, operator: Person
    ) -> None:
        configure(shop, operator, offer_seconds=45)
        with pytest.raises(VersionConflict):
            configure(shop, operator, version=0, offer_seconds=60)
        assert get_policy(shop.zone_id).offer_seconds == 45

    def test_law_is_the_databases_too(self, shop: Merchant) -> None:
        with pytest.raises(IntegrityError), transaction.atomic():
            ZoneSettings.objects.create(zone=shop.zone, changed_at=START, offer_seconds=9)


class TestSearch:
    def test_asks_a_batch_where_the_zone_says_so(self, shop: Merchant, operator: Person) -> None:
        configure(shop, operator, offer_mode="batch", batch_size=2)
        for metres in (300, 600, 900):
            scene.courier(metres)
        scene.leg(shop)
        scene.run(START)
        assert {offer.mode for offer in scene.open_offers()} == {Mode.BATCH}
        assert len(scene.open_offers()) == 2

    def test_opens_the_board_where_the_zone_says_so(
        self, shop: Merchant, operator: Person
    ) -> None:
        configure(shop, operator, offer_mode="board", board_seconds=300)
        scene.courier(300)
        scene.leg(shop)
        scene.run(START)
        (offer,) = scene.open_offers()
        assert offer.mode == Mode.BOARD
        assert offer.expires_at == START + timedelta(minutes=5)

    def test_lets_couriers_think_as_long_as_the_zone_says(
        self, shop: Merchant, operator: Person
    ) -> None:
        configure(shop, operator, offer_seconds=60)
        scene.courier(300)
        scene.leg(shop)
        scene.run(START)
        assert Offer.objects.get().expires_at == START + timedelta(seconds=60)

    def test_weighs_idle_time_as_the_zone_says(self, shop: Merchant, operator: Person) -> None:
        configure(shop, operator, fairness=5)
        scene.courier(300)
        waited = scene.courier(1500, now=START - timedelta(minutes=20))
        scene.keep_in_sight(START)
        scene.leg(shop)
        scene.run(START)
        (offer,) = scene.open_offers()
        assert offer.courier == waited

    def test_looks_again_as_soon_as_the_zone_says(self, shop: Merchant, operator: Person) -> None:
        configure(shop, operator, search_again_seconds=60)
        scene.leg(shop)
        scene.run(START)
        again = Deadline.objects.get(kind=DEADLINE_ROUND)
        assert again.due_at == START + timedelta(seconds=60)
