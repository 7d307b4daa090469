"""Every client's log equals what a newcomer is told, and its picture equals a fresh one."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

from realtime.client import Client
from realtime.client_history import check_log, compare_rows, line_of_step
from realtime.client_views import KEEP_ON_BOARD, Row, TopicView
from realtime.protocol import Position
from web.demo.device import Device
from web.demo.findings import Findings
from web.demo.simulation import Simulation, together


CATCH_UP_REAL_SECONDS = 90.0
ATTEMPTS = 8
LONGEST_REPLAY = 900
"""Events; the hub answers a longer wish with a snapshot."""
EDGE = timedelta(minutes=2)
"""Rows so close to leaving the board may be on one side of the comparison only."""
AT_ONCE = 6
TWICE = " came at "
"""What `check_log` says of an event that was there before."""


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
    async with Client(url, device.api.ticket, log_limit=None) as client:
        yield client


async def _verify_log(device: Device, view: TopicView, findings: Findings) -> None:
    """Replay the topic from where the device's log begins, and compare line by line."""
    snapshots = [place for place, step in enumerate(view.log) if step.type == "snapshot"]
    whole = view.log[snapshots[-1] :] if snapshots else view.log
    steps = whole[-LONGEST_REPLAY:]
    if not steps:
        findings.wrong(f"{_name(device, view)}: never had a snapshot")
        return
    since = steps[0]
    async with _newcomer(device) as client:
        position = Position(epoch=since.epoch, seq=since.seq)
        fresh = await client.subscribe(view.topic, position)
        await client.until(lambda: fresh.seq >= steps[-1].seq, seconds=CATCH_UP_REAL_SECONDS)
        told = [line_of_step(step) for step in fresh.log if step.key]
    for problem in check_log(steps[1:], told).problems if steps[1:] else ():
        findings.wrong(f"{_name(device, view)}: {problem}")
        findings.counts["duplicate events" if TWICE in problem else "lost events"] += 1


async def _verify_rows(device: Device, view: TopicView, findings: Findings) -> None:
    """Compare with a fresh snapshot taken at the same position."""
    difference = None
    for _attempt in range(ATTEMPTS):
        difference = await _compare_once(device, view)
        if difference == "":
            return
    if difference or device.world.keeps_everything:  # a city that lives on may never stand still
        findings.wrong(f"{_name(device, view)}: {difference or 'never stood still'}")
        findings.counts["lost events"] += 1


async def _compare_once(device: Device, view: TopicView) -> str | None:
    """Say what differs, if anything; none when the stream moved on meanwhile."""
    async with _newcomer(device) as client:
        fresh = await client.subscribe(view.topic)
        try:
            await device.client.until(lambda: view.seq >= fresh.seq, seconds=CATCH_UP_REAL_SECONDS)
        except TimeoutError:
            return f"is at {view.seq}, the stream at {fresh.seq}"
        if view.seq != fresh.seq:
            return None
        now = device.world.now()
        return compare_rows(_stable_rows(view, now), _stable_rows(fresh, now))


def _stable_rows(view: TopicView, now: datetime) -> dict[str, Row]:
    """Rows by key, without those that are about to leave the board."""
    rows = {}
    for key, row in view.rows_at(now).items():
        ended_at = row.data.get("ended_at") if view.topic.startswith("merchant:") else None
        if ended_at is None or datetime.fromisoformat(ended_at) > now - KEEP_ON_BOARD + EDGE:
            rows[key] = row
    return rows


def _name(device: Device, view: TopicView) -> str:
    return f"{device.label} {device.login.name} on {view.topic}"
