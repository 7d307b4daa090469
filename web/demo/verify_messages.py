"""Every message has come to an end or waits for its time, and nobody was told twice."""

import asyncio
from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from web.demo.findings import Findings
from web.demo.simulation import Simulation


UNDER_WAY = frozenset({"pending", "leased", "retrying"})
SETTLE_REAL_SECONDS = 90.0
POLL_REAL_SECONDS = 0.5
LATE_REAL_SECONDS = 3.0
"""How long after its time a message may still be on its way out."""
SINCE = "2000-01-01T00:00:00Z"


async def verify_messages(simulation: Simulation, findings: Findings) -> None:
    """Ask the operator's funnel, then the ledgers of the providers."""
    late = await _late_messages(simulation, findings)
    until = asyncio.get_running_loop().time() + SETTLE_REAL_SECONDS
    while late and asyncio.get_running_loop().time() < until:
        await asyncio.sleep(POLL_REAL_SECONDS)
        late = await _late_messages(simulation, findings)
    for row in late:
        findings.wrong(f"messages without an end: {row}")
    await _check_texts(simulation, findings)
    await _check_pushes(simulation, findings)


async def _late_messages(simulation: Simulation, findings: Findings) -> list[dict[str, Any]]:
    funnel = await simulation.operator.device.api.get("/notifications/funnel", since=SINCE)
    findings.counts["notices"] = sum(row["made"] for row in funnel["notices"])
    findings.counts["dead"] = sum(
        row["count"] for row in funnel["deliveries"] if row["state"] in {"dead", "uncertain"}
    )
    grace = timedelta(seconds=LATE_REAL_SECONDS * simulation.world.clock.speed)
    now = simulation.world.now()
    return [
        row
        for row in funnel["deliveries"]
        if row["state"] in UNDER_WAY and datetime.fromisoformat(row["last_due_at"]) < now - grace
    ]


async def _check_texts(simulation: Simulation, findings: Findings) -> None:
    """A text is seen each time it comes, and a call is heard, so each may come once."""
    for name, channel in (("SMS", "sms"), ("calls", "voice")):
        entries = await _ledger(simulation, channel)
        taken = Counter(entry["out_id"] for entry in entries if "message_id" in entry)
        findings.counts[name] = sum(taken.values())
        for out_id, count in taken.items():
            if count > 1:
                findings.wrong(f"{name} {out_id} went out {count} times")
                findings.counts["visible duplicates"] += count - 1


async def _check_pushes(simulation: Simulation, findings: Findings) -> None:
    """A push that repeats must replace the one before: one notice, one tag, on each device."""
    tags: dict[tuple[str, str], set[str]] = {}
    for entry in await _ledger(simulation, "push"):
        if "message" not in entry:
            continue
        findings.counts["pushes"] += 1
        message = entry["message"]
        tags.setdefault((entry["device"], str(message.get("id"))), set()).add(
            str(message.get("tag"))
        )
    for (device, notice), names in tags.items():
        if len(names) > 1 or names == {"None"}:
            findings.wrong(f"device {device} shows notice {notice} {len(names)} times")
            findings.counts["visible duplicates"] += len(names) - 1


async def _ledger(simulation: Simulation, channel: str) -> list[dict[str, Any]]:
    world = simulation.world
    async with world.session.get(f"{world.sandbox_url}/ledger/{channel}") as response:
        return list((await response.json())["entries"])
