"""The metrics of sending: named once, for web processes that send and for other senders."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from prometheus_client import CollectorRegistry, ProcessCollector, start_http_server
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.core import Metric as Family
from prometheus_client.registry import Collector

from core.payments.signature import refused_callbacks
from notifications.circuits.gates import gates
from notifications.queues import lane_of
from notifications.texting.tally import tally as texts
from notifications.variables import wrong_variables
from notifications.watch.tally import depths
from notifications.webhooks.tally import tally


PREFIX: Final = "paidan"

Values = Mapping[tuple[str, ...], float]
"""Samples by the values of their labels."""


@dataclass(frozen=True, slots=True)
class HookMetric:
    """One metric; a counter's sample ends in `_total`."""

    name: str
    kind: Literal["counter", "gauge"]
    meaning: str
    labels: tuple[str, ...] = ()


WEBHOOK_METRICS: Final = (
    HookMetric(
        "webhook_attempts",
        "counter",
        "Tries to hand a message to a shop's program, by what they came to.",
        ("code",),
    ),
    HookMetric("webhook_dead", "counter", "Messages given up after a day of tries."),
    HookMetric(
        "webhook_disabled", "counter", "Webhooks disabled because they failed or are gone."
    ),
    HookMetric("webhook_waiting", "gauge", "Messages that wait to be sent, of all shops."),
    HookMetric(
        "webhook_oldest_seconds",
        "gauge",
        "How long the one of them that waits longest has waited.",
    ),
)


TEXT_METRICS: Final = (
    HookMetric(
        "text_attempts",
        "counter",
        "Texts and calls handed to vendors, by what came of it.",
        ("channel", "provider", "outcome"),
    ),
    HookMetric(
        "text_settled",
        "counter",
        "What vendors told later of texts and calls.",
        ("channel", "provider", "status"),
    ),
    HookMetric(
        "text_budget_percent",
        "gauge",
        "How much of a vendor's budget for the day is spent, as last claimed.",
        ("channel", "provider"),
    ),
)
NOTICE_METRICS: Final = (
    HookMetric(
        "receipts_refused",
        "counter",
        "Words on texts, calls and payments that were not believed: forged or unreadable.",
        ("channel", "provider", "code"),
    ),
    HookMetric(
        "notice_variables_wrong",
        "counter",
        "Notices recorded with a gap, as their variables were not those declared.",
        ("template",),
    ),
)
PUSH_METRICS: Final = (
    HookMetric(
        "push_circuit_open",
        "gauge",
        "1 for each push service that nothing is sent to now.",
        ("origin",),
    ),
    HookMetric("push_held", "counter", "Pushes not sent because their push service is shut."),
)
QUEUE_METRICS: Final = (
    HookMetric(
        "queue_oldest_seconds",
        "gauge",
        "How long the longest waiting of what is due and unclaimed has been due.",
        ("lane", "queue"),
    ),
    HookMetric(
        "queue_due",
        "gauge",
        "What is due and unclaimed; of each state it is in a thousand at most.",
        ("lane", "queue"),
    ),
    HookMetric("queue_servers", "gauge", "Senders that take the queue.", ("lane", "queue")),
)
SENDER_METRICS: Final = (
    WEBHOOK_METRICS + TEXT_METRICS + NOTICE_METRICS + PUSH_METRICS + QUEUE_METRICS
)


def sender_numbers() -> dict[str, Values]:
    """Samples of each metric, as this process has them."""
    return {
        "push_circuit_open": {(origin,): 1 for origin in gates.shut_origins},
        "push_held": {(): gates.held_count},
        "queue_oldest_seconds": {_queue(each): depths[each].oldest_seconds for each in depths},
        "queue_due": {_queue(each): depths[each].due_count for each in depths},
        "queue_servers": {_queue(each): depths[each].server_count for each in depths},
        "text_attempts": {**texts.attempts},
        "text_settled": {**texts.settled},
        "text_budget_percent": {**texts.spent_percent},
        "receipts_refused": {**texts.refused, **_refused_payments()},
        "notice_variables_wrong": {(name,): count for name, count in wrong_variables.items()},
        "webhook_attempts": {(code,): count for code, count in tally.attempts.items()},
        "webhook_dead": {(): tally.dead_count},
        "webhook_disabled": {(): tally.disabled_count},
        "webhook_waiting": {(): tally.waiting_count},
        "webhook_oldest_seconds": {(): tally.oldest_seconds},
    }


def _refused_payments() -> dict[tuple[str, ...], float]:
    return {("payment", "sandbox", code): count for code, count in refused_callbacks.items()}


def _queue(name: str) -> tuple[str, str]:
    return lane_of(name).value, name


class HookCollector(Collector):
    """Every metric of sending, read off when asked."""

    def collect(self) -> Iterator[Family]:
        """Yield all of them."""
        numbers = sender_numbers()
        for metric in SENDER_METRICS:
            make = CounterMetricFamily if metric.kind == "counter" else GaugeMetricFamily
            family = make(f"{PREFIX}_{metric.name}", metric.meaning, labels=metric.labels)
            for labels, value in numbers[metric.name].items():
                family.add_metric(labels, value)
            yield family


def sender_registry() -> CollectorRegistry:
    """Return what a sender's own `/metrics` shows."""
    registry = CollectorRegistry(auto_describe=False)
    ProcessCollector(registry=registry)
    registry.register(HookCollector())
    return registry


def serve_metrics(host: str, port: int) -> None:
    """Answer `/metrics` at an address of the sender's own, in a daemon thread.

    :raises OSError: the port is taken.
    """
    start_http_server(port, addr=host, registry=sender_registry())
