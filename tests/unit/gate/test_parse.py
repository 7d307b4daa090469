"""How the gate reads socket arguments."""

from uuid import UUID, uuid4

import pytest

from core.errors import NotFound
from core.gate.registry import Arguments, Call, CommandSpec
from core.gate.run import UnknownCommand, ValidationFailed, find, parse


class Minutes(Arguments):
    """One argument."""

    minutes: int


def _answer(call: Call, arguments: Minutes) -> dict[str, str]:
    return {}


SPEC = CommandSpec(
    name="test.wait",
    path="/tests/{test_id}/wait",
    subject="test_id",
    arguments=Minutes,
    handler=_answer,
    summary="Wait.",
)
ID = uuid4()


class TestParse:
    def test_splits_the_subject_from_the_rest(self) -> None:
        subject_id, arguments = parse(SPEC, {"test_id": str(ID), "minutes": 3})
        assert subject_id == UUID(str(ID))
        assert arguments == Minutes(minutes=3)

    def test_leaves_what_it_was_given_alone(self) -> None:
        raw = {"test_id": str(ID), "minutes": 3}
        parse(SPEC, raw)
        assert "test_id" in raw

    @pytest.mark.parametrize(
        "raw",
        [
            {"minutes": 3},
            {"test_id": str(ID)},
            {"test_id": str(ID), "minutes": "soon"},
            {"test_id": str(ID), "minutes": 3, "hours": 1},
        ],
    )
    def test_refuses_the_wrong_shape(self, raw: dict[str, object]) -> None:
        with pytest.raises(ValidationFailed):
            parse(SPEC, raw)

    def test_finds_nothing_under_a_malformed_id(self) -> None:
        with pytest.raises(NotFound):
            parse(SPEC, {"test_id": "17", "minutes": 3})


class TestFind:
    def test_refuses_an_unknown_name(self) -> None:
        with pytest.raises(UnknownCommand):
            find("test.unknown")
