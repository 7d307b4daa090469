"""The suite's own tables and validator: nothing is left unsaid, no keyword is overlooked."""

import pytest

from tests.conformance.rules import RULES
from tests.conformance.run import all_checks
from tests.conformance.schema import UnknownKeyword, Validator


class TestChecks:
    def test_say_what_the_hub_must_do(self) -> None:
        silent = [check.name for check in all_checks() if not check.says.endswith(".")]
        assert not silent

    def test_are_named_by_area(self) -> None:
        assert all(len(check.name.split(".")) == 2 for check in all_checks())

    def test_break_rules_that_have_a_meaning(self) -> None:
        assert all(meaning.endswith(".") for meaning in RULES.values())


class TestValidator:
    @pytest.mark.parametrize(
        ("schema", "good", "bad"),
        [
            ({"type": "integer"}, 1, "1"),
            ({"type": "integer"}, 1, True),
            ({"type": "number"}, 1.5, None),
            ({"const": "a"}, "a", "b"),
            ({"enum": ["a", "b"]}, "b", "c"),
            ({"required": ["a"]}, {"a": 1}, {}),
            ({"properties": {"a": {"type": "null"}}}, {"a": None}, {"a": 1}),
            ({"properties": {}, "additionalProperties": False}, {}, {"a": 1}),
            ({"additionalProperties": {"type": "null"}}, {"a": None}, {"a": 1}),
            ({"items": {"type": "null"}}, [None], [1]),
            ({"anyOf": [{"type": "null"}, {"type": "string"}]}, "", 1),
            ({"oneOf": [{"type": "number"}, {"type": "integer"}]}, 1.5, 1),
            ({"minLength": 1}, "a", ""),
            ({"maxItems": 1}, [1], [1, 2]),
            ({"minimum": 1}, 1, 0),
            ({"$ref": "#/$defs/A", "$defs": {"A": {"type": "null"}}}, None, 1),
        ],
    )
    def test_knows_good_from_bad(
        self, schema: dict[str, object], good: object, bad: object
    ) -> None:
        assert not Validator(schema).faults(good)
        assert Validator(schema).faults(bad)

    def test_overlooks_no_keyword(self) -> None:
        with pytest.raises(UnknownKeyword):
            Validator({"pattern": "^a"}).faults("b")
