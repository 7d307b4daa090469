"""The prose of `docs/protocol.md`: what no frame can say of itself."""

from typing import Final

from realtime.feeds import RING_EVENTS
from realtime.hub import Limits
from realtime.protocol import BAD_FRAMES, FRAME_BYTES, SUBPROTOCOL
from realtime.resume import REPLAY_LIMIT
from realtime.spacing import POSITION_SECONDS
from realtime.tickets import TICKET_SECONDS


_LIMITS: Final = Limits()

HEAD: Final = f"""\
# The socket protocol, `{SUBPROTOCOL}`

<!-- Made by `manage.py write_protocol` from realtime/protocol.py, codes.py and contract/. -->

One WebSocket a device at `/ws/v1`, JSON text frames, any number of topics. A frame's `t` says
what it is. The same is said for programs in [asyncapi.json](asyncapi.json) and in the JSON
Schemas of [the client's](schemas/client-frames.json) and
[the server's](schemas/server-frames.json) frames; a running hub serves all of it at
`/api/docs/protocol.md`, `/api/docs/asyncapi.json` and `/api/docs/schemas/`. Whether a hub keeps
what stands here is judged by `python -m tests.conformance --url http://host:port`.

## What is promised

At least once, in order a topic, without a gap while the database is up. A client keeps that
promise with four rules:

1. Keep `(epoch, seq)` of each topic; after a reconnect, `sub` with it as `since`.
2. `p` of an event is the `seq` sent before it on this subscription. If that is not the last one
   you have, something is missing: `sub` again with `since`.
3. Apply an event only if its `ver` is newer than the row's; `d` is the whole new view of it.
4. A `snap` replaces all rows of its topic once the part with `last` has come.
"""

SESSION_HEAD: Final = """\
## A session

A shop's device, from its first frame to the server's leaving:
"""

RESUME: Final = f"""\
## Coming back

`sub` with `since` is answered in one of two ways, never with a part of what was missed:

| position in `since` | answer |
|---|---|
| the head | `recovered`, `count` 0 |
| up to {REPLAY_LIMIT} events behind, all of them kept | `recovered`, then exactly `count` events |
| more than {REPLAY_LIMIT} events behind | snapshot |
| older than what retention keeps | snapshot |
| ahead of the head | snapshot |
| of another epoch | snapshot |
| none | snapshot |

A process keeps the last {RING_EVENTS} events of a topic and answers from them without asking the
database. Between `subd` and its last event or part no other event of the topic is sent; what
is published meanwhile follows, each once. `sub` to a topic that is already live starts it anew.

`since` acknowledges, too: whoever names a position has everything up to it, so the critical
events up to it, among the last {RING_EVENTS} of the topic, count as delivered to that person.
An `ack` that was lost with the connection need not be sent again.
"""

LIMITS: Final = f"""\
## Limits

| what | how much | otherwise |
|---|---|---|
| time to the first frame, while the server listens | {_LIMITS.auth_seconds:g} s | 4501 |
| life of a ticket | {TICKET_SECONDS} s | 4500 |
| lease, unless refreshed | {_LIMITS.lease_seconds} s | 4002 |
| silence after a ping | {_LIMITS.ping_seconds} s | 4012 |
| a client's frame | {FRAME_BYTES // 1024} KiB | 4505 |
| bad frames in a row | {BAD_FRAMES - 1} are answered with `bad_frame` | the {BAD_FRAMES}rd: 4505 |
| requests that wait for an answer | {_LIMITS.waiting_requests} | 4013 |
| sockets of one person in one process | {_LIMITS.sockets_per_person} | 4504 |
| bytes that wait for a slow reader | {_LIMITS.outbox_bytes // 1024} KiB | coalesced, then 4008 |
| one part of a snapshot | {FRAME_BYTES // 1024} KiB | the next part; a bigger row has its own |
| a courier's own positions | one in {_LIMITS.position_seconds:g} s | overlooked |
| positions shown to a viewer of an order | one in {POSITION_SECONDS:g} s | skipped |

Events that wait for a slow reader are coalesced by `key`: the newest stays, with a `p` that
fits, and events with `crit` always stay.
"""

LEAVING: Final = """\
## When the server leaves

On SIGTERM `/readyz` fails, newcomers are turned away, and every socket is sent `drain`. Keep it:
what was asked is still answered, events still come, and it is closed with 4001 when its turn has
come. Then come back after `retry_ms`.

Whoever comes while a server leaves, or when too many come at once, is sent `drain` with a
`retry_ms` of their own instead of `welcome`, and closed with 4029.
"""

TOPICS: Final = """\
## Topics

| topic | audience | who may join |
|---|---|---|
| `merchant:<id>` | the shop's board; what has ended stays for 30 minutes | its staff, operators |
| `order:<id>` | one order | its customer and guests, staff, its courier on the way, operators |
| `courier:<id>` | offers and legs; rows leave once `open` is false | that courier, operators |
| `user:<id>` | inbox; rows leave once `open` is false | that person |
| `zone:<id>` | operators' console; a new `snap` a second at most, `seq` is 0 | operators |

What is not yours does not exist: the answer is `err` with `not_found`.
"""

VERSIONS: Final = f"""\
## What may change within version 1

`{SUBPROTOCOL}` names the version; a client that asks for it as subprotocol is answered with it.

* The server may send frames, members, event types, error codes and close codes that are not
  listed here yet. A client overlooks a frame whose `t` it does not know and members it does not
  know, treats an unknown close code below 4500 as "come back" and from 4500 on as final.
* What is listed stays: no member is removed, changes its type or its meaning, and no optional
  member of a client's frame becomes required.
* The server refuses what it does not know with `bad_frame`, so that a client's mistake is found
  at once: an unknown `t`, an unknown member, a value out of bounds. A client that wants more
  than this version gives looks for it in `welcome` or in these documents, not by trying.
* Anything else is another version with another path and another subprotocol.
"""

EVENTS: Final = """\
## Events

The `type` of an event, and the topics that may carry it; those in bold carry it with `crit`,
until somebody acknowledges it.
"""

ERRORS_HEAD: Final = """\
## Error codes

The connection's own:
"""

REFUSALS_HEAD: Final = """\
A refused command carries the code of its own error, the same as over HTTP, and `d` holds the
other members of the problem document:
"""

CLOSES_HEAD: Final = """\
## Close codes

Below 4500 the client comes back, with full jitter of 0.5 to 20 s or after the `retry_ms` it was
told; from 4500 on it does not come back by itself.
"""
