"""Where addresses lead, what every page promises the browser, and what the desk is told."""

import re
from dataclasses import fields

import pytest
from django.test import Client

from core.people.models import Person
from dispatch.matching import Skip
from dispatch.matching.ranking import Skip as RankingSkip
from dispatch.policy import ZonePolicy
from dispatch.zones.form import GROUPS
from dispatch.zones.leases import shared_now, take_free
from tests.builders import (
    make_merchant,
    make_operator,
)
from web.languages import LOCALES, words_in


pytestmark = pytest.mark.django_db

ID = "01a21d94-63e9-7334-8486-a96b297e849b"
INLINE_SCRIPT = re.compile(r"<script(?![^>]*(?:src=|application/json))|\son\w+=|style=\"")


def client_of(person: Person) -> Client:
    client = Client()
    client.force_login(person)
    return client


class TestOverview:
    def test_names_shops_that_rest(self) -> None:
        make_merchant(name="Asleep", is_open=False)
        overview = client_of(make_operator()).get("/api/v1/operator/overview").json()
        assert [shop["name"] for shop in overview["paused"]] == ["Asleep"]
        assert overview["couriers"] == []

    def test_names_open_shops_where_nobody_would_hear(self) -> None:
        make_merchant(name="Deaf")
        make_merchant(name="Asleep", is_open=False)
        overview = client_of(make_operator()).get("/api/v1/operator/overview").json()
        assert [(shop["name"], shop["why"]) for shop in overview["boards"]] == [("Deaf", ["lost"])]

    def test_names_zones_their_owners_and_plans(self) -> None:
        merchant = make_merchant()
        overview = client_of(make_operator()).get("/api/v1/operator/overview").json()
        (zone,) = overview["zones"]
        assert (zone["id"], zone["matching"]) == (str(merchant.zone_id), "greedy")
        assert (zone["is_owned"], zone["planned_at"]) == (False, None)
        take_free("somebody", at=shared_now())
        overview = client_of(make_operator()).get("/api/v1/operator/overview").json()
        assert overview["zones"][0]["is_owned"]


class TestZone:
    def test_knows_every_setting(self) -> None:
        shown = {name for names in GROUPS.values() for name in names}
        assert shown == {each.name for each in fields(ZonePolicy)}

    def test_has_words_for_every_setting_and_reason(self) -> None:
        settings = {each.name for each in fields(ZonePolicy)}
        skips = {each.value for each in (*Skip, *RankingSkip)}
        for locale in LOCALES:
            words = words_in(locale)
            assert words["zone_settings"].keys() == settings
            assert skips <= words["skips"].keys()


class TestMoved:
    @pytest.mark.parametrize(
        ("address", "screen"),
        [
            ("/login?next=%2Fshops", "/app/login/index?next=%2Fshops"),
            ("/courier", "/app/courier/index"),
            (f"/board/{ID}?do=resume", f"/app/board/index?do=resume&shop={ID}"),
            (f"/board/{ID}/webhooks", f"/app/webhooks/index?shop={ID}"),
            (f"/board/{ID}/campaigns", f"/app/campaigns/index?shop={ID}"),
            (f"/merchant/{ID}?order=1", f"/app/board/index?order=1&shop={ID}"),
            ("/operator/campaigns", "/app/campaigns/index"),
            ("/operator", "/app/operator/index"),
            ("/operator?order=1", "/app/operator/index?order=1"),
            (f"/operator/zones/{ID}", f"/app/operator/zone?id={ID}"),
            ("/operator/notices?query=42", "/app/operator/notices?query=42"),
            (f"/operator/notices/{ID}", f"/app/operator/notice?id={ID}"),
            ("/operator/dead-letters", "/app/operator/dead-letters"),
            ("/operator/ladders", "/app/operator/ladders"),
            ("/operator/templates", "/app/operator/templates"),
        ],
    )
    def test_addresses_lead_to_the_screens(self, address: str, screen: str) -> None:
        assert Client().get(address)["Location"] == screen


class TestEveryPage:
    def test_holds_no_inline_script_or_style(self) -> None:
        for path in ("/app/", "/nowhere"):
            answer = Client().get(path)
            assert not INLINE_SCRIPT.search(answer.content.decode()), path
            assert "default-src 'self'" in answer["Content-Security-Policy"]
