"""From a row to a shop's program through the real sender, whatever the program answers."""

from datetime import timedelta
from uuid import UUID

from core.clock import clock
from core.events.models import Event
from notifications.models import RecipientNotice
from notifications.sender import send_due_webhooks
from notifications.webhooks.claims import AT_ONCE, LEASE_SECONDS, claim_due
from notifications.webhooks.conclusions import DISABLE_SECONDS, GIVE_UP_SECONDS
from notifications.webhooks.models import Webhook, WebhookAttempt, WebhookDelivery
from notifications.webhooks.results import sweep
from tests.builders import Scene
from tests.notifications.webhooks.receiver import Program
from tests.notifications.webhooks.town import do, hurry, register, states, types_of


def reload(webhook: Webhook) -> Webhook:
    fresh: Webhook = Webhook.objects.get(pk=webhook.pk)
    return fresh


def seconds(number: float) -> timedelta:
    return clock().technical(number)


def many_orders(scene: Scene, count: int) -> list[UUID]:
    return [scene.place().pk for _ in range(count)]


class TestSending:
    def test_brings_all_events_signed_and_in_order(self, scene: Scene, program: Program) -> None:
        webhook = register(scene, program)
        scene.bring_to("completed")
        send_due_webhooks()
        assert program.accepted_of(f"order:{scene.order.pk}") == types_of(scene.order.pk)
        assert not program.forged
        assert set(states(webhook)) == {"accepted"}
        first = program.taken[0]
        assert first.headers["webhook-id"] == first.event["id"]
        assert first.headers["content-type"].startswith("application/cloudevents+json")

    def test_sends_a_test_event_whatever_was_asked_for(
        self, scene: Scene, program: Program
    ) -> None:
        webhook = register(scene, program, event_types=["item.*"])
        answer = do(scene, "test", webhook)
        send_due_webhooks()
        (taken,) = program.taken
        assert (taken.id, taken.type) == (answer["message_id"], "webhook.test")

    def test_signs_with_both_secrets_while_they_overlap(
        self, scene: Scene, program: Program
    ) -> None:
        webhook = register(scene, program)
        answer = do(scene, "rotate_secret", webhook, overlap_seconds=3600)
        program.secrets.append(answer["secret"])
        assert len(set(program.secrets)) == 2
        scene.place()
        send_due_webhooks()
        assert program.accepted
        assert len(program.taken[0].headers["webhook-signature"].split(" ")) == 2
        assert not program.forged

    def test_signs_with_the_new_secret_alone_once_the_old_one_ends(
        self, scene: Scene, program: Program
    ) -> None:
        webhook = register(scene, program)
        do(scene, "rotate_secret", webhook, overlap_seconds=0)
        scene.place()
        send_due_webhooks()
        assert program.forged
        assert not program.taken


