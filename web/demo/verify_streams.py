"""Every client's log equals what a newcomer is told, and its picture equals a fresh one."""

import hashlib
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from realtime.client import Client
from realtime.client_views import KEEP_ON_BOARD, Applied, TopicView
from realtime.protocol import Position
from web.demo.device import Device
from web.demo.findings import Findings
from web.demo.simulation import Simulation, together


CATCH_UP_REAL_SECONDS = 10.0
ATTEMPTS = 8
LONGEST_REPLAY = 900
"""Events; the hub answers a longer wish with a snapshot."""
EDGE = timedelta(minutes=2)
"""Rows so close to leaving the board may be on one side of the comparison only."""
AT_ONCE = 6

Line = tuple[int, str, int, str, str]


async def verify_streams(simulation: Simulation, findings: Findings) -> None:
    """Compare every topic of every device."""
    jobs = [_verify_device(device, findings) for device in simulation.devices()]
    await together(jobs, at_once=AT_ONCE)


async def _verify_device(device: Device, findings: Findings) -> None:
    for topic, view in list(device.client.views.items()):
        if topic.startswith("zone:"):
            continue  # a picture without sequence
        findings.counts["streams"] += 1
        findings.counts["events"] += len(view.log)
        findings.counts["gaps repaired"] += view.gap_count
        await _verify_log(device, view, findings)
        await _verify_rows(device, view, findings)
    findings.counts["reconnects"] += len(device.client.close_codes)


@asynccontextmanager
async def _newcomer(device: Device) -> AsyncIterator[Client]:
    url = f"{device.world.base_url.replace('http', 'ws', 1)}/ws/v1"
    async with Client(url, device.api.ticket) as client:
        yield client


async def _verify_log(device: Device, view: TopicView, findings: Findings) -> None:
    """Replay the topic from where the device's log begins, and compare line by line."""
    snapshots = [place for place, step in enumerate(view.log) if step.type == "snapshot"]
    steps = view.log[snapshots[-1] :][-LONGEST_REPLAY:] if snapshots else []
    if not steps:
        findings.wrong(f"{_name(device, view)}: never had a snapshot")
        return
    since, own = steps[0], [_line(step) for step in steps[1:]]
    for before, after in pairwise(steps):
        if after.seq != before.seq + 1:
            findings.wrong(f"{_name(device, view)}: {after.seq} follows {before.seq}")
    async with _newcomer(device) as client:
        position = Position(epoch=since.epoch, seq=since.seq)
        fresh = await client.subscribe(view.topic, position)
        await client.until(lambda: fresh.seq >= steps[-1].seq, seconds=CATCH_UP_REAL_SECONDS)
        told = [_line(step) for step in fresh.log if step.seq <= steps[-1].seq]
    if told != own:
        findings.wrong(f"{_name(device, view)}: {_first_difference(own, told)}")


async def _verify_rows(device: Device, view: TopicView, findings: Findings) -> None:
    """Compare with a fresh snapshot taken at the same position."""
    difference = None
    for _attempt in range(ATTEMPTS):
        difference = await _compare_once(device, view)
        if difference == "":
            return
    findings.wrong(f"{_name(device, view)}: {difference or 'never stood still'}")


async def _compare_once(device: Device, view: TopicView) -> str | None:
    """Say what differs, if anything; none when the stream moved on meanwhile."""
    async with _newcomer(device) as client:
        fresh = await client.subscribe(view.topic)
        try:
            await device.client.until(lambda: view.seq >= fresh.seq, seconds=CATCH_UP_REAL_SECONDS)
        except TimeoutError:
            return f"is at {view.seq}, the stream at {fresh.seq}"
        return _compare_rows(view, fresh, device.world.now()) if view.seq == fresh.seq else None


def _compare_rows(own: TopicView, fresh: TopicView, now: datetime) -> str:
    left, right = _stable_rows(own, now), _stable_rows(fresh, now)
    for key in sorted(left.keys() | right.keys()):
        if key not in left or key not in right:
            return f"{key} is known to {'the device' if key in left else 'a newcomer'} only"
        if left[key] != right[key]:
            return f"{key} differs: {_first_member(left[key], right[key])}"
    return ""


def _stable_rows(view: TopicView, now: datetime) -> dict[str, dict[str, Any]]:
    """Rows by key, without those that are about to leave the board."""
    rows = {}
    for key, row in view.rows_at(now).items():
        ended_at = row.data.get("ended_at") if view.topic.startswith("merchant:") else None
        if ended_at is None or datetime.fromisoformat(ended_at) > now - KEEP_ON_BOARD + EDGE:
            rows[key] = {"ver": row.version, **row.data}
    return rows


def _line(step: Applied) -> Line:
    body = json.dumps(step.data, sort_keys=True, ensure_ascii=False)
    digest = hashlib.sha256(body.encode()).hexdigest()
    return step.seq, step.key, step.version, step.type, digest


def _first_difference(own: Sequence[Line], told: Sequence[Line]) -> str:
    for mine, theirs in zip(own, told, strict=False):
        if mine != theirs:
            return f"at {mine[0]} it has {mine[1:4]}, a newcomer is told {theirs[0:4]}"
    return f"it has {len(own)} events, a newcomer is told {len(told)}"


def _first_member(left: Mapping[str, Any], right: Mapping[str, Any]) -> str:
    for name in sorted(left.keys() | right.keys()):
        if left.get(name) != right.get(name):
            return f"{name} is {left.get(name)!r} and {right.get(name)!r}"
    return ""


def _name(device: Device, view: TopicView) -> str:
    return f"{device.label} {device.login.name} on {view.topic}"
