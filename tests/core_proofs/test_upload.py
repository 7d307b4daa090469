"""Sending a picture over HTTP, and who may look at it."""

from io import BytesIO
from uuid import UUID, uuid4

import pytest
from django.test import Client
from PIL import Image

from core.people.models import Person
from core.people.tokens import issue_token
from core.proofs.commands import MOST_FILES
from core.proofs.models import ProofFile
from core.proofs.storage.disk import DiskStore
from core.proofs.storage.interface import StoreUnavailable
from tests.builders import (
    START,
    Scene,
    make_courier,
    make_merchant,
    make_operator,
    make_person,
    make_scene,
    make_staff,
)
from tests.core_proofs.pictures import located_photo, picture


PHOTO = "photo"


class Phone:
    """One person's program."""

    def __init__(self, person: Person) -> None:
        token = issue_token(person=person, label="test", now=START)
        self.headers = {"Authorization": f"Bearer {token}"}
        self.client = Client()

    def send(
        self, scene: Scene, content: bytes, file_id: UUID | None = None, kind: str = PHOTO
    ) -> tuple[int, dict[str, str]]:
        """Send a picture; return status and answer."""
        path = f"{path_of(scene, file_id or uuid4())}?kind={kind}"
        answer = self.client.put(path, content, content_type="image/jpeg", headers=self.headers)
        told = answer.json()
        return answer.status_code, told.get("proof", told)

    def look(self, path: str) -> tuple[int, bytes]:
        answer = self.client.get(path, headers=self.headers)
        return answer.status_code, answer.content


def path_of(scene: Scene, file_id: UUID | str) -> str:
    return f"/api/v1/legs/{scene.leg.pk}/proofs/{file_id}"


@pytest.fixture
def courier(scene: Scene, disk: DiskStore) -> Phone:
    scene.bring_to("handed_over")
    return Phone(scene.courier)


class TestSending:
    def test_keeps_the_picture_and_tells_what_it_is(self, scene: Scene, courier: Phone) -> None:
        status, told = courier.send(scene, located_photo())
        assert (status, told["content_type"], told["kind"]) == (200, "image/jpeg", "photo")
        status, content = courier.look(path_of(scene, told["id"]))
        assert (status, Image.open(BytesIO(content)).size) == (200, (48, 64))
        assert b"Secret" not in content

    def test_again_keeps_it_once(self, scene: Scene, courier: Phone, disk: DiskStore) -> None:
        file_id = uuid4()
        first = courier.send(scene, picture(), file_id)
        assert courier.send(scene, picture(), file_id) == first
        assert ProofFile.objects.count() == 1

    def test_goes_on_where_the_store_failed(
        self, scene: Scene, courier: Phone, disk: DiskStore, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(*_arguments: object, **_options: object) -> None:
            raise StoreUnavailable

        file_id = uuid4()
        with monkeypatch.context() as patch:
            patch.setattr(disk, "put", fail)
            status, told = courier.send(scene, picture(), file_id)
            assert (status, told["code"]) == (503, "proof_store_unavailable")
        assert courier.look(path_of(scene, file_id))[0] == 404
        assert courier.send(scene, picture(), file_id)[0] == 200
        assert courier.look(path_of(scene, file_id))[0] == 200

    def test_refuses_another_picture_of_the_same_id(self, scene: Scene, courier: Phone) -> None:
        file_id = uuid4()
        courier.send(scene, picture(), file_id)
        for content, kind in ((picture(color="red"), PHOTO), (picture(), "signature")):
            status, told = courier.send(scene, content, file_id, kind)
            assert (status, told["code"]) == (409, "proof_id_taken")

    def test_refuses_what_is_no_picture(self, scene: Scene, courier: Phone) -> None:
        status, told = courier.send(scene, b"<svg xmlns='http://www.w3.org/2000/svg'/>")
        assert (status, told["code"]) == (415, "not_an_image")
        assert not ProofFile.objects.exists()

    def test_refuses_what_is_too_large(
        self, scene: Scene, courier: Phone, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("core.proofs.api.MOST_BYTES", 1000)
        status, told = courier.send(scene, picture() + b"\0" * 1000)
        assert (status, told["code"]) == (413, "body_too_large")

    def test_takes_more_than_a_command_may_have(self, scene: Scene, courier: Phone) -> None:
        noise = Image.effect_noise((900, 900), 80)
        target = BytesIO()
        noise.save(target, "PNG")
        assert len(target.getvalue()) > 2 * 256 * 1024
        assert courier.send(scene, target.getvalue())[0] == 200

    def test_refuses_an_unknown_kind(self, scene: Scene, courier: Phone) -> None:
        assert courier.send(scene, picture(), kind="video")[0] == 422

    def test_ends_after_enough(self, scene: Scene, courier: Phone) -> None:
        for _ in range(MOST_FILES):
            assert courier.send(scene, picture())[0] == 200
        status, told = courier.send(scene, picture())
        assert (status, told["code"]) == (409, "too_many_proofs")

    @pytest.mark.parametrize("file_id", ["..", "..%2f..%2fsecret_key", "x", "%00"])
    def test_takes_no_name_but_an_id(self, scene: Scene, courier: Phone, file_id: str) -> None:
        answer = courier.client.put(
            f"{path_of(scene, file_id)}?kind=photo", picture(), headers=courier.headers
        )
        assert answer.status_code == 404

    def test_is_for_the_courier_of_the_leg(self, scene: Scene, courier: Phone) -> None:
        for person in (make_courier(), scene.customer, scene.staff, scene.operator):
            assert Phone(person).send(scene, picture())[0] == 404


class TestLooking:
    def test_is_for_those_whom_the_order_concerns(self, scene: Scene, courier: Phone) -> None:
        _, told = courier.send(scene, picture())
        path = path_of(scene, told["id"])
        for person in (scene.customer, scene.staff, scene.courier, scene.operator):
            assert Phone(person).look(path)[0] == 200
        others = (make_person(), make_courier(), make_staff(make_merchant()))
        for person in others:
            assert Phone(person).look(path)[0] == 404
        assert Client().get(path).status_code == 401

    def test_of_another_leg_finds_nothing(self, scene: Scene, courier: Phone) -> None:
        _, told = courier.send(scene, picture())
        other = make_scene()
        other.bring_to("handed_over")
        assert Phone(make_operator()).look(path_of(other, told["id"]))[0] == 404

    def test_lets_a_browser_run_nothing(self, scene: Scene, courier: Phone) -> None:
        _, told = courier.send(scene, picture())
        answer = courier.client.get(path_of(scene, told["id"]), headers=courier.headers)
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in answer["Content-Security-Policy"]
        assert "no-store" in answer["Cache-Control"]

    def test_says_so_when_the_store_has_lost_it(
        self, scene: Scene, courier: Phone, disk: DiskStore
    ) -> None:
        _, told = courier.send(scene, picture())
        disk.delete(ProofFile.objects.get().name)
        status, content = courier.look(path_of(scene, told["id"]))
        assert (status, b"proof_missing" in content) == (500, True)

    def test_shows_nothing_that_was_changed(
        self, scene: Scene, courier: Phone, disk: DiskStore
    ) -> None:
        _, told = courier.send(scene, picture())
        name = ProofFile.objects.get().name
        disk.put(name, picture(color="red"), content_type="image/jpeg")
        assert courier.look(path_of(scene, told["id"]))[0] == 500
