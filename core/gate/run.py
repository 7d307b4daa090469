"""The gate: runs a person's command once per idempotency key, in one transaction."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from core.changes import JsonText, insert_once
from core.database import run_repeatedly
from core.errors import Conflict, Invalid, NotFound, PaidanError
from core.events.facts import Actor
from core.events.streams import encode
from core.events.work import unit_of_work
from core.gate.models import CommandKey
from core.gate.registry import COMMANDS, Arguments, Call, CommandSpec


KEY_LENGTH = 128


class UnknownCommand(PaidanError):
    """No command of that name."""

    code = "unknown_command"
    title = "There is no such command."
    status = 404


class ValidationFailed(PaidanError):
    """Arguments of the wrong shape; `errors` lists each."""

    code = "validation_failed"
    title = "The input has the wrong shape."
    status = 422


class KeyReused(PaidanError):
    """The same idempotency key came with another body."""

    code = "idempotency_key_reused"
    title = "This Idempotency-Key was used for another request."
    status = 422


class VersionConflict(Conflict):
    """The caller looked at an older version."""

    code = "version_conflict"
    title = "The thing has changed since you looked."


def parse(spec: CommandSpec, raw: Mapping[str, Any]) -> tuple[UUID | None, Arguments]:
    """Split socket arguments into the subject's id and the typed rest.

    :raises ValidationFailed: when either has the wrong shape.
    """
    rest = dict(raw)
    subject_id = None
    try:
        if spec.subject is not None:
            subject_id = UUID(str(rest.pop(spec.subject)))
        return subject_id, spec.arguments.model_validate(rest)
    except KeyError as error:
        raise ValidationFailed(errors=[{"loc": [spec.subject], "msg": "missing"}]) from error
    except ValidationError as error:
        errors = error.errors(include_url=False, include_context=False, include_input=False)
        raise ValidationFailed(errors=errors) from error
    except ValueError as error:
        raise NotFound from error


def find(name: str) -> CommandSpec:
    """Return the command `name`.

    :raises UnknownCommand: when no app registered it.
    """
    try:
        return COMMANDS[name]
    except KeyError as error:
        raise UnknownCommand(f"unknown command {name!r}") from error


def run_command(
    spec: CommandSpec, call: Call, arguments: Arguments, *, key: str | None = None
) -> dict[str, Any]:
    """Carry out the command as `answer_command` does and return the answer's value."""
    answer: dict[str, Any] = json.loads(answer_command(spec, call, arguments, key=key))
    return answer


def answer_command(
    spec: CommandSpec, call: Call, arguments: Arguments, *, key: str | None = None
) -> str:
    """Carry out the command once and return its answer as JSON text.

    The same `key` again returns the stored answer, to the letter.

    :raises KeyReused: the key came before with other arguments.
    :raises PaidanError: whatever the command itself refuses with; nothing is written then.
    """
    if key is not None and not 0 < len(key) <= KEY_LENGTH:
        raise Invalid(f"Idempotency-Key must have 1 to {KEY_LENGTH} characters")
    if not spec.changes:
        return encode(spec.handler(call, arguments))
    try:
        return run_repeatedly(lambda: _run(spec, call, arguments, key))
    except PaidanError as refusal:
        refusal.after_rollback(call.now)
        raise


def _run(spec: CommandSpec, call: Call, arguments: Arguments, key: str | None) -> str:
    with unit_of_work(now=call.now, actor=Actor("person", str(call.person.pk), call.device)):
        claimed = None
        if key is not None:
            fingerprint = _fingerprint(spec, call, arguments)
            claimed, fresh = _claim(call, key, fingerprint)
            if claimed.fingerprint != fingerprint:
                raise KeyReused
            if not fresh:
                return encode(claimed.answer)
        answer = encode(spec.handler(call, arguments))
        if claimed is not None:
            claimed.answer = JsonText(answer)
            claimed.save(update_fields=["answer"])
    return answer


def _claim(call: Call, key: str, fingerprint: str) -> tuple[CommandKey, bool]:
    """Insert the key, waiting for a twin in flight; the twin's row when it committed first."""
    row = CommandKey(
        person_id=call.person.pk, key=key, fingerprint=fingerprint, created_at=call.now
    )
    if insert_once(row):
        return row, True
    # Not FOR UPDATE: the refused insert holds a shared lock, as do all its twins, and two of them
    # that wanted more would be a deadlock.
    return CommandKey.objects.get(person=call.person, key=key), False


def _fingerprint(spec: CommandSpec, call: Call, arguments: Arguments) -> str:
    parts = [spec.name, str(call.subject_id), str(call.expected_version)]
    parts.append(arguments.model_dump_json())
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
