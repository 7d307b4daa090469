"""Which proof closes which delivery, at the door and off line."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from core.errors import NotAllowed
from core.events.models import Event
from core.legs.proving import ProofFileUnknown, ProofNotAccepted, WrongPin, WrongQr
from core.orders.conflicts import IllegalStep
from core.orders.guessing import TooManyAttempts
from core.orders.placing import ContactlessCash
from core.proofs.commands import Upload, store_proof
from core.proofs.policy import ProofKind
from core.proofs.storage.disk import DiskStore
from notifications.models import Notice
from tests.builders import START, Scene, act, make_scene
from tests.core_proofs.pictures import picture


CONTACTLESS: dict[str, Any] = {"contactless": True}


def at_door(scene: Scene, *, payment: str = "online", **extra: Any) -> Scene:
    scene.bring_to("handed_over", payment=payment, extra=extra)
    return scene


def deliver(scene: Scene, kind: str, value: str, **taken: Any) -> None:
    arguments: dict[str, Any] = {"proof": {"kind": kind, "value": value}}
    if taken:
        arguments["taken"] = {"at": scene.now.isoformat(), **taken}
    scene.act("leg.deliver", "courier", **arguments)


def proof_of(scene: Scene) -> dict[str, Any]:
    proof: dict[str, Any] | None = scene.leg.proof
    assert proof is not None
    return proof


def qr_of(scene: Scene) -> str:
    return f"paidan:{scene.order.pk}:{scene.order.handover_code}"


def taken(scene: Scene, disk: DiskStore, kind: ProofKind) -> str:
    file_id = uuid4()
    upload = Upload(leg_id=scene.leg.pk, file_id=file_id, kind=kind, content=picture())
    store_proof(upload, person=scene.courier, store=disk, now=scene.now)
    return str(file_id)


def facts(scene: Scene, kind: str) -> list[dict[str, Any]]:
    rows = Event.objects.filter(correlation_id=f"order:{scene.order.pk}", type=kind)
    return list(rows.values_list("data", flat=True))


class TestCodes:
    @pytest.mark.parametrize("payment", ["cash", "online"])
    def test_prove_any_delivery(self, scene: Scene, payment: str) -> None:
        at_door(scene, payment=payment)
        deliver(scene, "qr", qr_of(scene))
        assert scene.reload().state == "completed"
        assert proof_of(scene)["kind"] == "qr"

    def test_are_on_the_customers_page(self, scene: Scene) -> None:
        at_door(scene)
        answer = scene.act("nudge", "customer")
        assert answer["order"]["handover_qr"] == qr_of(scene)

    @pytest.mark.parametrize("text", ["", "1234", "paidan", "paidan::1234", "https://evil"])
    def test_of_nothing_are_refused(self, scene: Scene, text: str) -> None:
        at_door(scene)
        with pytest.raises(WrongQr):
            deliver(scene, "qr", text or "x")
        assert scene.reload().wrong_code_count == 0

    def test_of_another_order_are_refused(self, scene: Scene) -> None:
        at_door(scene)
        other = at_door(make_scene())
        with pytest.raises(WrongQr):
            deliver(scene, "qr", qr_of(other))

    def test_in_a_qr_cannot_be_found_by_trying(self, scene: Scene) -> None:
        at_door(scene)
        for _ in range(5):
            with pytest.raises(WrongPin):
                deliver(scene, "qr", f"paidan:{scene.order.pk}:wrong")
        with pytest.raises(TooManyAttempts):
            deliver(scene, "qr", qr_of(scene))


class TestPictures:
    def test_prove_what_may_be_left_at_the_door(self, scene: Scene, disk: DiskStore) -> None:
        at_door(scene, **CONTACTLESS)
        photo = taken(scene, disk, ProofKind.PHOTO)
        deliver(scene, "photo", photo)
        assert scene.reload().state == "completed"
        assert proof_of(scene)["value"] == photo

    def test_of_a_signature_prove_the_usual(self, scene: Scene, disk: DiskStore) -> None:
        at_door(scene)
        deliver(scene, "signature", taken(scene, disk, ProofKind.SIGNATURE))
        assert scene.reload().state == "completed"

    @pytest.mark.parametrize("value", ["none", "01920000-0000-7000-8000-00000000abcd"])
    def test_that_nobody_sent_prove_nothing(self, scene: Scene, value: str) -> None:
        at_door(scene, **CONTACTLESS)
        with pytest.raises(ProofFileUnknown):
            deliver(scene, "photo", value)

    def test_of_another_kind_or_leg_prove_nothing(self, scene: Scene, disk: DiskStore) -> None:
        at_door(scene, **CONTACTLESS)
        other = at_door(make_scene(), **CONTACTLESS)
        for file_id in (
            taken(scene, disk, ProofKind.SIGNATURE),
            taken(other, disk, ProofKind.PHOTO),
        ):
            with pytest.raises(ProofFileUnknown):
                deliver(scene, "photo", file_id)


class TestPolicy:
    def test_wants_a_code_where_money_changes_hands(self, scene: Scene, disk: DiskStore) -> None:
        at_door(scene, payment="cash")
        for kind in ("photo", "signature"):
            with pytest.raises(ProofNotAccepted) as refused:
                deliver(scene, kind, str(uuid4()))
            told = refused.value.problem()
            assert (told["code"], told["status"]) == ("proof_not_accepted", 422)
            assert (told["accepted"], told["situation"]) == (["pin", "qr"], "cash")

    def test_wants_a_code_for_what_is_dear(self, db: None) -> None:
        dear = at_door(make_scene(prices=(60_000,)), **CONTACTLESS)
        with pytest.raises(ProofNotAccepted):
            deliver(dear, "photo", str(uuid4()))

    def test_tells_the_courier_what_to_ask_for(self, scene: Scene) -> None:
        at_door(scene, **CONTACTLESS)
        leg = scene.act("leg.arrive_dropoff", "courier")["leg"]
        assert (leg["proof_kinds"], leg["is_contactless"]) == (["pin", "qr", "photo"], True)

    def test_is_what_the_zone_says(self, scene: Scene, disk: DiskStore) -> None:
        zone = scene.merchant.zone_id
        change: dict[str, Any] = {"kinds": {"cash": ["photo"]}, "reason": "no phones here"}
        told = act("zone.set_proof_policy", by=scene.operator, on=zone, **change)["policy"]
        assert (told["kinds"]["cash"], told["version"]) == (["photo"], 2)
        assert told["kinds"]["usual"] == ["pin", "qr", "signature"]
        at_door(scene, payment="cash")
        deliver(scene, "photo", taken(scene, disk, ProofKind.PHOTO))
        assert scene.reload().state == "completed"

    def test_is_for_operators_to_say(self, scene: Scene) -> None:
        zone = scene.merchant.zone_id
        for person in (scene.staff, scene.courier, scene.customer):
            with pytest.raises(NotAllowed):
                act("zone.set_proof_policy", by=person, on=zone, trusts_offline=False)

    def test_leaves_nothing_at_the_door_that_is_not_paid(self, scene: Scene) -> None:
        with pytest.raises(ContactlessCash):
            scene.place(payment="cash", extra=CONTACTLESS)
        with pytest.raises(ContactlessCash):
            scene.place(payment="online", fulfilment="pickup", extra=CONTACTLESS)


class TestOffline:
    def test_steps_happened_when_the_device_says(self, scene: Scene) -> None:
        at_door(scene)
        there = scene.now + timedelta(minutes=2)
        scene.now += timedelta(minutes=10)
        said = {"at": there.isoformat(), "counter": 7, "offline": True}
        scene.act("leg.arrive_dropoff", "courier", taken=said)
        assert scene.leg.at_dropoff_at == there
        [data] = facts(scene, "delivery.at_dropoff")
        assert data["occurred_at"] < data["received_at"]
        assert (data["counter"], data["is_offline"]) == (7, True)

    @pytest.mark.parametrize(("minutes", "counted"), [(-600, 0), (-1, 0), (5, 5), (600, 10)])
    def test_steps_keep_their_order_whatever_the_devices_clock(
        self, scene: Scene, minutes: int, counted: int
    ) -> None:
        at_door(scene)
        start = scene.now
        scene.now += timedelta(minutes=10)
        said = {"at": (start + timedelta(minutes=minutes)).isoformat(), "offline": True}
        scene.act("leg.arrive_dropoff", "courier", taken=said)
        assert scene.leg.at_dropoff_at == start + timedelta(minutes=counted)

    def test_wrong_code_leaves_a_delivery_that_an_operator_looks_at(self, scene: Scene) -> None:
        at_door(scene)
        deliver(scene, "pin", "wrong", offline=True)
        order = scene.reload()
        assert (order.state, order.is_flagged, order.wrong_code_count) == ("completed", True, 1)
        assert proof_of(scene)["is_verified"] is False
        assert facts(scene, "order.operator_alarmed") == [{"cause": "proof_unverified"}]
        assert Notice.objects.filter(template="operator_alarm", closed_at__isnull=True).exists()

    def test_right_code_leaves_nothing_to_look_at(self, scene: Scene) -> None:
        at_door(scene)
        deliver(scene, "pin", scene.order.handover_code, offline=True)
        assert not scene.reload().is_flagged
        assert proof_of(scene)["is_verified"] is True

    def test_wrong_code_is_refused_where_the_zone_trusts_nobody(self, scene: Scene) -> None:
        zone = scene.merchant.zone_id
        act("zone.set_proof_policy", by=scene.operator, on=zone, trusts_offline=False)
        at_door(scene)
        with pytest.raises(WrongPin):
            deliver(scene, "pin", "wrong", offline=True)

    def test_wrong_code_with_a_connection_is_refused(self, scene: Scene) -> None:
        at_door(scene)
        with pytest.raises(WrongPin):
            deliver(scene, "pin", "wrong", offline=False)

    def test_step_of_a_cancelled_order_is_told_who_ended_it(self, scene: Scene) -> None:
        scene.bring_to("ready")
        scene.assign()
        scene.act("stop", "operator", reason="fraud")
        said = {"at": START.isoformat(), "offline": True}
        with pytest.raises(IllegalStep) as refused:
            scene.act("leg.pick_up", "courier", number=scene.order.number, taken=said)
        told = refused.value.problem()
        assert (told["state"], told["decided_by"]["type"]) == ("cancelled", "delivery.cancelled")
