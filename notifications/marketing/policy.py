"""How often campaigns may speak to somebody, and with which words they agreed: data."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Cap:
    """At most `most` campaign messages to a person within any `span`."""

    span: timedelta
    most: int


CAPS: Final = (Cap(span=timedelta(days=1), most=2), Cap(span=timedelta(days=7), most=5))
LONGEST_SPAN: Final = max(cap.span for cap in CAPS)
LONGEST_CAMPAIGN: Final = timedelta(days=30)

PLATFORM: Final = "platform"
"""The scope of the platform's own campaigns; a shop's is `shop:<id>`."""

WORDING: Final = "2026-11"
"""The version that is shown now; consent to an older one stays what it was."""
WORDINGS: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "2026-11": MappingProxyType(
            {
                "zh-CN": "我同意通过推送接收优惠和活动信息。可随时免费退订。",
                "en": "I agree to get offers and news by push. I can end this at any time.",
            }
        ),
    }
)


def next_allowed(sent: Collection[datetime], *, now: datetime) -> datetime:
    """Return when the person may get the next one, who got some at `sent`: `now` or later."""
    newest_first = sorted(sent, reverse=True)
    bounds = [
        newest_first[cap.most - 1] + cap.span for cap in CAPS if len(newest_first) >= cap.most
    ]
    return max([now, *bounds])
