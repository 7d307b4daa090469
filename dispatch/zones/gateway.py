"""The command operators give a zone's dispatch, over HTTP and sockets alike."""

from typing import Annotated, Any, Literal

from pydantic import Field

from core.errors import NotAllowed, NotFound
from core.events.work import unit_of_work
from core.gate.registry import Arguments, Call, command
from core.gate.run import VersionConflict
from dispatch.policy import ZONE_BOUNDS, Matching, Mode
from dispatch.zones.commands import configure_zone, lock_settings
from dispatch.zones.views import settings_view


def _within(name: str) -> Any:
    least, most = ZONE_BOUNDS[name]
    return Field(ge=least, le=most, allow_inf_nan=False)


class ConfigureArguments(Arguments):
    """What is to change; what is not named stays. `reason` is kept with the change."""

    matching: Matching | None = None
    offer_mode: Literal[Mode.ONE, Mode.BATCH, Mode.BOARD] | None = None
    batch_size: Annotated[int, _within("batch_size")] | None = None
    offer_seconds: Annotated[int, _within("offer_seconds")] | None = None
    board_seconds: Annotated[int, _within("board_seconds")] | None = None
    search_again_seconds: Annotated[int, _within("search_again_seconds")] | None = None
    minutes_per_leg: Annotated[float, _within("minutes_per_leg")] | None = None
    fairness: Annotated[float, _within("fairness")] | None = None
    late_minute: Annotated[float, _within("late_minute")] | None = None
    courier_minute: Annotated[float, _within("courier_minute")] | None = None
    widen_after_seconds: Annotated[int, _within("widen_after_seconds")] | None = None
    raise_pay_after_seconds: Annotated[int, _within("raise_pay_after_seconds")] | None = None
    ask_all_after_seconds: Annotated[int, _within("ask_all_after_seconds")] | None = None
    ask_shop_after_seconds: Annotated[int, _within("ask_shop_after_seconds")] | None = None
    alarm_after_seconds: Annotated[int, _within("alarm_after_seconds")] | None = None
    give_up_after_seconds: Annotated[int, _within("give_up_after_seconds")] | None = None
    near_metres: Annotated[int, _within("near_metres")] | None = None
    widened_metres: Annotated[int, _within("widened_metres")] | None = None
    bonus_metres: Annotated[int, _within("bonus_metres")] | None = None
    board_metres: Annotated[int, _within("board_metres")] | None = None
    bonus_minor: Annotated[int, _within("bonus_minor")] | None = None
    board_bonus_minor: Annotated[int, _within("board_bonus_minor")] | None = None
    reason: Annotated[str, Field(max_length=120)] = ""


@command(
    "zone.configure",
    path="/zones/{zone_id}/configure",
    subject="zone_id",
    arguments=ConfigureArguments,
)
def configure(call: Call, arguments: ConfigureArguments) -> dict[str, Any]:
    """Set how the zone dispatches; for operators."""
    if not call.person.is_operator:
        raise NotAllowed("only operators set how a zone dispatches")
    if call.subject_id is None:
        raise NotFound
    with unit_of_work(now=call.now, actor=call.actor("operator")) as work:
        settings = lock_settings(call.subject_id, work=work)
        if call.expected_version not in (None, settings.version):
            raise VersionConflict(version=settings.version, settings=settings_view(settings))
        values = arguments.model_dump(exclude={"reason"}, exclude_none=True)
        configure_zone(settings, values=values, reason=arguments.reason, work=work)
    return {"settings": settings_view(settings)}
