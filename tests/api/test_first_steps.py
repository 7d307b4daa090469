"""What a newcomer types: people and a shop from the command line, then HTTP."""

from io import StringIO

import pytest
from django.core.management import call_command
from django.test import Client

from core.merchants.models import Merchant


pytestmark = pytest.mark.django_db


def typed(*words: str) -> str:
    """Run a management command and return the last line of its output."""
    output = StringIO()
    call_command(*words, stdout=output, stderr=StringIO())
    return output.getvalue().strip().splitlines()[-1]


def roles(token: str) -> list[str]:
    """Ask the API who that is."""
    answer = Client().get("/api/v1/me", headers={"Authorization": f"Bearer {token}"})
    return list(answer.json()["roles"])


class TestCreatePerson:
    def test_prints_a_token(self) -> None:
        token = typed("create_person", "+8613800138000", "Li", "--operator")
        assert roles(token) == ["customer", "operator"]

    def test_again_adds_a_role(self) -> None:
        first = typed("create_person", "+8613800138000", "Li", "--operator")
        typed("create_person", "+8613800138000", "Li", "--courier")
        assert roles(first) == ["courier", "customer", "operator"]


class TestCreateMerchant:
    def test_prints_the_owners_token(self) -> None:
        token = typed("create_merchant", "Noodles", "+8613800138001")
        assert roles(token) == ["customer", "merchant"]
        assert Merchant.objects.get().items.count() == 3
