"""The AsyncAPI document is whole: references resolve, every frame is used, every code is told."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from realtime.codes import CLOSES, ERRORS
from realtime.contract.examples import EXAMPLES
from realtime.contract.schemas import FRAMES, tag_of
from tests.architecture.source import ROOT
from tests.conformance.schema import Validator


PATH = ROOT / "docs" / "asyncapi.json"
DOCUMENT = json.loads(PATH.read_text())
MESSAGES = DOCUMENT["components"]["messages"]
OPERATIONS = DOCUMENT["operations"]


def references(part: Any) -> Iterator[str]:
    """Every `$ref` below a part of the document."""
    if isinstance(part, dict):
        if "$ref" in part:
            yield part["$ref"]
        for inner in part.values():
            yield from references(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from references(inner)


def resolve(reference: str) -> Any:
    """What a reference points to, in this document or in one beside it."""
    file, _, pointer = reference.partition("#/")
    document = json.loads((PATH.parent / file).read_text()) if file else DOCUMENT
    return Validator(document).resolve(pointer) if pointer else document


def used(operations: dict[str, Any]) -> Iterator[str]:
    """Names of the messages of the operations and of their replies."""
    for operation in operations.values():
        for each in (operation, operation.get("reply", {})):
            for message in each.get("messages", ()):
                yield resolve(message["$ref"])["$ref"].rpartition("/")[2]


class TestAsyncApi:
    def test_has_what_version_three_requires(self) -> None:
        assert DOCUMENT["asyncapi"] == "3.0.0"
        assert {"title", "version"} <= DOCUMENT["info"].keys()
        for server in DOCUMENT["servers"].values():
            assert {"host", "protocol"} <= server.keys()
        for operation in OPERATIONS.values():
            assert operation["action"] in {"send", "receive"}
            assert "address" in resolve(operation["channel"]["$ref"])

    @pytest.mark.parametrize("reference", sorted(set(references(DOCUMENT))))
    def test_points_to_what_there_is(self, reference: str) -> None:
        assert resolve(reference)

    def test_lets_operations_use_messages_of_their_own_channel_only(self) -> None:
        for operation in OPERATIONS.values():
            for each in (operation, operation.get("reply", operation)):
                channel = each["channel"]["$ref"]
                for message in each["messages"]:
                    assert message["$ref"].startswith(f"{channel}/messages/")

    @pytest.mark.parametrize(("sender", "action"), [("client", "receive"), ("server", "send")])
    def test_uses_every_frame_in_an_operation(self, sender: Any, action: str) -> None:
        fitting = {
            name: operation
            for name, operation in OPERATIONS.items()
            if operation["action"] == action or sender == "server"
        }
        assert {f"{sender}_{tag_of(frame)}" for frame in FRAMES[sender]} <= set(used(fitting))

    def test_streams_every_frame_but_answers_to_commands(self) -> None:
        streamed = set(used({"follow": OPERATIONS["follow"]}))
        frames = {f"server_{tag_of(frame)}" for frame in FRAMES["server"]}
        assert streamed == frames - {"server_ok"}
        assert [*used({"poll": OPERATIONS["poll"]})] == ["poll"]

    def test_describes_every_frame_by_its_schema(self) -> None:
        for sender, frames in FRAMES.items():
            for frame in frames:
                message = MESSAGES[f"{sender}_{tag_of(frame)}"]
                file = Path(message["payload"]["$ref"].partition("#")[0]).name
                assert file == f"{sender}-frames.json"
                schema = resolve(message["payload"]["$ref"])
                assert schema["properties"]["t"]["const"] == tag_of(frame)
                assert [each["payload"] for each in message["examples"]] == list(EXAMPLES[frame])

    def test_tells_every_code_with_what_to_do(self) -> None:
        socket = DOCUMENT["channels"]["socket"]
        assert {row["code"]: row["retry"] for row in socket["x-close-codes"]} == {
            code: row.retry for code, row in CLOSES.items()
        }
        assert [row["code"] for row in socket["x-error-codes"]] == list(ERRORS)

    def test_names_every_way_in(self) -> None:
        assert DOCUMENT["components"]["securitySchemes"].keys() == {
            *("ticket", "session", "query_ticket", "bearer")
        }
