"""The commands by which couriers' devices say where they are, over HTTP and sockets alike."""

from typing import Annotated, Any

from pydantic import AwareDatetime, Field

from core.gate.registry import Arguments, Call, command
from dispatch.positions import commands
from dispatch.positions.commands import MOST_POSITIONS, answer_of
from dispatch.positions.reports import Position


Latitude = Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]
Longitude = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]


class PositionArguments(Arguments):
    """Where the device was at `at`, by its own clock; now, when it does not say."""

    latitude: Latitude
    longitude: Longitude
    accuracy_metres: Annotated[float, Field(ge=0, le=100_000, allow_inf_nan=False)] | None = None
    at: AwareDatetime | None = None


class PastPositionArguments(Arguments):
    """One of several places, so its time must be known."""

    latitude: Latitude
    longitude: Longitude
    accuracy_metres: Annotated[float, Field(ge=0, le=100_000, allow_inf_nan=False)] | None = None
    at: AwareDatetime


class PositionsArguments(Arguments):
    """What a device has gathered, oldest first."""

    positions: Annotated[
        list[PastPositionArguments], Field(min_length=1, max_length=MOST_POSITIONS)
    ]


@command(
    "courier.report_position",
    path="/couriers/me/report-position",
    arguments=PositionArguments,
    changes=False,
)
def report_position(call: Call, arguments: PositionArguments) -> dict[str, Any]:
    """Say where the courier is; at most one a second is stored, and none older than the last."""
    ignored = commands.report_position(
        person=call.person, position=Position(**arguments.model_dump()), now=call.now
    )
    return {"stored": ignored is None, "reason": ignored}


@command(
    "courier.report_positions",
    path="/couriers/me/report-positions",
    arguments=PositionsArguments,
    changes=False,
)
def report_positions(call: Call, arguments: PositionsArguments) -> dict[str, Any]:
    """Say where the courier was while nobody could hear it; what is of no use is named."""
    reports = [Position(**each.model_dump()) for each in arguments.positions]
    refusals = commands.report_positions(person=call.person, reports=reports, now=call.now)
    return answer_of(refusals, len(reports))
