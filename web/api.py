"""What every client may know before anybody logs in."""

from typing import Any

from ninja import Router

from core.api.moments import ApiRequest
from core.clock import clock
from core.environment import environment
from core.orders.policy import BY_CUSTOMER, BY_MERCHANT, TIMINGS
from dispatch.travel.selection import travel


router = Router(tags=["client"])


@router.get("/client", auth=None, operation_id="client_terms", summary="Terms for every client.")
def client_terms(request: ApiRequest) -> dict[str, Any]:
    """Return spans of countdowns (seconds), reasons to choose from, and how fast time runs."""
    env = environment()
    return {
        "time": request.moment,
        "clock_speed": clock().speed,
        "spans": _spans(),
        "reasons": {"customer": sorted(BY_CUSTOMER), "merchant": sorted(BY_MERCHANT)},
        "online_payment": env.payment_provider != "none",
        "attribution": travel().attribution,
        "is_demo": env.demo and not env.production,
    }


def _spans() -> dict[str, float]:
    """Seconds of the countdowns that screens draw as rings."""
    return {
        "accept": TIMINGS.accept.total_seconds(),
        "payment": TIMINGS.payment.total_seconds(),
        "cancellation": TIMINGS.cancellation_answer.total_seconds(),
        "pickup": TIMINGS.pickup_answer.total_seconds(),
        "adjustment": TIMINGS.adjustment_answer.total_seconds(),
        "free_cancellation": TIMINGS.free_cancellation.total_seconds(),
    }
