"""Every metric this product has: its name, its kind, what it says and when to worry.

The runbook's table is made from this one, and a test keeps both true. `paidan_` stands before
each name; a counter's sample ends in `_total`, as Prometheus wants it.
"""

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final


PREFIX: Final = "paidan"


class Kind(StrEnum):
    """What may be done with a metric."""

    COUNTER = "counter"  # only grows: ask for its rate
    GAUGE = "gauge"  # stands where it stands
    HISTOGRAM = "histogram"  # ask for its quantiles


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric; `labels` are the names of its labels."""

    name: str
    kind: Kind
    meaning: str
    labels: tuple[str, ...] = ()

    @property
    def sample(self) -> str:
        """The name that queries use."""
        suffix = "_total" if self.kind is Kind.COUNTER else ""
        return f"{PREFIX}_{self.name}{suffix}"


def _table(*metrics: Metric) -> MappingProxyType[str, Metric]:
    return MappingProxyType({metric.name: metric for metric in metrics})


METRICS: Final = _table(
    Metric("realtime_connections", Kind.GAUGE, "Authorised connections, streams included."),
    Metric("realtime_streams", Kind.GAUGE, "Connections over SSE or long-poll."),
    Metric("realtime_devices", Kind.GAUGE, "Boards and couriers' devices among them."),
    Metric("realtime_subscriptions", Kind.GAUGE, "Subscriptions, by kind of topic.", ("kind",)),
    Metric("realtime_topics", Kind.GAUGE, "Topics this process keeps a ring of."),
    Metric(
        "realtime_commit_to_socket_seconds",
        Kind.HISTOGRAM,
        "From COMMIT until the frames were handed to the sockets, once a message of the bus.",
    ),
    Metric("realtime_gaps", Kind.COUNTER, "Times a topic was found behind."),
    Metric("realtime_gap_reads", Kind.COUNTER, "Reads of the event table to close gaps."),
    Metric(
        "realtime_resumes",
        Kind.COUNTER,
        "Subscriptions that began, by whether what was missed could be sent (`yes`, `no`).",
        ("recovered",),
    ),
    Metric(
        "realtime_snapshots",
        Kind.COUNTER,
        "Snapshots, by where they came from (`cache`, `database`).",
        ("source",),
    ),
    Metric(
        "realtime_slow_closes", Kind.COUNTER, "Connections closed because they read too slowly."
    ),
    Metric("realtime_closes", Kind.COUNTER, "Connections closed by us, by close code.", ("code",)),
    Metric("realtime_outbox_bytes", Kind.GAUGE, "Bytes that wait for slow readers."),
    Metric(
        "realtime_handshake_refusals", Kind.COUNTER, "Handshakes sent away to come back later."
    ),
    Metric(
        "realtime_drain_seconds",
        Kind.GAUGE,
        "How long the process has been leaving; 0 while it stays.",
    ),
    Metric(
        "realtime_receipt_seconds",
        Kind.HISTOGRAM,
        "From a critical event's frame until the device said that it has it.",
    ),
    Metric(
        "realtime_escalations",
        Kind.COUNTER,
        "Steps that unanswered notices climbed, by channel, as the bus told.",
        ("step",),
    ),
    Metric("realtime_head_poll_seconds", Kind.HISTOGRAM, "How long the poll of heads took."),
    Metric(
        "realtime_revocations_found",
        Kind.COUNTER,
        "Connections ended by the second look, as the bus had lost the message.",
    ),
    Metric("realtime_kicks", Kind.COUNTER, "Connections ended by `hubctl`."),
    Metric("bell_lost", Kind.COUNTER, "Messages that the bus did not take."),
    Metric(
        "database_calls_waiting",
        Kind.GAUGE,
        "Calls of the socket edge that run or wait, by pool.",
        ("pool",),
    ),
    Metric(
        "database_calls_refused",
        Kind.COUNTER,
        "Calls of the socket edge refused because too many waited, by pool.",
        ("pool",),
    ),
)
"""Process basics (`process_*`) come from prometheus-client itself."""
