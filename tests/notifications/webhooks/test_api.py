"""Webhooks over HTTP: whose they are, what is refused and how, and what is on record."""

import json
from typing import Any
from uuid import uuid4

import pytest

from core.events.models import Event
from core.people.models import Membership
from notifications.webhooks.commands import MOST
from notifications.webhooks.models import Webhook, WebhookDelivery
from tests.api.town import Caller, Town, build_town, caller


pytestmark = pytest.mark.django_db

URL = "https://pos.example/hooks"


@pytest.fixture
def town() -> Town:
    return build_town()


@pytest.fixture
def owner(town: Town) -> Caller:
    somebody = caller()
    Membership.objects.create(person=somebody.person, merchant=town.merchant, is_owner=True)
    return somebody


def register(town: Town, by: Caller, **wishes: Any) -> Any:
    return by.post(f"/merchants/{town.merchant.pk}/webhooks", {"url": URL, **wishes})


def problem(answer: Any) -> tuple[int, str]:
    assert answer["Content-Type"] == "application/problem+json"
    return answer.status_code, answer.json()["code"]


class TestRegistering:
    def test_shows_the_secret_once(self, town: Town, owner: Caller) -> None:
        made = register(town, owner, event_types=["order.*"]).json()
        assert made["secret"].startswith("whsec_")
        listed = owner.get(f"/merchants/{town.merchant.pk}/webhooks").json()
        assert [each["id"] for each in listed["items"]] == [made["id"]]
        one = owner.get(f"/webhooks/{made['id']}")
        for text in (json.dumps(listed), one.content.decode()):
            assert "whsec_" not in text
        assert "order.placed" in listed["event_types"]

    def test_is_for_owners_and_operators(self, town: Town, owner: Caller) -> None:
        assert register(town, caller(is_operator=True)).status_code == 200
        assert problem(register(town, town.staff)) == (403, "not_allowed")
        assert problem(register(town, town.customer)) == (404, "not_found")

    @pytest.mark.parametrize(
        ("wishes", "code"),
        [
            ({"url": "http://pos.example/"}, "webhook_url_refused"),
            ({"url": "https://10.0.0.1/"}, "webhook_url_refused"),
            ({"event_types": ["order.placed", "order.eaten"]}, "unknown_event_type"),
            ({"event_types": ["courier.online"]}, "unknown_event_type"),
            ({"event_types": []}, "validation_failed"),
            ({"secret": "mine"}, "validation_failed"),
            ({"url": "https://x.example/" + "x" * 2000}, "validation_failed"),
        ],
    )
    def test_refuses_what_makes_no_sense(
        self, town: Town, owner: Caller, wishes: dict[str, Any], code: str
    ) -> None:
        assert problem(register(town, owner, **wishes)) == (422, code)

    def test_ends_at_ten(self, town: Town, owner: Caller) -> None:
        for _ in range(MOST):
            assert register(town, owner).status_code == 200
        assert problem(register(town, owner)) == (409, "too_many_webhooks")

    def test_is_on_record_without_the_secret(self, town: Town, owner: Caller) -> None:
        made = register(town, owner).json()
        event = Event.objects.get(type="webhook.registered")
        assert event.subject == f"webhook:{made['id']}"
        assert event.correlation_id == f"merchant:{town.merchant.pk}"
        assert event.actor == {"type": "merchant", "id": str(owner.person.pk)}
        assert event.data["url"] == URL
        assert "whsec_" not in json.dumps(event.data)


