"""A push's own token acknowledges its notice, for its person, without a page, for a while."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from core.clock import clock
from core.events import catalogue as events
from notifications.claims import ALL_CHANNELS
from notifications.models import Delivery
from notifications.pushing.acting import act_token
from notifications.sender import send_all_due
from tests.notifications.delivery.town import (
    about,
    notice_of,
    order,
    person,
    register,
    shop,
    staff,
    state,
)
from tests.notifications.delivery.world import Outside


pytestmark = pytest.mark.django_db(transaction=True)


def act(token: str) -> Any:
    """Ask as a service worker does: nobody is logged in, and no page lends its token."""
    return Client(enforce_csrf_checks=True).post(
        "/api/v1/push/act", json.dumps({"token": token}), content_type="application/json"
    )


class TestActToken:
    def test_of_a_push_stops_the_ladder_on_every_device(self, outside: Outside) -> None:
        merchant, device = shop(), outside.device()
        clerk, now = staff(merchant), clock().now()
        register(clerk, device)
        state(events.ORDER_PLACED, about(order(merchant, now=now)), now=now)
        Delivery.objects.filter(channel="push").update(due_at=now)
        send_all_due(ALL_CHANNELS)
        (card,) = outside.screen(device)["cards"]
        assert card["message"]["act"]["label"] == "收到"
        assert act(card["message"]["act"]["token"]).status_code == 200
        assert notice_of("new_order").acted_by == clerk.pk
        waiting = Delivery.objects.filter(state__in=["pending", "retrying"])
        assert not waiting.exists()

    def test_is_refused_when_forged_or_old_or_not_theirs(self, outside: Outside) -> None:
        merchant, now = shop(), clock().now()
        state(events.ORDER_PLACED, about(order(merchant, now=now)), now=now)
        notice, clerk = notice_of("new_order"), staff(merchant)
        good: dict[str, Any] = {
            "person_id": clerk.pk,
            "notice_id": notice.pk,
            "expires_at": now + timedelta(hours=1),
        }
        old = act_token(**good | {"expires_at": now - timedelta(seconds=1)})
        strangers = act_token(**good | {"person_id": person("Zhou").pk})
        answers = [act(each) for each in (act_token(**good)[:-2] + "xx", old, strangers)]
        assert [each.json()["code"] for each in answers] == [
            "bad_act_token", "act_token_expired", "not_found",
        ]  # fmt: skip
        notice.refresh_from_db()
        assert notice.acted_at is None
