"""The commands that operators give ladders, over HTTP and sockets alike."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from core.errors import Invalid, NotAllowed, NotFound
from core.events.work import unit_of_work
from core.gate.registry import Arguments, Call, command
from notifications.escalation import Condition
from notifications.ladders.commands import (
    BACK,
    Change,
    check_ladder,
    configure_ladder,
    steps_of_version,
)
from notifications.ladders.models import Ladder
from notifications.ladders.queries import get_timeline
from notifications.ladders.scopes import Scope
from notifications.ladders.steps import LAST_SECONDS, MOST_STEPS, read_steps
from notifications.ladders.views import ladder_view
from notifications.policies import KINDS, Category, Role


class StepArguments(Arguments):
    """One step: what happens `after_seconds` if nobody has acted by then."""

    channel: Literal["push", "wechat", "sms", "call", "operator"]
    after_seconds: Annotated[float, Field(ge=0, le=LAST_SECONDS, allow_inf_nan=False)]
    condition: Condition = Condition.UNANSWERED
    contacts: Literal["first", "everyone"] = "everyone"
    is_loud: bool = False


Steps = Annotated[list[StepArguments], Field(max_length=2 * MOST_STEPS)]
Reason = Annotated[str, Field(max_length=120)]


class ScopeArguments(Arguments):
    """Whose notices are meant: `template`, or `role` and `category`; of one shop if named."""

    template: Annotated[str, Field(max_length=40)] | None = None
    role: Role | None = None
    category: Category | None = None
    merchant_id: UUID | None = None

    @property
    def scope(self) -> Scope:
        """The value that these arguments name.

        :raises Invalid: they name none, or two.
        """
        pair = (self.role is not None, self.category is not None)
        if pair != (self.template is None,) * 2:
            raise Invalid("name a template, or a role and a category")
        return Scope(
            template=self.template or "",
            role=self.role,
            category=self.category,
            merchant_id=self.merchant_id,
        )


class ConfigureArguments(ScopeArguments):
    """All steps below the board, in order. `reason` is kept with the change."""

    steps: Steps
    reason: Reason = ""


class ResetArguments(ScopeArguments):
    """Nothing of its own any more: what is less specific counts again."""

    reason: Reason = ""


class RevertArguments(ScopeArguments):
    """The steps as of version `to`; of version 0, none of its own."""

    to: Annotated[int, Field(ge=0)]
    reason: Reason = ""


class PreviewArguments(Arguments):
    """A notice that nobody reacts to; with `steps`, as if they counted already."""

    template: Annotated[str, Field(max_length=40)]
    merchant_id: UUID | None = None
    steps: Steps | None = None
    at: AwareDatetime | None = None
    locale: Literal["zh-CN", "en"] | None = None
    """The language of the words; the caller's own unless named."""


@command("ladder.configure", path="/ladders/configure", arguments=ConfigureArguments)
def configure(call: Call, arguments: ConfigureArguments) -> dict[str, Any]:
    """Set which steps notices climb until somebody acts; for operators."""
    steps = [step.model_dump(mode="json") for step in arguments.steps]
    return _change(call, arguments.scope, steps, arguments.reason)


@command("ladder.reset", path="/ladders/reset", arguments=ResetArguments)
def reset(call: Call, arguments: ResetArguments) -> dict[str, Any]:
    """Take back what was set for these notices; for operators."""
    return _change(call, arguments.scope, BACK, arguments.reason)


@command("ladder.revert", path="/ladders/revert", arguments=RevertArguments)
def revert(call: Call, arguments: RevertArguments) -> dict[str, Any]:
    """Set again what was set as of an earlier version; for operators."""
    _require_operator(call)
    steps = steps_of_version(arguments.scope, arguments.to)
    rows = BACK if steps is None else list(steps)
    return _change(call, arguments.scope, rows, arguments.reason)


@command("ladder.preview", path="/ladders/preview", arguments=PreviewArguments, changes=False)
def preview(call: Call, arguments: PreviewArguments) -> dict[str, Any]:
    """Say what would happen if nobody reacted to a notice; for operators."""
    _require_operator(call)
    kind = KINDS.get(arguments.template)
    if kind is None:
        raise NotFound
    steps = None
    if arguments.steps is not None:
        steps = read_steps([step.model_dump(mode="json") for step in arguments.steps])
        scope = Scope(template=kind.template, merchant_id=arguments.merchant_id)
        if not scope.kinds:
            raise Invalid("this notice is for no shop")
        check_ladder(scope, steps)
    timeline = get_timeline(
        kind,
        merchant_id=arguments.merchant_id,
        steps=steps,
        start=arguments.at or call.now,
        locale=arguments.locale or call.person.locale,
    )
    return {"timeline": timeline}


def _change(
    call: Call, scope: Scope, steps: list[dict[str, Any]] | None, reason: str
) -> dict[str, Any]:
    _require_operator(call)
    change = Change(
        scope=scope, steps=steps, reason=reason, expected_version=call.expected_version
    )
    with unit_of_work(now=call.now, actor=call.actor("operator")) as work:
        ladder: Ladder = configure_ladder(change, work=work)
    return {"ladder": ladder_view(scope, ladder)}


def _require_operator(call: Call) -> None:
    if not call.person.is_operator:
        raise NotAllowed("only operators set who is told when nobody acts")
