"""The page of one zone, for operators: how it dispatches, and its plan."""

from typing import Any, Final
from uuid import UUID

from django.http import Http404, HttpResponse

from core.merchants.models import Zone
from dispatch.policy import ASCENDING, WIDTHS, ZONE_BOUNDS, Matching
from web.pages import PersonRequest, for_people, page


GROUPS: Final = {
    "asking": (
        *("matching", "offer_mode", "batch_size"),
        *("offer_seconds", "board_seconds", "search_again_seconds"),
    ),
    "choosing": ("minutes_per_leg", "fairness", "late_minute", "courier_minute"),
    "times": ASCENDING[0],
    "distances": ASCENDING[1],
    "pay": ASCENDING[2],
}
"""Settings in the order and the groups in which the form shows them."""
CHOICES: Final = {
    "matching": [each.value for each in Matching],
    "offer_mode": [each.value for each in WIDTHS],
}
FRACTIONS: Final = frozenset(GROUPS["choosing"])


@for_people
def zone(request: PersonRequest, zone_id: UUID) -> HttpResponse:
    """One zone's settings, and who carries what when."""
    found = Zone.objects.filter(pk=zone_id).first()
    if not request.user.is_operator or found is None:
        raise Http404
    data = {
        "zone_id": str(found.pk),
        "groups": {name: [_field(each) for each in names] for name, names in GROUPS.items()},
    }
    return page(request, "zone.html", context={"zone": found}, data=data)


def _field(name: str) -> dict[str, Any]:
    """What the form must know to draw a setting; what is right, the command decides."""
    if name in CHOICES:
        return {"name": name, "choices": CHOICES[name]}
    least, most = ZONE_BOUNDS[name]
    return {"name": name, "least": least, "most": most, "is_whole": name not in FRACTIONS}
