"""The seeded city is whole, and a database of somebody else is left alone."""

from io import StringIO
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command

from core.clock import now
from core.merchants.models import Merchant, Zone
from core.people.models import Person
from dispatch.policy import Matching
from dispatch.zones.queries import get_policy
from web.demo import city
from web.demo.seed import SeededCity, seed_city


pytestmark = pytest.mark.django_db(transaction=True)


class TestSeedCity:
    def test_makes_everybody(self) -> None:
        seed_city(now=now())
        assert Merchant.objects.count() == len(city.SHOPS)
        assert set(Person.objects.values_list("phone", flat=True)) == set(city.all_phones())

    def test_plans_its_zone_unless_it_is_told_otherwise(self) -> None:
        planned = seed_city(now=now())
        assert get_policy(UUID(planned.zone_id)).matching is Matching.OPTIMISE
        call_command("seed_demo", "--matching", "greedy", stdout=StringIO())
        zone = Zone.objects.get()
        assert get_policy(zone.pk).matching is Matching.GREEDY

    def test_travels_as_json(self) -> None:
        seeded = seed_city(now=now())
        assert SeededCity.model_validate_json(seeded.model_dump_json()) == seeded


class TestSeedDemo:
    def test_refuses_a_database_with_other_people(self) -> None:
        Person.objects.create_user("+8613812345678", "secret-word", name="Somebody")
        with pytest.raises(CommandError, match="1 people"):
            call_command("seed_demo", stdout=StringIO())
        assert Person.objects.count() == 1

    def test_begins_anew_where_a_demonstration_was(self) -> None:
        seed_city(now=now())
        answer = StringIO()
        call_command("seed_demo", stdout=answer)
        assert SeededCity.model_validate_json(answer.getvalue()).operator.name
        assert Merchant.objects.count() == len(city.SHOPS)