class TestFailing:
    def test_is_tried_again_with_the_same_id_and_nothing_of_the_order_overtakes(
        self, scene: Scene, program: Program
    ) -> None:
        register(scene, program)
        program.statuses = [503, 500, 404]
        scene.bring_to("completed")
        send_due_webhooks()
        assert len(program.taken) == 1
        for _ in range(3):
            hurry()
            send_due_webhooks()
        assert len({each.id for each in program.taken[:4]}) == 1
        assert program.accepted_of(f"order:{scene.order.pk}") == types_of(scene.order.pk)

    def test_waits_longer_each_time(self, scene: Scene, program: Program) -> None:
        register(scene, program, event_types=["order.placed"])
        program.by_subject[f"order:{scene.place().pk}"] = 500
        waits = []
        for _ in range(4):
            hurry()
            now = clock().now()
            send_due_webhooks()
            waits.append(clock().real_seconds(WebhookDelivery.objects.get().due_at - now))
        assert waits == sorted(waits)
        assert waits[0] >= 2
        assert waits[3] >= 20

    def test_does_not_keep_other_orders_waiting(self, scene: Scene, program: Program) -> None:
        register(scene, program)
        stuck, free = many_orders(scene, 2)
        program.by_subject[f"order:{stuck}"] = 500
        send_due_webhooks()
        assert program.accepted_of(f"order:{free}") == types_of(free)
        assert not program.accepted_of(f"order:{stuck}")

    def test_leaves_the_endpoint_alone_as_long_as_it_asks(
        self, scene: Scene, program: Program
    ) -> None:
        webhook = register(scene, program)
        many_orders(scene, 3)
        program.by_subject = {f"order:{scene.order.pk}": 429}
        program.answer_headers = {"Retry-After": "600"}
        program.statuses = [429, 429, 429]
        before = clock().now()
        send_due_webhooks()
        asked = len(program.taken)
        rest_until = reload(webhook).rest_until
        assert rest_until is not None
        assert rest_until >= before + seconds(600)
        scene.place()
        WebhookDelivery.objects.update(due_at=before)
        send_due_webhooks()
        assert len(program.taken) == asked
        assert claim_due(now=rest_until + seconds(1))

    def test_is_dead_after_a_day_and_the_next_event_goes(
        self, scene: Scene, program: Program
    ) -> None:
        webhook = register(scene, program)
        scene.bring_to("accepted")
        program.statuses = [500, 500]
        send_due_webhooks()
        past = clock().now() - seconds(GIVE_UP_SECONDS)
        WebhookDelivery.objects.filter(state="retrying").update(give_up_at=past)
        hurry()
        send_due_webhooks()
        kept = types_of(scene.order.pk)
        assert states(webhook) == ["dead", *["accepted"] * (len(kept) - 1)]
        assert program.accepted_of(f"order:{scene.order.pk}") == kept[1:]
        assert WebhookDelivery.objects.get(state="dead").code == "http_500"
        assert WebhookAttempt.objects.filter(status=500).count() == 2

    def test_follows_no_redirect(self, scene: Scene, program: Program) -> None:
        webhook = register(scene, program)
        program.answer_headers = {"Location": program.url}
        program.statuses = [307]
        scene.place()
        send_due_webhooks()
        assert [each.status for each in program.taken] == [307]
        assert states(webhook) == ["retrying"]

    def test_takes_one_at_a_time_until_it_accepts(self, scene: Scene, program: Program) -> None:
        register(scene, program)
        many_orders(scene, 4)
        Webhook.objects.update(failing_since=scene.now)
        assert len(claim_due(now=clock().now())) == 1


class TestBound:
    def test_is_kept_by_one_sender_and_by_several(self, scene: Scene, program: Program) -> None:
        register(scene, program)
        many_orders(scene, AT_ONCE + 4)
        now = clock().now()
        assert len(claim_due(now=now)) == AT_ONCE
        assert not claim_due(now=now)

    def test_lets_nobody_starve_behind_a_long_queue(self, scene: Scene, program: Program) -> None:
        register(scene, program)
        many_orders(scene, AT_ONCE + 4)
        claim_due(now=clock().now())
        other = register(scene, program, event_types=["item.*"])
        do(scene, "test", other)
        assert [each.webhook_id for each in claim_due(now=clock().now(), limit=1)] == [other.pk]

    def test_is_never_exceeded_on_the_wire(self, scene: Scene, program: Program) -> None:
        register(scene, program, event_types=["order.placed"])
        many_orders(scene, 2 * AT_ONCE)
        program.delay_seconds = 0.05
        send_due_webhooks()
        assert len(program.accepted) == 2 * AT_ONCE
        assert 1 < program.most_at_once <= AT_ONCE


class TestLease:
    def test_that_ends_gives_the_message_back(self, scene: Scene, program: Program) -> None:
        webhook = register(scene, program)
        scene.place()
        now = clock().now()
        (claim,) = claim_due(now=now)
        assert sweep(now=now) == 0
        assert sweep(now=now + seconds(LEASE_SECONDS)) == 1
        assert states(webhook) == ["pending"]
        send_due_webhooks()
        assert [each.id for each in program.accepted] == [str(claim.message_id)]


