"""One frame of each kind as it goes over the wire, and a session made of them.

The documents show them; tests prove that the classes accept every one and write it back.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from realtime.protocol import CLIENT_FRAMES, SERVER_FRAMES, Frame


Wire = dict[str, Any]

BOARD: Final = "merchant:01983c5e-70a1-7c3e-9d52-0d6f6a1c2b11"
ORDER: Final = "01983c61-04d7-7b19-8a3f-5f0c9e6d7a20"
TRACKING: Final = f"order:{ORDER}"
COURIER: Final = "01983c5f-11aa-7f00-b6a1-3c2d1e0f9a55"
CUSTOMER: Final = "01983c5f-2b3c-7d11-a1b2-9f8e7d6c5b4a"
EPOCH: Final = "5d2f9a31"

PLACED: Final[Wire] = {
    "topic": BOARD,
    "p": 1820,
    "seq": 1821,
    "key": TRACKING,
    "ver": 1,
    "type": "order.placed",
    "at": "2026-03-02T04:00:00.120000+00:00",
    "actor": {"type": "customer", "id": CUSTOMER},
    "crit": "r_77",
    "d": {"id": ORDER, "state": "placed", "version": 1},
}
ACCEPTED: Final[Wire] = {
    "topic": BOARD,
    "p": 1821,
    "seq": 1822,
    "key": TRACKING,
    "ver": 2,
    "type": "order.accepted",
    "at": "2026-03-02T04:00:07.431000+00:00",
    "actor": {"type": "merchant", "id": COURIER},
    "d": {"id": ORDER, "state": "accepted", "version": 2},
}

AUTH: Final[Wire] = {"t": "auth", "ticket": "IjAxOTgzYzVm...:1vX2:Qz", "caps": ["receipt"]}
REFRESH: Final[Wire] = {"t": "refresh", "ticket": "IjAxOTgzYzVm...:1vX9:aB"}
SUB: Final[Wire] = {"t": "sub", "id": 1, "topic": BOARD}
SUB_SINCE: Final[Wire] = {**SUB, "id": 7, "since": {"epoch": EPOCH, "seq": 1820}}
UNSUB: Final[Wire] = {"t": "unsub", "topic": BOARD}
ACK: Final[Wire] = {"t": "ack", "topic": BOARD, "seq": 1821}
SEEN: Final[Wire] = {"t": "seen", "r": ["r_77"]}
ACT: Final[Wire] = {"t": "act", "r": ["r_77"]}
CMD: Final[Wire] = {
    "t": "cmd",
    "id": 9,
    "name": "order.accept",
    "args": {"order_id": ORDER},
    "key": "4be0643f-1d98-573b-97cd-ca98a65347dd",
    "ver": 1,
}
POS: Final[Wire] = {
    "t": "pos",
    "lat": 31.2304,
    "lng": 121.4737,
    "acc": 8.5,
    "at": "2026-03-02T04:10:00+00:00",
}
PONG: Final[Wire] = {"t": "pong"}
PONG_HEALTH: Final[Wire] = {
    "t": "pong",
    "health": {"battery": 0.82, "charging": True, "sound": True, "hidden": False},
}

WELCOME: Final[Wire] = {
    "t": "welcome",
    "conn": "01983c60-7777-7a10-8c00-1b2a3c4d5e6f",
    "user": CUSTOMER,
    "lease_s": 900,
    "ping_s": 20,
    "server_time": "2026-03-02T03:59:58.001000+00:00",
}
SUBD: Final[Wire] = {
    "t": "subd",
    "id": 1,
    "topic": BOARD,
    "epoch": EPOCH,
    "seq": 1820,
    "recovered": False,
    "count": 0,
}
SUBD_RECOVERED: Final[Wire] = {**SUBD, "id": 7, "seq": 1822, "recovered": True, "count": 2}
SNAP: Final[Wire] = {
    "t": "snap",
    "topic": BOARD,
    "epoch": EPOCH,
    "seq": 1820,
    "part": 1,
    "last": True,
    "rows": [{"key": BOARD, "ver": 3, "d": {"name": "Noodles", "is_paused": False}}],
}
EV: Final[Wire] = {"t": "ev", **PLACED}
EV_NEXT: Final[Wire] = {"t": "ev", **ACCEPTED}
EVS: Final[Wire] = {"t": "evs", "evs": [PLACED, ACCEPTED]}
OK: Final[Wire] = {"t": "ok", "id": 9, "d": {"order": ACCEPTED["d"]}}
ERR: Final[Wire] = {
    "t": "err",
    "id": 9,
    "code": "version_conflict",
    "retry": False,
    "d": {"state": "accepted", "decided_by": {"type": "order.accepted"}},
}
ERR_FRAME: Final[Wire] = {
    "t": "err",
    "code": "bad_frame",
    "retry": False,
    "d": {"where": ["sub.id: missing"]},
}
COURIER_POS: Final[Wire] = {
    "t": "pos",
    "topic": TRACKING,
    "courier": COURIER,
    "lat": 31.2304,
    "lng": 121.4737,
    "at": "2026-03-02T04:10:00+00:00",
}
PING: Final[Wire] = {"t": "ping"}
DRAIN: Final[Wire] = {"t": "drain", "retry_ms": 8421}

CLIENT_EXAMPLES: Final = (
    *(AUTH, REFRESH, SUB, SUB_SINCE, UNSUB, ACK, SEEN, ACT, CMD, POS, PONG, PONG_HEALTH),
)
SERVER_EXAMPLES: Final = (
    *(WELCOME, SUBD, SUBD_RECOVERED, SNAP, EV, EVS, OK, ERR, ERR_FRAME, COURIER_POS, PING),
    DRAIN,
)

SESSION: Final[tuple[tuple[str, Wire], ...]] = (
    ("client", AUTH),
    ("server", WELCOME),
    ("client", SUB),
    ("server", SUBD),
    ("server", SNAP),
    ("server", EV),
    ("client", ACK),
    ("client", CMD),
    ("server", OK),
    ("server", EV_NEXT),
    ("server", PING),
    ("client", PONG),
    ("server", DRAIN),
)
"""A shop's device from its first frame to the server's leaving."""


def _by_frame() -> Mapping[type[Frame], tuple[Wire, ...]]:
    return {
        frame: tuple(each for each in examples if each["t"] == frame.model_fields["t"].default)
        for frames, examples in (
            (CLIENT_FRAMES, CLIENT_EXAMPLES),
            (SERVER_FRAMES, SERVER_EXAMPLES),
        )
        for frame in frames
    }


EXAMPLES: Final = MappingProxyType(dict(_by_frame()))
"""Examples of each frame class."""
