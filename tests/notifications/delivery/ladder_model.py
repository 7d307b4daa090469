"""What a notice must do, told again in the simplest words: a model that shares no code with it.

Written from the design of alert ladders: steps come at their time until somebody acts, one that
waits for a device to have it is dropped once one has, what may wait waits for the end of quiet
hours, and nothing goes twice. Wall clocks are looked at quarter by quarter.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo


QUARTER: Final = timedelta(minutes=15)
BACKOFFS: Final = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0)
TRIES: Final = {"push": 8, "sms": 4, "call": 2}
PERSONAL: Final = frozenset(TRIES)
WAITING: Final = frozenset({"pending", "retrying"})
GONE: Final = frozenset({"dead", "expired", "cancelled"})


@dataclass(frozen=True, slots=True)
class Rung:
    """One step of a ladder."""

    number: int
    channel: str
    after: timedelta
    is_if_undelivered: bool
    is_for_first: bool
    is_loud: bool


@dataclass(frozen=True, slots=True)
class Habits:
    """What one person has chosen, and how their day is."""

    zone: str
    quiet: tuple[time, time] | None
    choices: Mapping[str, str]
    """By channel: `on`, `off` or `digest`, whether they may or not."""
    is_second: bool


@dataclass(frozen=True, slots=True)
class Law:
    """What is so of one kind of notice."""

    quiet: str
    """What quiet hours do: it must `come`, comes `silent`, or may `wait`."""
    mutable: frozenset[str]
    """Channels that people may switch off."""
    may_gather: bool


@dataclass(slots=True)
class Message:
    """One step for one person, by number, or for everybody together."""

    rung: Rung
    person: int | None
    due_at: datetime
    state: str = "pending"
    tries: int = 0


@dataclass(frozen=True, slots=True, order=True)
class Sent:
    """One message that was started."""

    at: datetime
    channel: str
    step: int
    person: int
    attempt: int
    is_loud: bool
    is_silent: bool


Answer = Callable[[int, int, int], str]
"""What a provider says to step, person and attempt."""


@dataclass(slots=True)
class Model:
    """One notice from its first moment on."""

    law: Law
    rungs: Sequence[Rung]
    people: Sequence[Habits]
    start: datetime
    expires_at: datetime
    answer: Answer
    messages: list[Message] = field(default_factory=list)
    sent: list[Sent] = field(default_factory=list)
    gathered: dict[int, int] = field(default_factory=dict)
    delivered: bool = False
    over: bool = False

    def __post_init__(self) -> None:
        """Plan each step that is not too late, for those whom it reaches."""
        first = [each for each, habits in enumerate(self.people) if not habits.is_second]
        everybody = list(range(len(self.people)))
        for rung in self.rungs:
            if self.start + rung.after >= self.expires_at:
                continue
            whom: Sequence[int | None] = first if rung.is_for_first and first else everybody
            if rung.channel not in PERSONAL:
                whom = [None]
            for person in whom:
                self.messages.append(Message(rung, person, self.start + rung.after))

    def act(self) -> None:
        """Somebody acts, or the matter ends otherwise: what waits is dropped."""
        self.over = True
        for each in self.messages:
            if each.state in WAITING:
                each.state = "cancelled"

    def look(self, now: datetime) -> None:
        """A sender looks what is due, sends it, and hears at once how it went."""
        started = [each for each in self.messages if self._starts(each, now)]
        for each in started:
            self._hear(each, now)
        for step in sorted({each.rung.number for each in started if each.state == "gone"}):
            self._hurry(step, now)
        for each in started:
            each.state = "dead" if each.state == "gone" else each.state

    def _starts(self, message: Message, now: datetime) -> bool:
        if message.state not in WAITING or message.due_at > now:
            return False
        if (ending := self._ending(message, now)) is not None:
            message.state = ending
            return False
        if message.person is None:
            message.state = "sent"
            return False
        habits = self.people[message.person]
        quiet_until = end_of_quiet(habits, now)
        is_silent = quiet_until is not None and self.law.quiet == "silent"
        if quiet_until is not None and self.law.quiet == "wait":
            message.due_at = max(message.due_at, quiet_until)
            message.state = "pending" if quiet_until < self.expires_at else "expired"
            return False
        message.tries += 1
        rung = message.rung
        self.sent.append(
            Sent(
                now,
                rung.channel,
                rung.number,
                message.person,
                message.tries,
                rung.is_loud,
                is_silent,
            )
        )
        return True

    def _ending(self, message: Message, now: datetime) -> str | None:
        """Say how it ends unsent, if it does."""
        if self.over:
            return "cancelled"
        if now >= self.expires_at:
            return "expired"
        if message.rung.is_if_undelivered and self.delivered:
            return "cancelled"
        return None if message.person is None else self._by_choice(message.rung, message.person)

    def _by_choice(self, rung: Rung, person: int) -> str | None:
        """Say how the person's choice ends it, if it does."""
        choice = self.people[person].choices.get(rung.channel, "on")
        if choice == "off" and rung.channel in self.law.mutable:
            return "cancelled"
        if choice == "digest" and rung.channel == "push" and self.law.may_gather:
            self.gathered[person] = self.gathered.get(person, 0) + 1
            return "cancelled"
        return None

    def _hear(self, message: Message, now: datetime) -> None:
        assert message.person is not None
        said = self.answer(message.rung.number, message.person, message.tries)
        is_text = message.rung.channel != "push"
        is_last = message.tries >= TRIES[message.rung.channel]
        if said == "sent":
            message.state = "sent"
        elif is_text and said == "unknown":
            message.state = "uncertain"
        elif said in {"retry", "unknown"} and not is_last:
            message.due_at = now + timedelta(seconds=BACKOFFS[message.tries - 1])
            message.state = "retrying" if message.due_at < self.expires_at else "expired"
        else:
            message.state = "gone" if said == "gone" and not is_text else "dead"

    def _hurry(self, step: int, now: datetime) -> None:
        """Where a step reached nobody at all, the next one that is still wanted comes at once."""
        same = [each for each in self.messages if each.rung.number == step]
        if self.over or any(each.state not in GONE | {"gone"} for each in same):
            return
        later = sorted(
            {
                each.rung.number
                for each in self.messages
                if each.rung.number > step and not (each.rung.is_if_undelivered and self.delivered)
            }
        )
        for each in self.messages:
            if later and each.rung.number == later[0] and each.state == "pending":
                each.due_at = min(each.due_at, now)


