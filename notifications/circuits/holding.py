"""At a claim: rows whose every device is behind a shut origin wait, and one of them may ask."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from core.clock import clock
from notifications.circuits.gates import HELD, gates
from notifications.circuits.models import PushCircuit
from notifications.circuits.policy import JITTER, PEEK_SECONDS
from notifications.models import Delivery
from notifications.states import DeliveryTrigger


if TYPE_CHECKING:
    from notifications.claims import Aim

LONGEST_SPREAD_SECONDS = 5.0


def hold_behind_circuits(
    rows: Sequence[Delivery], aims: "dict[UUID, Aim]", *, now: datetime
) -> list[Delivery]:
    """Let rows of `aims` that nothing could be sent for wait; return the others.

    Waiting spends no attempt. Of the rows of an origin whose time is over one goes, and its
    device in `aims` is marked as the probe; the rest wait for what comes of it.
    """
    circuits = {row.origin: row for row in PushCircuit.objects.all()}
    if circuits:
        _choose_probes(rows, aims, circuits, now=now)
    gates.refresh({origin: row.shut_until for origin, row in circuits.items()})
    if not circuits:
        return list(rows)
    held: dict[datetime, list[UUID]] = {}
    for row in rows:
        if (due_at := _due_at(aims.get(row.pk), circuits, now=now)) is not None:
            held.setdefault(due_at, []).append(row.pk)
    for due_at, ids in held.items():
        _wait(ids, due_at, now=now)
    waiting = {pk for ids in held.values() for pk in ids}
    return [row for row in rows if row.pk not in waiting]


def _choose_probes(
    rows: Sequence[Delivery],
    aims: "dict[UUID, Aim]",
    circuits: Mapping[str, PushCircuit],
    *,
    now: datetime,
) -> None:
    """Mark one device for each origin that may be asked; the one that was refused only at last."""
    ripe = {origin for origin, row in circuits.items() if row.shut_until <= now}
    candidates = [
        (device.subscription_id == circuits[device.origin].refused_id, number, row.pk, device)
        for number, row in enumerate(rows)
        for device in (aims[row.pk].devices if row.pk in aims else ())
        if device.origin in ripe
    ]
    for _, _, delivery_id, device in sorted(candidates, key=lambda each: each[:2]):
        if device.origin not in ripe:
            continue
        ripe.discard(device.origin)
        if circuits[device.origin].probe(now=now):
            aim = aims[delivery_id]
            marked = (replace(each, is_probe=each is device) for each in aim.devices)
            aims[delivery_id] = replace(aim, devices=tuple(marked))


def _due_at(
    aim: "Aim | None", circuits: Mapping[str, PushCircuit], *, now: datetime
) -> datetime | None:
    """When to look again, where every device is behind a shut origin; else None."""
    if aim is None or not aim.devices:
        return None
    if any(each.is_probe or each.origin not in circuits for each in aim.devices):
        return None
    shut = (circuits[each.origin] for each in aim.devices)
    peek = now + clock().technical(PEEK_SECONDS)
    return min(max(row.until, peek) for row in shut)


def _wait(ids: Sequence[UUID], due_at: datetime, *, now: datetime) -> None:
    spread = min(LONGEST_SPREAD_SECONDS, clock().real_seconds(due_at - now) * JITTER)
    due_at += clock().technical(random.uniform(0.0, spread))  # noqa: S311
    rows = Delivery.objects.filter(pk__in=list(ids))
    rows.filter(expires_at__lte=due_at).move(DeliveryTrigger.EXPIRE, code=HELD)
    rows.move(DeliveryTrigger.WAIT, code=HELD, due_at=due_at)
