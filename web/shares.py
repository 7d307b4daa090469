"""The page of a share link: one order for whoever holds the link, logged in or not."""

from typing import Final

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from core.api.moments import moment_of
from realtime.shares import PAGE_PATH, BadShare, ShareExpired, read_share
from web.pages import page
from web.views import spans


STAFF_WORDS: Final = frozenset(
    {
        *("board", "operator", "webhooks", "zone", "zone_groups", "zone_choices", "zone_settings"),
        *("campaigns", "campaign_states", "dead_letters", "delivery_codes", "delivery_states"),
        *("device_kinds", "notices", "outcomes", "settings"),
    }
)
"""Groups of words that a guest has no use for."""


@require_safe
def share(request: HttpRequest, token: str) -> HttpResponse:
    """Tracking of the link's order; 410 once it has expired, 404 when it is none of ours."""
    # The address is the secret here: neither an error's log nor the page may name it.
    request.path = request.path_info = PAGE_PATH
    try:
        guest = read_share(token, now=moment_of(request))
    except ShareExpired:
        answer = page(request, "share_over.html", context={"is_expired": True}, status=410)
    except BadShare:
        answer = page(request, "share_over.html", context={"is_expired": False}, status=404)
    else:
        data = {
            "share": token,
            "order_id": str(guest.order_id),
            "ends_at": guest.ends_at.isoformat(),
            "spans": spans(),
        }
        answer = page(request, "share.html", data=data, unsaid=STAFF_WORDS)
    answer["Referrer-Policy"] = "no-referrer"
    answer["X-Robots-Tag"] = "noindex"
    return answer