class TestChanging:
    def test_changes_what_is_named(self, town: Town, owner: Caller) -> None:
        made = register(town, owner, description="till").json()
        changed = owner.post(f"/webhooks/{made['id']}/change", {"event_types": ["item.*"]}).json()
        assert (changed["event_types"], changed["url"]) == (["item.*"], URL)
        assert changed["description"] == "till"
        assert changed["version"] == made["version"] + 1

    def test_refuses_an_old_version(self, town: Town, owner: Caller) -> None:
        made = register(town, owner).json()
        owner.post(f"/webhooks/{made['id']}/change", {"description": "new"})
        answer = owner.post(
            f"/webhooks/{made['id']}/change", {"description": "newer"}, {"If-Match": '"1"'}
        )
        assert problem(answer) == (409, "version_conflict")

    def test_makes_no_queue_of_an_endpoint(self, town: Town, owner: Caller) -> None:
        made = register(town, owner).json()
        answer = owner.post(f"/webhooks/{made['id']}/change", {"url": ""})
        assert problem(answer) == (409, "wrong_kind_of_webhook")

    def test_turns_off_and_on(self, town: Town, owner: Caller) -> None:
        made = register(town, owner).json()
        off = owner.post(f"/webhooks/{made['id']}/disable").json()
        assert (off["is_enabled"], off["disabled_code"]) == (False, "by_person")
        town.place()
        assert WebhookDelivery.objects.get().state == "held"
        assert owner.post(f"/webhooks/{made['id']}/enable").json()["is_enabled"]
        assert WebhookDelivery.objects.get().state == "pending"

    def test_rotates_the_secret(self, town: Town, owner: Caller) -> None:
        made = register(town, owner).json()
        rotated = owner.post(f"/webhooks/{made['id']}/rotate-secret", {}).json()
        assert rotated["secret"] not in {"", made["secret"]}
        assert rotated["old_secret_until"] is not None

    def test_removes(self, town: Town, owner: Caller) -> None:
        made = register(town, owner).json()
        assert owner.post(f"/webhooks/{made['id']}/remove").json()["removed"]
        assert problem(owner.get(f"/webhooks/{made['id']}")) == (404, "not_found")
        town.merchant.refresh_from_db()
        assert not town.merchant.is_followed
        assert Webhook.objects.get().secret == ""

    @pytest.mark.parametrize(
        "deed", ["change", "enable", "disable", "remove", "rotate-secret", "test", "replay-since"]
    )
    def test_is_for_owners_and_operators(self, town: Town, owner: Caller, deed: str) -> None:
        made = register(town, owner).json()
        path, body = f"/webhooks/{made['id']}/{deed}", {}
        if deed == "replay-since":
            body = {"since": "2026-01-01T00:00:00Z"}
        assert problem(town.staff.post(path, body)) == (403, "not_allowed")
        assert problem(town.customer.post(path, body)) == (404, "not_found")
        assert caller(is_operator=True).post(path, body).status_code == 200


class TestReading:
    def test_shows_deliveries_page_by_page_and_one_with_its_body(
        self, town: Town, owner: Caller
    ) -> None:
        made = register(town, owner, event_types=["order.placed"]).json()
        orders = [town.place()["id"] for _ in range(3)]
        path = f"/webhooks/{made['id']}/deliveries"
        first = owner.get(path, limit=2).json()
        second = owner.get(path, limit=2, before=first["next"]).json()
        things = [each["thing"] for each in first["items"] + second["items"]]
        assert things == [f"order:{each}" for each in reversed(orders)]
        assert second["next"] is None
        one = owner.get(f"{path}/{first['items'][0]['id']}").json()
        assert json.loads(one["body"])["id"] == one["message_id"]
        assert one["tries"] == []
        assert owner.get(path, state="dead").json()["items"] == []

    def test_hides_deliveries_of_others(self, town: Town, owner: Caller) -> None:
        made, other = register(town, owner).json(), register(town, owner).json()
        town.place()
        row = WebhookDelivery.objects.filter(webhook=made["id"]).first()
        assert row is not None
        path = f"/webhooks/{other['id']}/deliveries/{row.pk}"
        assert problem(owner.get(path)) == (404, "not_found")
        answer = owner.post(f"/webhooks/{other['id']}/replay", {"delivery_id": row.pk})
        assert problem(answer) == (404, "not_found")

    def test_tells_operators_how_the_queue_stands(self, town: Town, owner: Caller) -> None:
        made = register(town, owner).json()
        town.place()
        Webhook.objects.all().fail(now=Webhook.objects.get().created_at)
        overview = caller(is_operator=True).get("/operator/overview").json()["webhooks"]
        assert overview["waiting_count"] == WebhookDelivery.objects.count() > 0
        assert overview["oldest_at"] is not None
        assert [each["id"] for each in overview["ailing"]] == [made["id"]]


class TestPulling:
    def test_is_for_everybody_of_the_shop(self, town: Town, owner: Caller) -> None:
        made = register(town, owner, url="").json()
        assert made["kind"] == "pull"
        town.place()
        path = f"/webhooks/{made['id']}"
        items = town.staff.post(f"{path}/pull").json()["items"]
        assert items[0]["event"]["type"] == "order.placed"
        ids = {"delivery_ids": [each["delivery_id"] for each in items]}
        assert town.staff.post(f"{path}/acknowledge", ids).json() == {"count": len(items)}
        assert problem(town.customer.post(f"{path}/pull")) == (404, "not_found")

    def test_knows_no_webhook_that_is_not_there(self, town: Town, owner: Caller) -> None:
        assert problem(owner.post(f"/webhooks/{uuid4()}/pull")) == (404, "not_found")
