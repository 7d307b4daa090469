"""Every command a person may give, by name: one definition serves HTTP and sockets."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from core.errors import Invalid
from core.events.facts import Actor


if TYPE_CHECKING:
    from core.people.models import Person


class Arguments(BaseModel):
    """Base of every command's arguments: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class NoArguments(Arguments):
    """For commands that need none."""


class ByHandArguments(Arguments):
    """Why it is done: operators must say so, in their words; it is kept with what follows."""

    reason: str = Field(default="", max_length=120)


class ReasonRequired(Invalid):
    """An operator who acts by hand says why."""

    code = "reason_required"
    title = "Say why you do this."


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """Who calls, when, on what, and which version of it they looked at."""

    person: "Person"
    now: datetime
    subject_id: UUID | None = None
    expected_version: int | None = None
    device: str | None = None

    def actor(self, role: str) -> Actor:
        """The caller in the role in which they act."""
        return Actor(role, str(self.person.pk), self.device)

    def actor_by_hand(self, role: str, reason: str) -> Actor:
        """Return the same, with why they do it.

        :raises ReasonRequired: an operator did not say.
        """
        said = reason.strip()
        if role == "operator" and not said:
            raise ReasonRequired
        return Actor(role, str(self.person.pk), self.device, said)


Handler = Callable[[Call, Any], dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandSpec:
    """One command: `path` is its HTTP path with `{subject}` where the subject's id stands."""

    name: str
    path: str
    subject: str | None
    arguments: type[Arguments]
    handler: Handler
    summary: str
    changes: bool = True
    """Whether it changes anything; otherwise it needs no transaction, and no key keeps it."""


COMMANDS: Final[dict[str, CommandSpec]] = {}


def command(
    name: str,
    *,
    path: str,
    subject: str | None = None,
    arguments: type[Arguments] = NoArguments,
    changes: bool = True,
) -> Callable[[Handler], Handler]:
    """Register the handler of command `name`.

    `subject` names the id argument (`order_id`): it stands in `path` as `{order_id}` over HTTP and
    in `args` over the socket. The handler runs inside the gate's transaction, or without one when
    it only answers and `changes` nothing, and returns the JSON-able answer; its docstring's first
    line is the summary in the API documents.
    """

    def register(handler: Handler) -> Handler:
        summary = (handler.__doc__ or name).strip().partition("\n")[0]
        COMMANDS[name] = CommandSpec(
            name=name,
            path=path,
            subject=subject,
            arguments=arguments,
            handler=handler,
            summary=summary,
            changes=changes,
        )
        return handler

    return register
