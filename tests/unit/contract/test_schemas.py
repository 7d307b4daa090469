"""The schemas accept what the classes write, and refuse what the classes refuse."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.contract.examples import CLIENT_EXAMPLES, SERVER_EXAMPLES, Wire
from realtime.contract.schemas import DIALECT, FRAMES, Sender, file_of
from realtime.protocol import (
    BadFrame,
    Frame,
    decode,
    decode_server,
    encode,
)
from tests.architecture.source import ROOT
from tests.conformance.schema import KEYWORDS, Validator


SCHEMAS: dict[Sender, Any] = {
    sender: json.loads((ROOT / "docs" / "schemas" / file_of(sender)).read_text())
    for sender in FRAMES
}
EXAMPLES: dict[Sender, tuple[Wire, ...]] = {"client": CLIENT_EXAMPLES, "server": SERVER_EXAMPLES}
DECODE: dict[Sender, Any] = {"client": decode, "server": decode_server}
SENDERS: tuple[Sender, ...] = ("client", "server")
# What a frame is made of at random: small, odd, and of every kind.
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 2**54)
    | st.floats(-200, 200)
    | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=2), inner),
    max_leaves=4,
)


def drawn(sender: Sender, schema: Any) -> st.SearchStrategy[Any]:
    """Values that satisfy a part of the sender's document."""
    if "$ref" in schema:
        return drawn(sender, Validator(SCHEMAS[sender]).resolve(schema["$ref"]))
    if "const" in schema:
        return st.just(schema["const"])
    if "anyOf" in schema:
        return st.one_of([drawn(sender, part) for part in schema["anyOf"]])
    return DRAWN[schema["type"]](sender, schema)


def drawn_object(sender: Sender, schema: Any) -> st.SearchStrategy[Any]:
    if "properties" not in schema:
        return st.dictionaries(st.text(max_size=2), JSON, max_size=2)
    required = set(schema.get("required", ()))
    parts = {name: drawn(sender, part) for name, part in schema["properties"].items()}
    return st.fixed_dictionaries(
        {name: part for name, part in parts.items() if name in required},
        optional={name: part for name, part in parts.items() if name not in required},
    )


DRAWN: dict[str, Callable[[Sender, Any], st.SearchStrategy[Any]]] = {
    "object": drawn_object,
    "array": lambda sender, schema: st.lists(
        drawn(sender, schema["items"]), min_size=schema.get("minItems", 0), max_size=2
    ),
    "string": lambda _, schema: st.text(
        min_size=schema.get("minLength", 0), max_size=min(9, schema.get("maxLength", 9))
    ),
    "integer": lambda _, schema: st.integers(
        schema.get("minimum", -(2**60)), schema.get("maximum", 2**60)
    ),
    "number": lambda _, schema: st.floats(
        schema.get("minimum", -1e9), schema.get("maximum", 1e9), allow_nan=False
    ),
    "boolean": lambda *_: st.booleans(),
    "null": lambda *_: st.none(),
}


@st.composite
def spoilt(draw: st.DrawFn, sender: Sender) -> Wire:
    """Draw an example with a member that was put in, taken out or replaced."""
    wire = dict(draw(st.sampled_from(EXAMPLES[sender])))
    name = draw(st.sampled_from([*wire, "other"]))
    if draw(st.booleans()):
        wire.pop(name, None)
    else:
        wire[name] = draw(JSON)
    return wire


def is_taken(sender: Sender, wire: Wire) -> bool:
    """Whether the classes accept the frame."""
    try:
        DECODE[sender](json.dumps(wire))
    except BadFrame:
        return False
    return True


class TestSchemas:
    @pytest.mark.parametrize("sender", SENDERS)
    def test_are_of_the_dialect_they_name(self, sender: Sender) -> None:
        schema = SCHEMAS[sender]
        assert schema["$schema"] == DIALECT
        assert schema["$id"] == f"urn:paidan:v1:{sender}-frames"
        for definition in schema["$defs"].values():
            assert_well_formed(definition)

    @pytest.mark.parametrize("sender", SENDERS)
    def test_tell_the_frames_apart_by_t(self, sender: Sender) -> None:
        schema = SCHEMAS[sender]
        mapping = schema["discriminator"]["mapping"]
        assert [{"$ref": reference} for reference in mapping.values()] == schema["oneOf"]
        for tag, reference in mapping.items():
            definition = Validator(schema).resolve(reference)
            assert definition["properties"]["t"]["const"] == tag
            assert "t" in definition["required"]

    @pytest.mark.parametrize("sender", SENDERS)
    def test_accept_every_example(self, sender: Sender) -> None:
        validator = Validator(SCHEMAS[sender])
        assert not [fault for wire in EXAMPLES[sender] for fault in validator.faults(wire)]

    @given(data=st.data(), sender=st.sampled_from(SENDERS))
    def test_agree_with_the_classes(self, data: st.DataObject, sender: Sender) -> None:
        schema = SCHEMAS[sender]
        wire = data.draw(drawn(sender, data.draw(st.sampled_from(schema["oneOf"]))))
        frame: Frame = DECODE[sender](json.dumps(wire))
        assert not Validator(schema).faults(json.loads(encode(frame)))

    @given(data=st.data(), sender=st.sampled_from(SENDERS))
    def test_accept_nothing_the_classes_refuse(self, data: st.DataObject, sender: Sender) -> None:
        wire = data.draw(spoilt(sender))
        if not is_taken(sender, wire):
            assert Validator(SCHEMAS[sender]).faults(wire)

    @given(data=st.data())
    def test_refuse_nothing_the_classes_take_from_clients(self, data: st.DataObject) -> None:
        wire = data.draw(spoilt("client"))
        if is_taken("client", wire):
            assert not Validator(SCHEMAS["client"]).faults(wire)

    def test_refuse_a_client_that_sends_more_than_is_known(self) -> None:
        assert Validator(SCHEMAS["client"]).faults({"t": "pong", "more": 1})

    def test_let_the_server_send_more_than_is_known(self) -> None:
        assert not Validator(SCHEMAS["server"]).faults({"t": "ping", "more": 1})


def assert_well_formed(schema: Any) -> None:
    """Every keyword is known, and holds what the meta-schema wants of it."""
    for keyword, value in schema.items():
        assert WELL_FORMED.get(keyword, lambda _: keyword in KEYWORDS)(value)  # noqa: B023
    assert set(schema.get("required", ())) <= schema.get("properties", {}).keys()
    inner = [*schema.get("properties", {}).values(), *schema.get("anyOf", ())]
    for part in [*inner, *([schema["items"]] if "items" in schema else [])]:
        assert_well_formed(part)


WELL_FORMED: dict[str, Callable[[Any], bool]] = {
    "required": lambda value: isinstance(value, list) and len(set(value)) == len(value),
    "anyOf": lambda value: isinstance(value, list) and bool(value),
    "description": lambda value: isinstance(value, str),
    "examples": lambda value: isinstance(value, list),
    "properties": lambda value: isinstance(value, dict),
}
