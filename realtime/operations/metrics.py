"""The text of `/metrics`: read off the hub when asked, without the database and without locks."""

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Final

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
)
from prometheus_client.core import (
    Metric as Family,
)
from prometheus_client.registry import Collector

from core.bell import bell
from notifications.webhooks.metrics import sender_numbers
from realtime.codes import TOO_SLOW
from realtime.database import COMMANDS, READS
from realtime.operations.table import METRICS, PREFIX, Kind
from realtime.tally import Histogram, tally


if TYPE_CHECKING:
    from realtime.hub import Hub


Values = Mapping[tuple[str, ...], float]
"""Samples by the values of their labels."""
POOLS: Final = {"commands": COMMANDS, "reads": READS}


class HubCollector(Collector):
    """Every metric of `realtime.operations.table`, as one hub has it."""

    def __init__(self, hub: "Hub") -> None:
        """Read `hub` when asked."""
        self._hub = hub

    def collect(self) -> Iterator[Family]:
        """Yield all of them."""
        numbers: dict[str, Values] = {
            **self._standing(),
            **self._counted(),
            **sender_numbers(),
        }
        for name, metric in METRICS.items():
            if metric.kind is not Kind.HISTOGRAM:
                yield _family(name, numbers[name])
        yield _histogram("realtime_commit_to_socket_seconds", tally.commit_to_socket)
        yield _histogram("realtime_head_poll_seconds", tally.head_polls)
        yield _histogram("realtime_receipt_seconds", tally.receipts)

    def _standing(self) -> dict[str, Values]:
        hub = self._hub
        kinds: Counter[str] = Counter()
        for topic, feed in (*hub.feeds.items(), *hub.zones.items()):
            kinds[topic.partition(":")[0]] += len(feed.listeners)
        return {
            "realtime_connections": _one(hub.connection_count),
            "realtime_streams": _one(sum(member.is_stream for member in hub.members)),
            "realtime_devices": _one(hub.presence.device_count),
            "realtime_subscriptions": _by(kinds),
            "realtime_topics": _one(len(hub.feeds) + len(hub.zones)),
            "realtime_outbox_bytes": _one(sum(member.waiting_bytes for member in hub.members)),
            "realtime_drain_seconds": _one(_leaving_seconds(hub)),
            "database_calls_waiting": _by({n: lane.pending_count for n, lane in POOLS.items()}),
        }

    def _counted(self) -> dict[str, Values]:
        hub = self._hub
        caches = hub.snapshots, hub.guest_snapshots
        return {
            "realtime_gaps": _one(hub.repair.gap_count),
            "realtime_gap_reads": _one(hub.repair.read_count),
            "realtime_event_reads": _one(hub.event_read_count),
            "realtime_resumes": _by({"yes": tally.recovered_count, "no": tally.snapshot_count}),
            "realtime_snapshots": _by(
                {
                    "cache": sum(each.hit_count for each in caches),
                    "database": sum(each.read_count for each in caches),
                }
            ),
            "realtime_slow_closes": _one(hub.close_counts[TOO_SLOW]),
            "realtime_closes": _by({str(code): n for code, n in hub.close_counts.items()}),
            "realtime_handshake_refusals": _one(hub.admission.refused_count),
            "realtime_escalations": _by(tally.escalations),
            "realtime_revocations_found": _one(hub.revocations.found_count),
            "realtime_kicks": _one(tally.kicked_count),
            "bell_lost": _one(bell.lost_count),
            "database_calls_refused": _by({n: lane.refused_count for n, lane in POOLS.items()}),
        }


def exposition(hub: "Hub") -> bytes:
    """Text of all metrics of this process."""
    registry = CollectorRegistry(auto_describe=False)
    ProcessCollector(registry=registry)
    registry.register(HubCollector(hub))
    return generate_latest(registry)


def _leaving_seconds(hub: "Hub") -> float:
    begun_at = hub.draining_since
    return 0.0 if begun_at is None else time.monotonic() - begun_at


def _one(value: float) -> Values:
    return {(): value}


def _by(values: Mapping[str, float]) -> Values:
    return {(label,): value for label, value in values.items()}


def _family(name: str, values: Values) -> Family:
    metric = METRICS[name]
    make = CounterMetricFamily if metric.kind is Kind.COUNTER else GaugeMetricFamily
    family = make(f"{PREFIX}_{name}", metric.meaning, labels=metric.labels)
    for labels, value in values.items():
        family.add_metric(labels, value)
    return family


def _histogram(name: str, histogram: Histogram) -> Family:
    family = HistogramMetricFamily(f"{PREFIX}_{name}", METRICS[name].meaning)
    family.add_metric((), list(_buckets(histogram)), histogram.total)
    return family


def _buckets(histogram: Histogram) -> Iterable[tuple[str, float]]:
    so_far = 0
    for bound, count in zip((*histogram.bounds, None), histogram.counts, strict=True):
        so_far += count
        yield "+Inf" if bound is None else str(bound), so_far
