"""The protocol's documents leave nothing out: events, topics, codes, frames."""

import ast
from collections.abc import Iterator
from uuid import UUID

import pytest

from core.events.catalogue import CATALOGUE, EventType
from realtime import codes
from realtime.authorisation import Standing, may_join
from realtime.contract.events import HEARD_BY_NOBODY, topics_of
from realtime.protocol import CLIENT_FRAMES, SERVER_FRAMES, ClientFrame, ServerFrame
from realtime.topics import Topic, TopicKind
from tests.architecture.source import ROOT, at, parse, python_files


PAGE = (ROOT / "docs" / "protocol.md").read_text()
SOMEBODY, SOMETHING = UUID(int=1), UUID(int=2)
STANDINGS = {
    TopicKind.MERCHANT: Standing(person_id=SOMEBODY, is_staff=True),
    TopicKind.ORDER: Standing(person_id=SOMEBODY, roles_in_order=frozenset({"customer"})),
    TopicKind.COURIER: Standing(person_id=SOMETHING, is_courier=True),
    TopicKind.USER: Standing(person_id=SOMETHING),
    TopicKind.ZONE: Standing(person_id=SOMEBODY, is_operator=True),
}


class TestEvents:
    @pytest.mark.parametrize("kind", CATALOGUE.values(), ids=CATALOGUE)
    def test_are_documented_with_their_topics_or_a_stated_none(self, kind: EventType) -> None:
        (row,) = (line for line in PAGE.splitlines() if line.startswith(f"| `{kind.name}` |"))
        shown = row.rstrip(" |").rpartition("| ")[2].replace("*", "").split(", ")
        assert shown == ([each.value for each in topics_of(kind)] or ["none"])
        assert bool(topics_of(kind)) is (kind.name not in HEARD_BY_NOBODY)

    @pytest.mark.parametrize("kind", CATALOGUE.values(), ids=CATALOGUE)
    def test_are_critical_only_where_they_are_heard(self, kind: EventType) -> None:
        assert kind.critical_for <= set(topics_of(kind))


class TestTopics:
    @pytest.mark.parametrize("kind", TopicKind)
    def test_are_documented(self, kind: TopicKind) -> None:
        assert f"\n| `{kind.value}:<id>` | " in PAGE

    @pytest.mark.parametrize("kind", TopicKind)
    def test_are_closed_to_strangers_and_open_to_their_people(self, kind: TopicKind) -> None:
        topic = Topic(kind, SOMETHING)
        assert not may_join(topic, Standing(person_id=SOMEBODY))
        assert may_join(topic, STANDINGS[kind])


class TestFrames:
    def test_are_all_in_the_lists_that_documents_are_made_from(self) -> None:
        assert set(ClientFrame.__subclasses__()) == set(CLIENT_FRAMES)
        assert set(ServerFrame.__subclasses__()) == set(SERVER_FRAMES)


class TestCodes:
    def test_of_errors_are_all_documented(self) -> None:
        found = dict(_error_codes())
        assert "version_conflict" in found
        assert not [place for code, place in found.items() if f"\n| `{code}` | " not in PAGE]

    def test_of_closes_are_all_in_the_table(self) -> None:
        named = {value for name, value in vars(codes).items() if isinstance(value, int)}
        assert named == set(codes.CLOSES)
        assert all(row.code == code for code, row in codes.CLOSES.items())


def _error_codes() -> Iterator[tuple[str, str]]:
    """Every `code = "..."` of a class that has a title for people as well, with its place."""
    for path in python_files("core", "dispatch", "notifications", "realtime"):
        for node in ast.walk(parse(path)):
            if isinstance(node, ast.ClassDef):
                members = {
                    target.id: statement.value
                    for statement in node.body
                    if isinstance(statement, ast.Assign)
                    for target in statement.targets
                    if isinstance(target, ast.Name)
                }
                code = members.get("code")
                if "title" in members and isinstance(code, ast.Constant):
                    yield str(code.value), at(path, code)
