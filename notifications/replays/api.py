"""What operators read of dead letters; commands are served by the gate."""

from typing import Annotated, Any

from ninja import Query, Router

from core.api.moments import ApiRequest
from core.api.pages import Page
from core.errors import NotAllowed
from notifications.replays.filters import Filters
from notifications.replays.queries import get_dead_letters


router = Router(tags=["notifications"])


class DeadLetters(Filters, Page):
    """Which of them, and which page."""


@router.get(
    "/notifications/dead-letters",
    operation_id="dead_letters",
    summary="Messages that did not arrive, or perhaps did not.",
)
def dead_letters(request: ApiRequest, asked: Annotated[DeadLetters, Query(...)]) -> dict[str, Any]:
    """List them, newest first, with their number of each kind; for operators."""
    if not request.auth.is_operator:
        raise NotAllowed
    now = request.moment
    return get_dead_letters(asked.wanted(now), after=asked.after, limit=asked.limit, now=now)
