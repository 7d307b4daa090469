"""What a zone's plan is told of its shops' habits."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from core.merchants.models import Zone
from dispatch.habits.models import ShopHabit
from dispatch.matching import Demand
from dispatch.matching.learning import Kitchen, demand_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """Where the zone's next orders are expected, and how far its kitchens keep their word."""

    demand: tuple[Demand, ...]
    kitchens: Mapping[UUID, Kitchen]
    """By shop."""
    together: Kitchen
    """Of all its shops, for those of which little is known."""
    names: Mapping[str, str]
    """Of the shops, by id."""

    def kitchen(self, merchant_id: UUID) -> Kitchen:
        """Return the shop's own kitchen once enough of it was seen, else the zone's."""
        own = self.kitchens.get(merchant_id)
        return own if own is not None and own.is_known else self.together


def get_habits(zone: Zone, *, now: datetime) -> Habits:
    """Read what was learned, in one statement; shops that are closed draw nobody."""
    rows = list(ShopHabit.objects.filter(merchant__zone=zone).select_related("merchant"))
    kitchens = {row.merchant_id: row.kitchen(now) for row in rows}
    shops = [row for row in rows if row.merchant.is_open]
    return Habits(
        demand=demand_of(
            (
                (
                    str(row.merchant_id),
                    (row.merchant.latitude, row.merchant.longitude),
                    row.sales(now),
                )
                for row in shops
            ),
            now.astimezone(ZoneInfo(zone.time_zone)).hour,
        ),
        kitchens=kitchens,
        together=sum(kitchens.values(), start=Kitchen()),
        names={str(row.merchant_id): row.merchant.name for row in rows},
    )
