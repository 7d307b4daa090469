"""Moments as the outside reads them."""

from datetime import UTC, datetime


def iso(moment: datetime | None) -> str | None:
    """ISO 8601 in UTC with microseconds, so that texts of moments sort as the moments do."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds") if moment else None
