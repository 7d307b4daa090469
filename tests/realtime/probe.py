"""A thing that only tests have: it says whatever they like on any topic, as the real ones do."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import NAMESPACE_OID, UUID, uuid5

from core.events.audiences import audience, snapshot_source
from core.events.catalogue import EventType
from core.events.facts import SYSTEM, Fact, Row, Subject
from core.events.models import Event
from core.events.work import unit_of_work


SAID = EventType("probe.said", "A test said something.")
SHOUTED = EventType("probe.shouted", "A test insists.", frozenset({"merchant"}))
NOW = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)


def say(topic: str, *texts: str, about: str = "it", shout: bool = False) -> None:
    """Publish one event a text on `topic`, in one transaction; versions count up."""
    subject = Subject(kind="probe", id=uuid5(NAMESPACE_OID, topic + about))
    with unit_of_work(now=NOW, actor=SYSTEM, correlation_id=topic) as work:
        version = Event.objects.filter(subject=subject.key).count()
        for number, text in enumerate(texts, start=version + 1):
            data = {"topic": topic, "text": text, "about": about}
            work.record(SHOUTED if shout else SAID, subject=subject, version=number, data=data)


@audience("probe")
def _audience(fact: Fact) -> Sequence[Row]:
    return [_row(str(fact.data["topic"]), fact.subject.key, fact.version, str(fact.data["text"]))]


@snapshot_source("merchant")
def _snapshot(merchant_id: UUID, _now: datetime) -> Sequence[Row]:
    topic = f"merchant:{merchant_id}"
    events = Event.objects.filter(correlation_id=topic, type__startswith="probe.")
    newest = {event.subject: event for event in events.order_by("version")}
    return [
        _row(topic, event.subject, event.version, event.data["text"]) for event in newest.values()
    ]


def _row(topic: str, key: str, version: int, text: str) -> Row:
    return Row(
        topic=topic, key=key, version=version, view={"open": True, "ended_at": None, "text": text}
    )
