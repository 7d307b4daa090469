"""Every metric this product has: its name, its kind, what it says and when to worry.

The runbook's table is made from this one, and a test keeps both true. `paidan_` stands before
each name; a counter's sample ends in `_total`, as Prometheus wants it.
"""

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from notifications.webhooks.metrics import SENDER_METRICS


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


def _counter(name: str, meaning: str, *labels: str) -> Metric:
    return Metric(name, Kind.COUNTER, meaning, labels)


def _gauge(name: str, meaning: str, *labels: str) -> Metric:
    return Metric(name, Kind.GAUGE, meaning, labels)


def _histogram(name: str, meaning: str) -> Metric:
    return Metric(name, Kind.HISTOGRAM, meaning)


def _table(*metrics: Metric) -> MappingProxyType[str, Metric]:
    return MappingProxyType({metric.name: metric for metric in metrics})


METRICS: Final = _table(
    _gauge("realtime_connections", "Authorised connections, streams included."),
    _gauge("realtime_streams", "Connections over SSE or long-poll."),
    _gauge("realtime_devices", "Boards and couriers' devices among them."),
    _gauge("realtime_subscriptions", "Subscriptions, by kind of topic.", "kind"),
    _gauge("realtime_topics", "Topics this process keeps a ring of."),
    _histogram(
        "realtime_commit_to_socket_seconds",
        "From COMMIT until the frames were handed to the sockets, once a message of the bus.",
    ),
    _counter("realtime_gaps", "Times a topic was found behind."),
    _counter("realtime_gap_reads", "Reads of the event table to close gaps."),
    _counter(
        "realtime_event_reads",
        "Reads of the event table, by those who come back and to close gaps.",
    ),
    _counter(
        "realtime_resumes",
        "Subscriptions that began, by whether what was missed could be sent (`yes`, `no`).",
        "recovered",
    ),
    _counter(
        "realtime_snapshots", "Snapshots, by where they came from (`cache`, `database`).", "source"
    ),
    _counter("realtime_slow_closes", "Connections closed because they read too slowly."),
    _counter("realtime_closes", "Connections closed by us, by close code.", "code"),
    _gauge("realtime_outbox_bytes", "Bytes that wait for slow readers."),
    _counter("realtime_handshake_refusals", "Handshakes sent away to come back later."),
    _gauge("realtime_drain_seconds", "How long the process has been leaving; 0 while it stays."),
    _histogram(
        "realtime_receipt_seconds",
        "From a critical event's frame until the device said that it has it.",
    ),
    _counter(
        "realtime_escalations",
        "Steps that unanswered notices climbed, by channel, as the bus told.",
        "step",
    ),
    _histogram("realtime_head_poll_seconds", "How long the poll of heads took."),
    _counter(
        "realtime_revocations_found",
        "Connections ended by the second look, as the bus had lost the message.",
    ),
    _counter("realtime_kicks", "Connections ended by `hubctl`."),
    _counter("bell_lost", "Messages that the bus did not take."),
    _gauge(
        "database_calls_waiting", "Calls of the socket edge that run or wait, by pool.", "pool"
    ),
    _counter(
        "database_calls_refused",
        "Calls of the socket edge refused because too many waited, by pool.",
        "pool",
    ),
    *(Metric(each.name, Kind(each.kind), each.meaning, each.labels) for each in SENDER_METRICS),
)
"""Process basics (`process_*`) come from prometheus-client itself."""
