"""The whole story of one notice, as its senders wrote it."""

import pytest

from core.clock import clock
from core.events import catalogue as events
from core.people.models import Person
from notifications.claims import ALL_CHANNELS
from notifications.models import Delivery, Notice
from notifications.receipts import act_on_notice
from notifications.sender import send_all_due
from tests.notifications.delivery.test_api import ask
from tests.notifications.delivery.town import (
    about,
    order,
    person,
    register,
    seconds,
    shop,
    staff,
    state,
)
from tests.notifications.delivery.world import Outside
from tests.notifications.replays.letters import dead


pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def operator() -> Person:
    return person("Zhao", is_operator=True)


class TestAudit:
    def test_tells_cause_history_tries_and_devices(
        self, operator: Person, outside: Outside
    ) -> None:
        now = clock().now() - seconds(11)
        made = order(shop(), now=now)
        clerk = staff(made.merchant)
        register(clerk, outside.device())
        state(events.ORDER_PLACED, about(made), now=now)
        send_all_due(ALL_CHANNELS)
        notice = Notice.objects.get(template="new_order")
        act_on_notice(person=clerk, notice_id=notice.pk, now=now + seconds(12))
        audit = ask(operator, "GET", f"/notices/{notice.pk}").json()
        assert audit["fact"]["type"] == "order.placed"
        assert audit["order_number"] == made.number
        types = [each["type"] for each in audit["history"]]
        assert types[:2] == ["notification.queued", "notification.escalated"]
        assert types[-1] == "notification.acted"
        assert audit["history"][1]["data"] == {"step": 1}
        assert audit["people"][str(clerk.pk)] == "Li"
        (pushed,) = [each for each in audit["deliveries"] if each["attempts"]]
        (tried,) = pushed["tries"]
        assert (tried["outcome"], tried["device"]["service"]) == ("sent", "127.0.0.1")
        assert tried["took_ms"] >= 0
        assert audit["charged_count"] == 0
        assert {each["code"] for each in audit["deliveries"] if each["state"] == "cancelled"} == {
            "acted"
        }

    def test_counts_texts_that_are_charged(self, operator: Person, outside: Outside) -> None:
        now = clock().now() - seconds(61)
        made = order(shop(clerks=0), now=now)
        state(events.ORDER_PLACED, about(made), now=now)
        Delivery.objects.exclude(channel="sms").delete()
        send_all_due(ALL_CHANNELS)
        notice = Notice.objects.get(template="new_order")
        audit = ask(operator, "GET", f"/notices/{notice.pk}").json()
        (texted,) = audit["deliveries"]
        assert (texted["provider"], texted["tries"][0]["provider"]) == ("sandbox", "sandbox")
        assert texted["tries"][0]["provider_id"]
        assert audit["charged_count"] == 1

    def test_shows_a_recipient_nobody_elses_part(self) -> None:
        row = dead()
        assert row.recipient is not None
        owner = row.recipient.person
        audit = ask(owner, "GET", f"/notices/{row.notice_id}").json()
        assert audit["history"] == []
        assert set(audit["people"]) == {str(owner.pk)}
        assert audit["recipients"][0]["title"].startswith("新订单")
