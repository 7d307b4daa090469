"""What a form must know to draw a zone's settings; what is right, the command decides."""

from typing import Any, Final

from dispatch.policy import ASCENDING, WIDTHS, ZONE_BOUNDS, Matching


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
"""Settings in the order and the groups in which a form shows them."""
CHOICES: Final = {
    "matching": [each.value for each in Matching],
    "offer_mode": [each.value for each in WIDTHS],
}
FRACTIONS: Final = frozenset(GROUPS["choosing"])


def form_view() -> list[dict[str, Any]]:
    """Groups of settings: each with its bounds, or the values to choose from."""
    return [
        {"group": group, "fields": [_field(name) for name in names]}
        for group, names in GROUPS.items()
    ]


def _field(name: str) -> dict[str, Any]:
    if name in CHOICES:
        return {"name": name, "choices": CHOICES[name]}
    least, most = ZONE_BOUNDS[name]
    return {"name": name, "least": least, "most": most, "is_whole": name not in FRACTIONS}
