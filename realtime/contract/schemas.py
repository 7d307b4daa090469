"""JSON Schemas (2020-12) of the frames, made from their classes: one document a direction."""

import json
from collections.abc import Sequence
from typing import Any, Final, Literal

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from realtime.contract.examples import EXAMPLES
from realtime.protocol import CLIENT_FRAMES, SERVER_FRAMES, SUBPROTOCOL, Frame


Schema = dict[str, Any]
Sender = Literal["client", "server"]

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
FRAMES: Final[dict[Sender, tuple[type[Frame], ...]]] = {
    "client": CLIENT_FRAMES,
    "server": SERVER_FRAMES,
}
ON_STRANGERS: Final[dict[Sender, str]] = {
    "client": "The server refuses a frame with a member that is not listed here.",
    "server": "A client overlooks members and frames it does not know: later servers send more.",
}


def file_of(sender: Sender) -> str:
    """Name of the document with the frames of `sender`."""
    return f"{sender}-frames.json"


def schema_document(sender: Sender) -> Schema:
    """Schema that every frame of `sender` satisfies; `$defs` has one schema a frame."""
    frames = FRAMES[sender]
    _, generated = models_json_schema(
        [(frame, "serialization" if sender == "server" else "validation") for frame in frames],
        ref_template="#/$defs/{model}",
    )
    definitions: dict[str, Schema] = generated["$defs"]
    for frame in frames:
        _tag(definitions[frame.__name__], frame)
    for definition in definitions.values():
        _tidy(definition, keep_null=sender == "client")
    return {
        "$schema": DIALECT,
        "$id": f"urn:{SUBPROTOCOL.replace('.', ':')}:{sender}-frames",
        "title": f"Frames of the {sender}, {SUBPROTOCOL}",
        "description": ON_STRANGERS[sender],
        "type": "object",
        "required": ["t"],
        "oneOf": [{"$ref": f"#/$defs/{frame.__name__}"} for frame in frames],
        "discriminator": {"propertyName": "t", "mapping": _mapping(frames)},
        "$defs": dict(sorted(definitions.items())),
    }


def write(document: Schema) -> str:
    """Text of a JSON document, the same every time."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _mapping(frames: Sequence[type[Frame]]) -> dict[str, str]:
    return {tag_of(frame): f"#/$defs/{frame.__name__}" for frame in frames}


def tag_of(frame: type[BaseModel]) -> str:
    """Value of `t` that says it is this frame."""
    return str(frame.model_fields["t"].default)


def _tag(definition: Schema, frame: type[Frame]) -> None:
    """Require what tells the frames apart, which a class may leave to its default."""
    required = [name for name in definition.get("required", ()) if name != "t"]
    optional = [name for name, field in frame.model_fields.items() if not field.is_required()]
    definition["required"] = ["t", *(name for name in required if name not in optional)]
    definition["examples"] = list(EXAMPLES[frame])


def _tidy(definition: Schema, *, keep_null: bool) -> None:
    """Drop generated titles and defaults; absent members are left out by the server, never null.

    What a client may leave out, it may also send as null.
    """
    definition["description"] = " ".join(definition["description"].split())
    definition.pop("title")
    for name, member in definition["properties"].items():
        definition["properties"][name] = _plain(member, keep_null=keep_null)


def _plain(member: Schema, *, keep_null: bool) -> Schema:
    kept = {key: value for key, value in member.items() if key not in {"title", "default"}}
    choices = kept.get("anyOf")
    if choices is None or keep_null:
        return kept
    (only,) = (choice for choice in choices if choice != {"type": "null"})
    del kept["anyOf"]
    return {**kept, **only}
