"""Metrics: the table, the runbook and what a scrape answers say the same."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from core.clock import now
from core.environment import environment
from notifications.circuits.gates import gates
from notifications.texting.tally import tally as texts
from notifications.variables import wrong_variables
from notifications.watch.policy import Depth
from notifications.watch.tally import depths
from notifications.webhooks.tally import tally as webhooks
from realtime.feeds import Feed
from realtime.hub import Hub
from realtime.operations import asgi
from realtime.operations.metrics import exposition
from realtime.operations.table import METRICS, Kind, Metric
from realtime.tally import Histogram, tally


RUNBOOK = Path(__file__).parents[3] / "docs" / "runbook.md"
ALL = list(METRICS.values())
LOCAL = ("127.0.0.1", 5000)
PROMISED = (
    "connections",
    "subscriptions",
    "commit_to_socket_seconds",
    "gaps",
    "gap_reads",
    "event_reads",
    "resumes",
    "slow_closes",
    "outbox_bytes",
    "handshake_refusals",
    "drain_seconds",
    "receipt_seconds",
    "escalations",
)
"""What the protocol promises to measure; dashboards are built on these names."""


def samples(hub: Hub) -> dict[str, list[Sample]]:
    found: dict[str, list[Sample]] = {}
    for family in text_string_to_metric_families(exposition(hub).decode()):
        for sample in family.samples:
            found.setdefault(sample.name, []).append(sample)
    return found


async def scrape(
    *, client: tuple[str, int] | None = LOCAL, headers: dict[str, str] | None = None, **scope: Any
) -> tuple[int, bytes]:
    """Ask the application as a server would; there is no database at all here."""
    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    async def others(*_: object) -> None:
        raise AssertionError

    raw = [(name.encode(), value.encode()) for name, value in (headers or {}).items()]
    asked = {"type": "http", "method": "GET", "path": "/metrics", "headers": raw, "client": client}
    await asgi.beside(others, Hub())(asked | scope, None, send)
    return int(sent[0]["status"]), bytes(sent[1]["body"])


@pytest.fixture
def token(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("PAIDAN_METRICS_TOKEN", "let-me-in")
    environment.cache_clear()
    yield "let-me-in"
    environment.cache_clear()


class TestTable:
    @pytest.mark.parametrize("metric", ALL, ids=lambda metric: metric.name)
    def test_is_in_the_runbook(self, metric: Metric) -> None:
        labels = f" ({', '.join(metric.labels)})" if metric.labels else ""
        line = f"| `{metric.sample}`{labels} | {metric.kind} | {metric.meaning} |"
        assert line in RUNBOOK.read_text().splitlines()

    def test_has_every_metric_of_the_runbook(self) -> None:
        lines = RUNBOOK.read_text().splitlines()
        told = {line.split("`")[1] for line in lines if line.startswith("| `paidan_")}
        assert told == {metric.sample for metric in ALL}

    @pytest.mark.parametrize("metric", ALL, ids=lambda metric: metric.name)
    def test_is_what_a_scrape_tells(self, metric: Metric) -> None:
        hub = Hub()
        hub.close_counts[4008] += 2
        tally.escalations["2_sms"] += 1
        hub.feeds["order:1"] = _feed()
        webhooks.attempts["http_200"] += 1
        texts.attempts["sms", "aliyun", "sent"] += 1
        texts.settled["sms", "aliyun", "delivered"] += 1
        texts.spent_percent["sms", "aliyun"] = 80
        texts.refused["sms", "aliyun", "forged"] += 1
        wrong_variables["new_order"] += 1
        gates.refresh({"https://push.example": now() + timedelta(minutes=1)})
        depths["push"] = Depth(queue="push")
        suffix = "_count" if metric.kind is Kind.HISTOGRAM else ""
        found = samples(hub)[metric.sample + suffix]
        gates.refresh({})
        assert all(set(sample.labels) == set(metric.labels) for sample in found)

    @pytest.mark.parametrize("name", PROMISED)
    def test_has_what_the_protocol_promises(self, name: str) -> None:
        metric = METRICS[f"realtime_{name}"]
        labels = {"resumes": ("recovered",), "subscriptions": ("kind",), "escalations": ("step",)}
        assert metric.labels == labels.get(name, ())
        families = text_string_to_metric_families(text())
        assert f"paidan_{metric.name}" in {family.name for family in families}

    def test_alone_fills_a_scrape_beside_the_process_itself(self) -> None:
        names = {family.name for family in text_string_to_metric_families(text())}
        ours = {name for name in names if name.startswith("paidan_")}
        assert ours == {f"paidan_{name}" for name in METRICS}
        assert names - ours >= {"process_cpu_seconds", "process_resident_memory_bytes"}


class TestNumbers:
    def test_of_closes_stand_by_code(self) -> None:
        hub = Hub()
        hub.close_counts[4008] += 2
        found = samples(hub)
        (slow,) = found["paidan_realtime_slow_closes_total"]
        (closed,) = found["paidan_realtime_closes_total"]
        assert (slow.value, closed.labels, closed.value) == (2, {"code": "4008"}, 2)

    def test_of_event_reads_are_those_of_gaps_and_of_the_past(self) -> None:
        hub = Hub()
        hub.history.read_count += 3
        hub.repair.read_count += 2
        (reads,) = samples(hub)["paidan_realtime_event_reads_total"]
        (gaps,) = samples(hub)["paidan_realtime_gap_reads_total"]
        assert (reads.value, gaps.value) == (5, 2)

    def test_of_a_message_count_once_from_its_commit(self) -> None:
        hub = Hub()
        hub.feeds["order:1"] = _feed()
        before = tally.commit_to_socket.count
        entries = [["order:1", 1, "{}"], ["order:1", 2, "{}"]]
        hub.hear({"ev": entries, "sent": 0.0})
        hub.hear({"ev": [["order:2", 1, "{}"]], "sent": 0.0})
        assert tally.commit_to_socket.count == before + 1

    def test_of_climbs_stand_by_step(self) -> None:
        before = tally.escalations["3_operator"]
        Hub().hear({"climb": ["3_operator", "3_operator"]})
        assert tally.escalations["3_operator"] == before + 2


class TestHistogram:
    def test_counts_a_bound_into_its_own_bucket(self) -> None:
        histogram = Histogram((1.0, 2.0))
        for value in (-1.0, 1.0, 1.5, 9.0):
            histogram.observe(value)
        assert histogram.counts == [2, 1, 1]
        assert (histogram.count, histogram.total) == (4, 11.5)


class TestScrape:
    async def test_is_answered_on_this_machine(self) -> None:
        status, body = await scrape()
        assert status == 200
        assert b"paidan_realtime_connections 0.0" in body

    @pytest.mark.parametrize("client", [("192.0.2.1", 5000), None], ids=["far", "unknown"])
    async def test_is_refused_elsewhere(self, client: tuple[str, int] | None) -> None:
        assert (await scrape(client=client))[0] == 403

    async def test_is_refused_to_whom_a_proxy_brings(self) -> None:
        assert (await scrape(headers={"x-forwarded-for": "192.0.2.1"}))[0] == 403

    async def test_takes_a_token_from_anywhere(self, token: str) -> None:
        headers = {"authorization": f"Bearer {token}"}
        assert (await scrape(client=("192.0.2.1", 5000), headers=headers))[0] == 200

    @pytest.mark.parametrize("given", ["", "Bearer wrong", "Basic let-me-in"])
    async def test_wants_the_token_once_there_is_one(self, token: str, given: str) -> None:
        assert token not in given or given.startswith("Basic")
        assert (await scrape(headers={"authorization": given}))[0] == 403

    async def test_is_a_get(self) -> None:
        assert (await scrape(method="POST"))[0] == 405


def text() -> str:
    return exposition(Hub()).decode()


def _feed() -> Feed:
    feed = Feed("order:1")
    feed.open("e", 0)
    return feed
