"""The end of campaigns, by its link; and every template, for operators."""

import pytest
from django.test import Client

from notifications.marketing.consent import get_given, give_consent
from notifications.marketing.links import unsubscribe_path
from notifications.marketing.models import ConsentRecord
from notifications.marketing.policy import PLATFORM, WORDING
from tests.builders import (
    START,
    make_merchant,
    make_person,
)


pytestmark = pytest.mark.django_db


def agreed() -> str:
    """Let somebody agree to campaigns of the platform and a shop; return the platform's link."""
    person = make_person()
    for merchant_id in (None, make_merchant().pk):
        give_consent(person=person, merchant_id=merchant_id, wording=WORDING, now=START)
    return unsubscribe_path(person.pk, PLATFORM)


def given_count() -> int:
    return len(get_given(ConsentRecord.objects.values_list("person_id", flat=True)))


class TestUnsubscribe:
    def test_needs_no_log_in_and_no_cookie(self) -> None:
        path = agreed()
        one_click = {"List-Unsubscribe": "One-Click"}
        for _ in range(2):
            client = Client(enforce_csrf_checks=True)
            assert client.post(path, one_click).status_code == 200
            assert given_count() == 1
        newest = ConsentRecord.objects.latest("pk")
        assert (newest.scope, newest.is_given, newest.how) == (PLATFORM, False, "one_click")
        assert ConsentRecord.objects.count() == 3

    def test_can_end_everything(self) -> None:
        assert Client().post(agreed(), {"everywhere": "yes"}).status_code == 200
        assert given_count() == 0

    def test_is_not_done_by_looking(self) -> None:
        path = agreed()
        secret = path.rpartition("/")[2]
        for method in (Client().get, Client().head):
            answer = method(path)
            assert answer["Location"] == f"/app/unsubscribe/index#{secret}"
            assert answer["Referrer-Policy"] == "no-referrer"
        assert given_count() == 2

    def test_knows_a_forged_link(self) -> None:
        path = agreed()
        forged = path[:-1] + ("a" if path[-1] != "a" else "b")
        assert Client().post(forged).status_code == 404
        assert Client().get(forged)["Location"] == "/app/unsubscribe/index"
        assert given_count() == 2
