"""What operators read of the ladders."""

from typing import Any
from uuid import UUID

from ninja import Router

from core.api.moments import ApiRequest
from core.database import read_snapshot
from core.errors import NotAllowed
from notifications.ladders.queries import get_ladder, get_ladders, get_shops_with_ladders
from notifications.ladders.scopes import Scope
from notifications.ladders.steps import LAST_SECONDS, MOST_STEPS
from notifications.policies import Category, Role


router = Router(tags=["notifications"])


@router.get("/ladders", operation_id="get_ladders", summary="Which steps notices climb.")
def ladders(request: ApiRequest, merchant_id: UUID | None = None) -> dict[str, Any]:
    """List what is set, for everybody or for one shop, and what each notice has of itself."""
    _require_operator(request)
    with read_snapshot():
        return {
            **get_ladders(merchant_id),
            "shops": get_shops_with_ladders(),
            "limits": {"most_steps": MOST_STEPS, "last_seconds": LAST_SECONDS},
        }


@router.get(
    "/ladders/kinds/{template}", operation_id="get_kind_ladder", summary="One notice's steps."
)
def kind_ladder(
    request: ApiRequest, template: str, merchant_id: UUID | None = None
) -> dict[str, Any]:
    """Return what is set for it, what counts, and who changed it; for operators."""
    _require_operator(request)
    with read_snapshot():
        return get_ladder(Scope(template=template, merchant_id=merchant_id))


@router.get(
    "/ladders/groups/{role}/{category}",
    operation_id="get_group_ladder",
    summary="The steps of a role's category.",
)
def group_ladder(
    request: ApiRequest, role: Role, category: Category, merchant_id: UUID | None = None
) -> dict[str, Any]:
    """Return what is set for it, what counts for its notices, and who changed it."""
    _require_operator(request)
    with read_snapshot():
        return get_ladder(Scope(role=role, category=category, merchant_id=merchant_id))


def _require_operator(request: ApiRequest) -> None:
    if not request.auth.is_operator:
        raise NotAllowed("only operators see who is told when nobody acts")
