"""The page of campaigns: for a shop's owner and operators, with consent and caps in words."""

import pytest

from core.people.models import Membership
from tests.builders import make_courier, make_merchant, make_operator, make_person, make_staff
from tests.web.test_pages import INLINE_SCRIPT, client_of
from web.languages import LOCALES


pytestmark = pytest.mark.django_db


class TestCampaigns:
    @pytest.mark.parametrize("locale", LOCALES)
    def test_are_there_for_owners_and_operators(self, locale: str) -> None:
        merchant = make_merchant()
        path = f"/board/{merchant.pk}/campaigns?locale={locale}"
        for person in (make_staff(merchant), make_operator()):
            answer = client_of(person).get(path)
            assert answer.status_code == 200
            assert not INLINE_SCRIPT.search(answer.content.decode())
        of_platform = client_of(make_operator()).get(f"/operator/campaigns?locale={locale}")
        assert of_platform.status_code == 200
        wording = {"zh-CN": "可随时免费退订", "en": "I can end this at any time"}
        assert wording[locale] in of_platform.content.decode()

    def test_are_nobody_elses(self) -> None:
        merchant, clerk = make_merchant(), make_person()
        Membership.objects.create(person=clerk, merchant=merchant)
        for person in (clerk, make_courier(), make_staff(make_merchant())):
            assert client_of(person).get(f"/board/{merchant.pk}/campaigns").status_code == 404
            assert client_of(person).get("/operator/campaigns").status_code == 404
