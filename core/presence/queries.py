"""Reading who is there: a shop's boards and their health, and the shops whose board is lost."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from core.merchants.models import Merchant
from core.merchants.queries import is_taking_orders
from core.presence.commands import LEASE
from core.presence.models import BoardLoss, Device


LOW_BATTERY_PERCENT: Final = 15
GRACE: Final = timedelta(seconds=10)
"""How long a board may be gone before it counts as lost: pages reload, sockets reconnect."""


AILS: Final = (
    Q(is_sound_allowed=False)
    | Q(is_hidden=True)
    | (Q(battery_percent__lte=LOW_BATTERY_PERCENT) & ~Q(is_charging=True))
)
"""Has something to complain of, as `Presence.complaints` says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Presence:
    """One device that is connected now; what it has not told is None."""

    person_id: UUID
    since: datetime
    seen_at: datetime
    """When its process last vouched for it."""
    battery_percent: int | None = None
    is_charging: bool | None = None
    is_sound_allowed: bool | None = None
    is_hidden: bool | None = None

    @property
    def is_healthy(self) -> bool:
        """Whether an alert on it would be heard, as far as is known."""
        return self.is_sound_allowed is not False

    @property
    def complaints(self) -> tuple[str, ...]:
        """What is wrong with it: `muted` is grave, `battery` and `hidden` are warnings."""
        return tuple(name for name, is_so in self._possible_complaints() if is_so)

    def _possible_complaints(self) -> Iterable[tuple[str, bool]]:
        yield "muted", self.is_sound_allowed is False
        yield "battery", self._is_running_out
        yield "hidden", self.is_hidden is True

    @property
    def _is_running_out(self) -> bool:
        if self.battery_percent is None or self.is_charging:
            return False
        return self.battery_percent <= LOW_BATTERY_PERCENT


def get_boards(merchant_ids: Collection[UUID], *, at: datetime) -> dict[UUID, list[Presence]]:
    """Boards connected at `at` (real time) of each of the shops that has any."""
    return boards_of(Device.objects.filter(merchant__in=merchant_ids), at=at)


def has_healthy_board(merchant_id: UUID, *, at: datetime) -> bool:
    """Whether somebody at the shop would hear an alert."""
    deaf = Q(is_sound_allowed=False)
    return _live(Device.objects.filter(merchant=merchant_id), at).exclude(deaf).exists()


def get_courier_devices(person_id: UUID, *, at: datetime) -> list[Presence]:
    """Devices on which the courier follows their own jobs."""
    rows = _live(Device.objects.filter(person=person_id, merchant__isnull=True), at)
    return [_presence(row) for row in rows.select_related("node")]


def boards_of(devices: QuerySet[Device], *, at: datetime) -> dict[UUID, list[Presence]]:
    """Those of the devices that are boards and live at `at`, by shop."""
    boards: dict[UUID, list[Presence]] = {}
    live = _live(devices.filter(merchant__isnull=False), at).select_related("node")
    for row in live.order_by("since"):
        if row.merchant_id is not None:
            boards.setdefault(row.merchant_id, []).append(_presence(row))
    return boards


def get_lost_boards(
    merchants: QuerySet[Merchant], *, at: datetime, now: datetime
) -> list[tuple[Merchant, datetime | None]]:
    """Shops that take orders at `now` with nobody at the board, and since when if ever.

    `at` is real time, `now` that of business.
    """
    live = _live(Device.objects.filter(merchant=OuterRef("pk")), at)
    just_now = BoardLoss.objects.filter(merchant=OuterRef("pk"), seen_at__gt=at - GRACE)
    switched_on = merchants.filter(
        Q(paused_until__isnull=True) | Q(paused_until__lte=now), is_open=True
    )
    silent = switched_on.filter(~Exists(live), ~Exists(just_now))
    rows = silent.select_related("zone", "board_loss").prefetch_related("opening_hours")
    return [
        (row, _lost_at(row)) for row in rows.order_by("name", "pk") if is_taking_orders(row, now)
    ]


def count_shops_present(merchants: QuerySet[Merchant], *, at: datetime) -> dict[UUID, int]:
    """How many of the shops have a board connected, by zone."""
    present = merchants.filter(Exists(_live(Device.objects.filter(merchant=OuterRef("pk")), at)))
    counted = present.values_list("zone").order_by("zone").annotate(Count("pk"))
    return {zone_id: count for zone_id, count in counted if zone_id is not None}


def get_ailing_boards(
    merchants: QuerySet[Merchant], *, at: datetime
) -> list[tuple[Merchant, tuple[str, ...]]]:
    """Shops none of whose boards is without complaint, and what those complain of."""
    boards = _live(Device.objects.filter(merchant=OuterRef("merchant")), at)
    ailing = _live(Device.objects.filter(merchant__in=merchants), at).filter(
        ~Exists(boards.exclude(AILS))
    )
    found: dict[UUID, tuple[Merchant, set[str]]] = {}
    for row in ailing.select_related("node", "merchant").order_by("merchant__name", "pk"):
        if row.merchant is not None:
            complaints = found.setdefault(row.merchant.pk, (row.merchant, set()))[1]
            complaints.update(_presence(row).complaints)
    return [(shop, tuple(sorted(complaints))) for shop, complaints in found.values()]


def _lost_at(merchant: Merchant) -> datetime | None:
    loss: BoardLoss | None = getattr(merchant, "board_loss", None)
    return loss.seen_at if loss else None


def _live(devices: QuerySet[Device], at: datetime) -> QuerySet[Device]:
    return devices.filter(node__until__gt=at)


def _presence(row: Device) -> Presence:
    return Presence(
        person_id=row.person_id,
        since=row.since,
        seen_at=max(row.since, row.node.until - LEASE),
        battery_percent=row.battery_percent,
        is_charging=row.is_charging,
        is_sound_allowed=row.is_sound_allowed,
        is_hidden=row.is_hidden,
    )
