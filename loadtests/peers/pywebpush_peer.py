"""`pywebpush` without rows: one push after the other, or many at once over a shared session.

Usage: `python -m loadtests.peers.pywebpush_peer {serial|async} SUBSCRIPTIONS_FILE KEY COUNT WARM`

Prints as JSON the CPU and the wall time of COUNT pushes, after WARM others, and all their tags.
"""

import asyncio
import json
import os
import ssl
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

import aiohttp
from pywebpush import webpush, webpush_async


AT_ONCE = 200
"""As many connections as ours keeps."""
TIMEOUT_SECONDS = 10.0
TITLE, BODY = "商家已接单", "Noodle House in the Old Town 正在准备订单 #12。"
SUBJECT = "mailto:operations@example.org"

Wish = tuple[dict[str, Any], str]
"""A subscription and the tag of the message for it."""


def message(tag: str) -> str:
    """Return what our own sender would say of an accepted order."""
    return json.dumps(
        {
            "id": tag,
            "tag": tag,
            "title": TITLE,
            "body": BODY,
            "url": f"/orders/{tag}",
            "receipt": "r_" + tag.replace("-", ""),
            "loud": False,
        },
        ensure_ascii=False,
    )


def headers(tag: str) -> dict[str, Any]:
    return {"Urgency": "normal", "Topic": tag.replace("-", "")}


def serial(wishes: Sequence[Wish], key: str) -> None:
    """One after the other, each as the README of `pywebpush` shows."""
    for subscription, tag in wishes:
        webpush(
            subscription_info=subscription,
            data=message(tag),
            vapid_private_key=key,
            vapid_claims={"sub": SUBJECT},
            ttl=3600,
            headers=headers(tag),
            timeout=TIMEOUT_SECONDS,
        )


async def shared(wishes: Sequence[Wish], key: str, session: aiohttp.ClientSession) -> None:
    """Many at once: a queue, and as many takers as there are connections."""
    left = iter(wishes)

    async def take() -> None:
        for subscription, tag in left:
            await webpush_async(
                subscription_info=subscription,
                data=message(tag),
                vapid_private_key=key,
                vapid_claims={"sub": SUBJECT},
                ttl=3600,
                headers=headers(tag),
                timeout=aiohttp.ClientTimeout(TIMEOUT_SECONDS),  # type: ignore[arg-type]
                aiohttp_session=session,
            )

    async with asyncio.TaskGroup() as group:
        for _ in range(AT_ONCE):
            group.create_task(take())


def _wishes(subscriptions: Sequence[dict[str, Any]], count: int) -> list[Wish]:
    return [(subscriptions[n % len(subscriptions)], str(uuid4())) for n in range(count)]


def measure_serial(warm: Sequence[Wish], wishes: Sequence[Wish], key: str) -> tuple[float, float]:
    """Return CPU and wall seconds."""
    serial(warm, key)
    cpu, wall = time.process_time(), time.monotonic()
    serial(wishes, key)
    return time.process_time() - cpu, time.monotonic() - wall


async def measure_async(
    warm: Sequence[Wish], wishes: Sequence[Wish], key: str
) -> tuple[float, float]:
    """Return CPU and wall seconds."""
    tls = ssl.create_default_context(cafile=os.environ["REQUESTS_CA_BUNDLE"])
    connector = aiohttp.TCPConnector(limit=AT_ONCE, ssl=tls)
    async with aiohttp.ClientSession(connector=connector) as session:
        await shared(warm, key, session)
        cpu, wall = time.process_time(), time.monotonic()
        await shared(wishes, key, session)
        return time.process_time() - cpu, time.monotonic() - wall


def main(how: str, file: Path, key: str, count: int, warm_count: int) -> None:
    subscriptions = json.loads(file.read_text(encoding="utf-8"))
    warm, wishes = _wishes(subscriptions, warm_count), _wishes(subscriptions, count)
    if how == "serial":
        cpu, wall = measure_serial(warm, wishes, key)
    else:
        cpu, wall = asyncio.run(measure_async(warm, wishes, key))
    tags = [tag for _, tag in (*warm, *wishes)]
    print(json.dumps({"cpu_seconds": cpu, "wall_seconds": wall, "tags": tags}))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3], int(sys.argv[4]), int(sys.argv[5]))
