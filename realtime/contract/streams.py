"""The chapter of `docs/protocol.md` about streams over plain HTTP."""

from collections.abc import Iterator
from textwrap import fill
from typing import Final

from realtime.cursors import TOPICS
from realtime.guest_views import ORDER, UNTOLD, Allowed
from realtime.streaming.events import RETRY_MS
from realtime.streaming.receipts import ACK_EVENTS
from realtime.streaming.requests import MOST_WAIT_SECONDS, PATH, WAIT_SECONDS


def _names(allowed: Allowed, path: str = "") -> Iterator[str]:
    for name, inner in allowed.items():
        if inner:
            yield from _names(inner, f"{path}{name}.")
        else:
            yield f"`{path}{name}`"


MEMBERS: Final = fill(", ".join(_names(ORDER)), width=96)
"""What guests are given of an order."""

SHARES: Final = f"""\
## Share links

`POST /api/v1/orders/{{order_id}}/share` gives its customer a link (`token`, `expires_at`, `url`)
with which anybody may watch that order. `POST /api/v1/realtime/ticket` with `{{"share": token}}`
turns it into a guest's ticket, for the socket and for streams: `welcome.user` is empty, that
order's `order:<id>` is the one topic there is, commands, receipts and positions are refused with
`not_allowed`, and the lease is never longer than the link's life. A link ends by itself, at the
latest an hour after its order: then 410 `share_expired`; one we did not make is 401 `bad_share`.
A page whose session cookie must not count, as somebody may be logged in, opens its socket at
`/ws/v1?auth=ticket`.

Guests read a reduced form of the stream, on every way: the same frames with the same `seq` and
`p`, but of an order only
{MEMBERS}.
There is no contact, no address, no line, no money, no note and no person in it: `actor` is only
a `type`, `courier` of a `pos` is empty and `leg.courier` an empty object or null, nothing has
`crit`, and the `type` of an event that says more than the state does is `{UNTOLD}`.
"""

STREAMS: Final = f"""\
## Without a socket

Where a WebSocket does not get through, `GET {PATH}?topic=T1&topic=T2` (1 to {TOPICS} topics) gives
the same frames over plain HTTP, from the same rings, with the same rights. Whoever asks is known
by one of `ticket=` in the query, `Authorization: Bearer`, or the session cookie of a page of our
own. Commands and positions go over the HTTP API, receipts to `POST {PATH}/receipts`:
`{{"ack": [{{"topic", "seq"}}], "seen": [...], "act": [...]}}`, where an `ack` stands for the
critical events among the last {ACK_EVENTS} of its topic up to `seq`.

A **cursor** says how far a client is in all its topics. It stands in a URL as it is, and any node
goes on from it. Take it as it comes; or write it, where another connection brought the client:
`1~m<id>.<seq>.<epoch>~o<id>...`, for each topic the first letter of its kind and the 16 bytes of
its id in base64url without padding. `Last-Event-ID` (or else `since=` in the query) brings it
back; a topic that it does not name begins with a snapshot, and topics it names beyond the query
are overlooked. Like `since` on the socket, a cursor acknowledges the critical events up to it.

**Events** (`Accept: text/event-stream`). Each message is `id: <cursor>` and `data: <one frame>`:
`welcome`, then for each topic `subd`, whose `id` is the topic's place in the query from 0, then
frames as on the socket. A board or a courier's device answers each `ping` with how it is doing,
`POST {PATH}/health` and `{{"conn", "battery", "charging", "sound", "hidden"}}`, `conn` as in the
last `welcome`; others answer nothing. The stream ends where a socket would be closed (a comment
names the code) and the client comes back with its last cursor; `retry:` gives each client a time
of its own, {RETRY_MS[0]} to {RETRY_MS[1]} ms, and the one of `drain` with it. A stream lives as
long as its lease; there is no `refresh`.

**Polls** (any other `Accept`). `{{"cursor": "...", "frames": [...]}}` comes at once if there is
something, else as soon as there is, or after `wait=` seconds ({WAIT_SECONDS:g}, at most
{MOST_WAIT_SECONDS:g}). A snapshot is something; `welcome`, `subd` and `ping` alone are not. An
answer holds about as much as a slow reader's outbox; the rest is for the next poll.

Refusals are problem documents, before any frame: 401, 404 for a topic that is not yours, 405,
422 (`validation_failed`, `bad_cursor`), 429 (`connection_limit`), and 503 (`overload`,
`database_unavailable`) with `Retry-After`.
"""
