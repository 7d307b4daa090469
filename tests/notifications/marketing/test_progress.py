"""How far a campaign came, as its sender reads it."""

import pytest

from notifications.channels.result import Outcome, SendResult
from notifications.marketing.consent import withdraw_consent
from notifications.marketing.queries import get_campaigns
from notifications.models import Notice
from notifications.receipts import see_notice
from notifications.results import Answer, Finished, store
from tests.notifications.delivery.town import NOON, person, shop, staff
from tests.notifications.marketing.offers import HOUR, agree, claim, customers, plan, running


pytestmark = pytest.mark.django_db


class TestProgress:
    def test_counts_who_was_told_opened_it_and_wanted_no_more(self) -> None:
        noodles = shop()
        owner, guests = staff(noodles, owner=True), customers(3, noodles)
        campaign = running(noodles)
        assert plan() == 3
        taken = (Answer(result=SendResult(Outcome.SENT, "http_201"), subscription_id=1),)
        store([Finished(claim=each, answers=taken) for each in claim(limit=2)], now=NOON)
        opened = Notice.objects.get(recipients__person=guests[0])
        see_notice(person=guests[0], notice_id=opened.pk, now=NOON)
        scopes = [campaign.scope]
        withdraw_consent(person_id=guests[1].pk, scopes=scopes, how="link", now=NOON + HOUR)
        # Of somebody whom it did not tell, nothing is its doing.
        stranger = person("Zhou")
        agree(stranger, noodles)
        withdraw_consent(person_id=stranger.pk, scopes=scopes, how="link", now=NOON + HOUR)
        (row,) = get_campaigns(owner, noodles.pk)
        counts = ("planned", "sent", "delivered", "opened", "unsubscribed")
        assert [row[f"{name}_count"] for name in counts] == [3, 2, 1, 1, 1]
        assert row["messages"] == {"sent": 2, "pending": 1}

    def test_of_a_shop_says_nothing_of_another(self) -> None:
        noodles, soups = shop(), shop()
        customers(2, noodles)
        running(noodles)
        running(soups)
        plan()
        (row,) = get_campaigns(staff(soups, owner=True), soups.pk)
        assert (row["planned_count"], row["unsubscribed_count"]) == (0, 0)