class TestHopelessEndpoint:
    def test_that_is_gone_is_disabled_at_once_and_goes_on_where_it_stopped(
        self, scene: Scene, program: Program
    ) -> None:
        webhook = register(scene, program)
        scene.place()
        program.statuses = [410]
        send_due_webhooks()
        assert reload(webhook).disabled_code == "gone"
        scene.act("accept", "staff")
        send_due_webhooks()
        assert len(program.taken) == 1
        assert set(states(webhook)) == {"held"}
        do(scene, "enable", webhook)
        send_due_webhooks()
        assert program.accepted_of(f"order:{scene.order.pk}") == types_of(scene.order.pk)

    def test_that_fails_for_days_is_disabled_and_its_owners_are_told(
        self, scene: Scene, program: Program
    ) -> None:
        webhook = register(scene, program)
        scene.place()
        program.statuses = [500, 500]
        send_due_webhooks()
        assert reload(webhook).disabled_at is None
        Webhook.objects.update(failing_since=clock().now() - seconds(DISABLE_SECONDS))
        hurry()
        send_due_webhooks()
        assert reload(webhook).disabled_code == "failing"
        told = RecipientNotice.objects.filter(notice__template="webhook_disabled")
        assert [row.person_id for row in told] == [scene.staff.pk]
        actor = Event.objects.get(type="webhook.disabled").actor
        assert actor == {"type": "system"}

    def test_is_forgiven_by_one_success(self, scene: Scene, program: Program) -> None:
        webhook = register(scene, program)
        many_orders(scene, 2)
        program.statuses = [500]
        send_due_webhooks()
        hurry()
        send_due_webhooks()
        assert reload(webhook).failing_since is None


class TestReplay:
    def test_of_one_sends_it_again_with_its_id(self, scene: Scene, program: Program) -> None:
        webhook = register(scene, program)
        scene.place()
        send_due_webhooks()
        row = WebhookDelivery.objects.get()
        assert do(scene, "replay", webhook, delivery_id=row.pk) == {"count": 1}
        send_due_webhooks()
        assert [each.id for each in program.accepted] == [str(row.message_id)] * 2

    def test_of_all_keeps_each_orders_order(self, scene: Scene, program: Program) -> None:
        webhook = register(scene, program)
        scene.bring_to("completed")
        send_due_webhooks()
        kept = types_of(scene.order.pk)
        program.taken.clear()
        since = scene.now - timedelta(minutes=1)
        answer = do(scene, "replay_since", webhook, since=since.isoformat())
        assert answer == {"count": len(kept), "next": None}
        send_due_webhooks()
        assert program.accepted_of(f"order:{scene.order.pk}") == kept

    def test_of_dead_ones_leaves_the_others(self, scene: Scene, program: Program) -> None:
        webhook = register(scene, program)
        many_orders(scene, 2)
        send_due_webhooks()
        dead = WebhookDelivery.objects.order_by("pk").first()
        assert dead is not None
        WebhookDelivery.objects.filter(pk=dead.pk).update(state="dead")
        since = (scene.now - timedelta(minutes=1)).isoformat()
        assert do(scene, "replay_since", webhook, since=since, only_dead=True)["count"] == 1


class TestRemovedEndpoint:
    def test_gets_nothing_more(self, scene: Scene, program: Program) -> None:
        webhook = register(scene, program)
        scene.place()
        do(scene, "remove", webhook)
        assert send_due_webhooks() == 0
        assert states(webhook) == ["cancelled"]


class TestForbiddenAddress:
    def test_is_refused_when_sending_however_it_came_into_the_row(
        self, scene: Scene, program: Program
    ) -> None:
        webhook = register(scene, program)
        Webhook.objects.update(url="https://169.254.169.254/latest")
        scene.place()
        send_due_webhooks()
        assert states(webhook) == ["retrying"]
        assert WebhookDelivery.objects.get().code == "address_refused"
