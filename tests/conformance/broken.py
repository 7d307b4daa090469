"""Hubs that break one rule: a proxy before a real one that spoils what it hands on."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed


Frame = dict[str, Any]
Spoil = Callable[[Frame], list[Frame]]
"""Takes a frame of the real hub, gives the frames that the client gets."""


class Spoiler:
    """One connection's worth of lies; counts, so that it can lie about one event.

    The hub may send several events in one `evs`; here each comes as an `ev` of its own.
    """

    def __init__(self) -> None:
        self.events = 0
        self.kept: list[Frame] = []
        self.shift = 0

    def spoil(self, frame: Frame) -> list[Frame]:
        """Give what the client gets."""
        return [frame]


class DropsAnEvent(Spoiler):
    def spoil(self, frame: Frame) -> list[Frame]:
        self.events += frame["t"] == "ev"
        return [] if frame["t"] == "ev" and self.events == 2 else [frame]


class DropsAnEventAndHidesIt(Spoiler):
    """Writes `p` anew, so that only the numbers show what is missing."""

    def spoil(self, frame: Frame) -> list[Frame]:
        if frame["t"] == "ev":
            self.events += 1
            if self.events == 2:
                self.kept = [frame]
                return []
        if self.kept and frame["t"] == "ev":
            return [{**frame, "p": self.kept.pop()["p"]}]
        return [frame]


class RepeatsAnEvent(Spoiler):
    def spoil(self, frame: Frame) -> list[Frame]:
        self.events += frame["t"] == "ev"
        return [frame, frame] if frame["t"] == "ev" and self.events == 2 else [frame]


class SwapsTwoEvents(Spoiler):
    def spoil(self, frame: Frame) -> list[Frame]:
        self.events += frame["t"] == "ev"
        if frame["t"] == "ev" and self.events == 2:
            self.kept = [frame]
            return []
        if frame["t"] == "ev" and self.events == 3:
            return [frame, *self.kept]
        return [frame]


class ClaimsToHaveRecovered(Spoiler):
    """Says `recovered` and sends a snapshot all the same."""

    def spoil(self, frame: Frame) -> list[Frame]:
        if frame["t"] == "subd" and not frame["recovered"]:
            frame = {**frame, "recovered": True}
        return [frame]


class RecoversAPart(Spoiler):
    """Leaves the oldest missed event out, and counts as if there had been none."""

    def spoil(self, frame: Frame) -> list[Frame]:
        if frame["t"] == "subd" and frame["recovered"] and frame["count"]:
            self.shift = 1
            return [{**frame, "count": frame["count"] - 1}]
        if frame["t"] == "ev" and self.shift:
            self.shift = 0
            return []
        return [frame]


class NeverRecovers(Spoiler):
    """Sends no events on recovery, and says so: a snapshot where none was due, but empty."""

    def spoil(self, frame: Frame) -> list[Frame]:
        if frame["t"] == "subd" and frame["recovered"]:
            place = {name: frame[name] for name in ("topic", "epoch", "seq")}
            self.shift = frame["count"]
            snap = {"t": "snap", **place, "part": 1, "last": True, "rows": []}
            return [{**frame, "recovered": False, "count": 0}, snap]
        if frame["t"] == "ev" and self.shift:
            self.shift -= 1
            return []
        return [frame]


class ShowsAnOldRow(Spoiler):
    """Sends the first event's view again with every later one of the same thing."""

    def spoil(self, frame: Frame) -> list[Frame]:
        if frame["t"] == "ev":
            if not self.kept:
                self.kept = [frame]
            elif self.kept[0]["key"] == frame["key"]:
                frame = {**frame, "ver": self.kept[0]["ver"] - 1}
        return [frame]


class ForgetsReceipts(Spoiler):
    def spoil(self, frame: Frame) -> list[Frame]:
        return [{name: value for name, value in frame.items() if name != "crit"}]


class TellsStrangers(Spoiler):
    """Tells what exists and is another's from what does not exist."""

    def spoil(self, frame: Frame) -> list[Frame]:
        if frame.get("code") == "not_found":
            self.events += 1
            frame = {**frame, "d": {**frame["d"], "nth": self.events}}
        return [frame]


class ForgetsWhoAsked(Spoiler):
    def spoil(self, frame: Frame) -> list[Frame]:
        return [{**frame, "id": frame["id"] + 1}] if frame["t"] == "ok" else [frame]


class SendsText(Spoiler):
    """Sends numbers as text."""

    def spoil(self, frame: Frame) -> list[Frame]:
        return [{**frame, "seq": str(frame["seq"])}] if frame["t"] == "subd" else [frame]


class ForgivesEverything(Spoiler):
    """Closes with 1000 whatever the hub had to say."""


@asynccontextmanager
async def broken_hub(real: str, kind: type[Spoiler]) -> AsyncIterator[str]:
    """Serve a spoilt copy of the hub at `ws://...`; yield where."""

    async def hand_on(client: ServerConnection) -> None:
        async with connect(
            real + "/ws/v1",
            subprotocols=[client.subprotocol] if client.subprotocol else None,
            proxy=None,
            ping_interval=None,
            max_queue=None,
        ) as hub:
            upwards = asyncio.create_task(_hand_up(client, hub))
            await _hand_down(hub, client, kind())
            upwards.cancel()
            code = 1000 if kind is ForgivesEverything else hub.close_code or 1006
            await client.close(1011 if code == 1006 else code)

    def choose(_connection: ServerConnection, offered: Any) -> Any:
        return offered[0] if offered else None

    async with serve(
        hand_on, "127.0.0.1", 0, select_subprotocol=choose, ping_interval=None, max_size=None
    ) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        yield f"ws://127.0.0.1:{port}"


async def _hand_up(client: ServerConnection, hub: ClientConnection) -> None:
    try:
        async for message in client:
            await hub.send(message)
    except ConnectionClosed:
        pass
    await hub.close()


async def _hand_down(hub: ClientConnection, client: ServerConnection, spoiler: Spoiler) -> None:
    try:
        async for message in hub:
            for whole in _singly(json.loads(message)):
                for frame in spoiler.spoil(whole):
                    await client.send(json.dumps(frame, ensure_ascii=False, separators=(",", ":")))
    except ConnectionClosed:
        pass


def _singly(frame: Frame) -> list[Frame]:
    """Take a batch apart: how the hub gathers events depends on how busy the machine is."""
    return [{"t": "ev", **event} for event in frame["evs"]] if frame["t"] == "evs" else [frame]