def end_of_quiet(habits: Habits, now: datetime) -> datetime | None:
    """Return when it stops being quiet for them, if it is quiet now."""
    if habits.quiet is None:
        return None
    spans = quiet_spans(habits.zone, *habits.quiet, now.astimezone(UTC).date())
    moment = now
    for _ in range(8):
        ends = [ends_at for starts_at, ends_at in spans if starts_at <= moment < ends_at]
        if not ends:
            break
        moment = max(ends)
    return moment if moment > now else None


@cache
def quiet_spans(
    zone: str, starts_at: time, ends_at: time, day: date
) -> Sequence[tuple[datetime, datetime]]:
    """Return the quiet spans around a day, by looking at the clock on the wall each quarter."""
    spans = []
    for offset in range(-3, 4):
        begins_on = day + timedelta(days=offset)
        ends_on = begins_on + timedelta(days=1 if ends_at <= starts_at else 0)
        begin = crossings(zone, begins_on, starts_at)[0]
        end = crossings(zone, ends_on, ends_at)[-1]
        if begin < end:
            spans.append((begin, end))
    return spans


@cache
def crossings(zone: str, day: date, at: time) -> Sequence[datetime]:
    """Return each quarter at which the clock comes to `at` on that day, or jumps over it."""
    wanted, clock = datetime.combine(day, at), ZoneInfo(zone)
    quarter = wanted.replace(tzinfo=UTC) - timedelta(hours=20)
    found, before = [], None
    for _ in range(4 * 40):
        shown = quarter.astimezone(clock).replace(tzinfo=None)
        if before is not None and before < wanted <= shown:
            found.append(quarter)
        before = shown
        quarter += QUARTER
    return found
