"""Cursors of lists that grow: newest first, stable while new things arrive."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import Model, Q, QuerySet
from pydantic import BaseModel, ConfigDict, Field

from core.errors import Invalid


MOST = 100


class Page(BaseModel):
    """Which part of a list that grows."""

    model_config = ConfigDict(frozen=True)

    after: str | None = Field(
        default=None, max_length=200, description="The `next` of the page before."
    )
    limit: int = Field(default=50, ge=1, le=MOST, description="How many at most.")


class BadCursor(Invalid):
    """A cursor we did not hand out."""

    code = "bad_cursor"
    title = "Take the cursor from the `next` of the page before."


@dataclass(frozen=True, slots=True)
class Cursor:
    """The last row of a page: its time and, for rows of one moment, its id."""

    at: datetime
    id: UUID

    def encode(self) -> str:
        text = f"{self.at.isoformat()}|{self.id}"
        return urlsafe_b64encode(text.encode()).decode().rstrip("=")

    @classmethod
    def decode(cls, text: str) -> "Cursor":
        """Read what `encode` wrote.

        :raises BadCursor: when it did not.
        """
        try:
            padded = text + "=" * (-len(text) % 4)
            at, _, row_id = urlsafe_b64decode(padded.encode()).decode().partition("|")
            moment = datetime.fromisoformat(at)
            if moment.tzinfo is None:
                raise BadCursor
            return cls(moment, UUID(row_id))
        except ValueError as error:
            raise BadCursor from error


M = TypeVar("M", bound=Model)


def newest_page(
    rows: QuerySet[M],
    page: Page,
    view: Callable[[Sequence[M]], list[dict[str, Any]]],
) -> dict[str, Any]:
    """Return `{"items": [...], "next": cursor | null}` of rows that have a `created_at`."""
    if page.after is not None:
        cursor = Cursor.decode(page.after)
        rows = rows.filter(Q(created_at__lt=cursor.at) | Q(created_at=cursor.at, pk__lt=cursor.id))
    found = list(rows.order_by("-created_at", "-pk")[: page.limit + 1])
    shown = found[: page.limit]
    following = None
    if len(found) > page.limit:
        last: Any = shown[-1]
        following = Cursor(last.created_at, last.pk).encode()
    return {"items": view(shown), "next": following}
