"""As much of JSON Schema 2020-12 as the contract uses; any other keyword is an error."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any


Schema = Mapping[str, Any]
Check = Callable[["Validator", Any, Any, Schema], Iterator[str]]

ANNOTATIONS = {
    *("$schema", "$id", "$defs", "$comment", "title", "description", "examples", "default"),
    "discriminator",
}
TYPES: Mapping[str, Callable[[Any], bool]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
}


class UnknownKeyword(ValueError):
    """The schema says something this validator does not understand."""


class Validator:
    """One schema document."""

    def __init__(self, document: Schema) -> None:
        self.document = document

    def faults(self, value: Any) -> list[str]:
        """What is wrong with `value`; nothing when it satisfies the schema."""
        return list(self.check(value, self.document))

    def check(self, value: Any, schema: Schema) -> Iterator[str]:
        """Yield what is wrong with `value` by a part of the document."""
        for keyword, wanted in schema.items():
            if keyword in ANNOTATIONS:
                continue
            if keyword not in KEYWORDS:
                raise UnknownKeyword(keyword)
            yield from KEYWORDS[keyword](self, value, wanted, schema)

    def resolve(self, reference: str) -> Schema:
        """Part of the document that `#/a/b` points to."""
        found: Any = self.document
        for name in reference.removeprefix("#/").split("/"):
            found = found[name]
        part: Schema = found
        return part


def _ref(validator: Validator, value: Any, wanted: Any, _schema: Schema) -> Iterator[str]:
    return validator.check(value, validator.resolve(wanted))


def _type(_validator: Validator, value: Any, wanted: Any, _schema: Schema) -> Iterator[str]:
    if not TYPES[wanted](value):
        yield f"{value!r} is no {wanted}"


def _const(_validator: Validator, value: Any, wanted: Any, _schema: Schema) -> Iterator[str]:
    if value != wanted:
        yield f"{value!r} is not {wanted!r}"


def _enum(_validator: Validator, value: Any, wanted: Any, _schema: Schema) -> Iterator[str]:
    if value not in wanted:
        yield f"{value!r} is none of {wanted!r}"


def _required(_validator: Validator, value: Any, wanted: Any, _schema: Schema) -> Iterator[str]:
    if isinstance(value, dict):
        yield from (f"{name} is missing" for name in wanted if name not in value)


def _properties(validator: Validator, value: Any, wanted: Any, _schema: Schema) -> Iterator[str]:
    if isinstance(value, dict):
        for name, part in wanted.items():
            if name in value:
                faults = validator.check(value[name], part)
                yield from (f"{name}: {fault}" for fault in faults)


def _additional(validator: Validator, value: Any, wanted: Any, schema: Schema) -> Iterator[str]:
    if not isinstance(value, dict) or wanted is True:
        return
    for name in value.keys() - schema.get("properties", {}).keys():
        if wanted is False:
            yield f"{name} is unknown"
        else:
            yield from (f"{name}: {fault}" for fault in validator.check(value[name], wanted))


def _items(validator: Validator, value: Any, wanted: Any, _schema: Schema) -> Iterator[str]:
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from (f"{index}: {fault}" for fault in validator.check(item, wanted))


def _any_of(validator: Validator, value: Any, wanted: Any, _schema: Schema) -> Iterator[str]:
    tried = [list(validator.check(value, part)) for part in wanted]
    if all(tried):
        yield "; ".join(faults[0] for faults in tried)


def _one_of(validator: Validator, value: Any, wanted: Any, _schema: Schema) -> Iterator[str]:
    fitting = [part for part in wanted if not list(validator.check(value, part))]
    if len(fitting) != 1:
        yield f"it fits {len(fitting)} of {len(wanted)}"


def _bound(
    kinds: type | tuple[type, ...], measure: Callable[[Any], float], *, upper: bool
) -> Check:
    def check(_validator: Validator, value: Any, wanted: Any, _schema: Schema) -> Iterator[str]:
        if isinstance(value, kinds) and not isinstance(value, bool):
            size = measure(value)
            if size > wanted if upper else size < wanted:
                yield f"{size} is {'above' if upper else 'below'} {wanted}"

    return check


KEYWORDS: Mapping[str, Check] = {
    "$ref": _ref,
    "type": _type,
    "const": _const,
    "enum": _enum,
    "required": _required,
    "properties": _properties,
    "additionalProperties": _additional,
    "items": _items,
    "anyOf": _any_of,
    "oneOf": _one_of,
    "minLength": _bound(str, len, upper=False),
    "maxLength": _bound(str, len, upper=True),
    "minItems": _bound(list, len, upper=False),
    "maxItems": _bound(list, len, upper=True),
    "minimum": _bound((int, float), float, upper=False),
    "maximum": _bound((int, float), float, upper=True),
}
