"""Gives each text that is due to a vendor, within its number's limits and the day's budget.

It runs inside the claim, under the claim's locks: what one sender gives away, another sees.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from django.db.models import F

from core.clock import clock
from core.events.work import Work
from notifications.channels.sms_provider import SmsMessage
from notifications.escalation import Channel
from notifications.messages import text_for
from notifications.models import Attempt, Delivery, Notice, SentText, Spending
from notifications.preferences.resolution import Recipients
from notifications.states import DeliveryTrigger
from notifications.texting.alarms import note_spending
from notifications.texting.book import DAY_SECONDS, Book, book
from notifications.texting.rounds import out_id_of
from notifications.texting.routing import Past, Rule, Try, candidates, free_at, has_fresh


TEXTED: Final = frozenset({Channel.SMS, Channel.CALL})
LIMITED: Final = "limited"
BUDGET_SPENT: Final = "budget_spent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A text and the vendor that carries it; without either it cannot be sent."""

    provider: str = ""
    message: SmsMessage | None = None
    has_fresh: bool = False
    """Whether a vendor is left that was not asked before."""
    has_other: bool = False
    """Whether a vendor is left that has not refused the text for good."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wish:
    """A text that wants a vendor."""

    row: Delivery
    number: str
    template: str
    locale: str
    variables: Mapping[str, str]
    tries: Sequence[Try]

    @property
    def channel(self) -> Channel:
        return Channel(self.row.channel)


@dataclass(slots=True, kw_only=True)
class _Ledger:
    """What limits and budgets leave, as this transaction knows it."""

    book: Book
    now: datetime
    spending: dict[tuple[Channel, str], Spending]
    past: dict[tuple[str, str], list[Past]]
    fresh: list[SentText] = field(default_factory=list)

    def opens_at(self, wish: _Wish, provider: str) -> tuple[datetime, str]:
        """Return when the vendor may be given the text, and what it waits for until then."""
        spent = self.spending.get((wish.channel, provider))
        budget = self.book.budget.get(provider)
        if spent is not None and budget is not None and spent.count >= budget:
            return _next_day(self.now), BUDGET_SPENT
        rules = [
            Rule(each.count, clock().technical(each.seconds), each.per == "template")
            for each in self.book.limits_of(provider)
        ]
        past = self.past.get((provider, wish.number), ())
        return free_at(rules, past, template=wish.template, now=self.now), LIMITED

    def give(self, wish: _Wish, provider: str) -> None:
        """Count the text."""
        spent = self.spending.get((wish.channel, provider))
        if spent is None:
            return
        spent.count += 1
        self.past.setdefault((provider, wish.number), []).append(Past(wish.template, self.now))
        self.fresh.append(
            SentText(
                channel=wish.channel,
                provider=provider,
                number=wish.number,
                template=wish.template,
                sent_at=self.now,
            )
        )

    def close(self, work: Work) -> None:
        """Write down what was given."""
        SentText.objects.bulk_create(self.fresh)
        given = Counter((Channel(each.channel), each.provider) for each in self.fresh)
        for key in given:
            spent = self.spending[key]
            note_spending(spent, budget=self.book.budget.get(spent.provider), work=work)
            spent.save()


def allot(
    rows: Sequence[Delivery],
    notices: Mapping[UUID, Notice],
    recipients: Recipients,
    *,
    work: Work,
) -> dict[UUID, Text]:
    """Choose a vendor for each locked row; those that must wait are put off and left out."""
    if not rows:
        return {}
    tries = _tries([row.pk for row in rows if row.attempts])
    wishes = [_wish(row, notices, recipients, tries.get(row.pk, ())) for row in rows]
    known = book()
    ledger = _open(known, [wish for wish in wishes if wish is not None], now=work.now)
    texts: dict[UUID, Text] = {}
    for row, wish in zip(rows, wishes, strict=True):
        text = Text() if wish is None else _choose(wish, ledger)
        if text is not None:
            texts[row.pk] = text
    ledger.close(work)
    return texts


def _choose(wish: _Wish, ledger: _Ledger) -> Text | None:
    route = ledger.book.route(wish.channel, wish.number)
    opens: list[tuple[datetime, str]] = []
    able = [
        (provider, approved)
        for provider in candidates(route, wish.tries)
        if (approved := ledger.book.approved(provider, wish.template, wish.locale)) is not None
    ]
    for provider, approved in able:
        opens_at, code = ledger.opens_at(wish, provider)
        if opens_at > ledger.now:
            opens.append((opens_at, code))
            continue
        ledger.give(wish, provider)
        message = SmsMessage(
            to=wish.number,
            template=wish.template,
            out_id=out_id_of(wish.row.pk, wish.row.replay_count),
            variables=wish.variables,
            approved=approved,
        )
        asked = [*wish.tries, Try(provider, "")]
        names = [each for each, _ in able]
        return Text(
            provider=provider,
            message=message,
            has_fresh=has_fresh(names, asked),
            has_other=len(names) > 1,
        )
    if opens:
        _put_off(wish.row, *min(opens), now=ledger.now)
        return None
    return Text(provider=route[0] if route else "")


def _put_off(row: Delivery, opens_at: datetime, code: str, *, now: datetime) -> None:
    same = Delivery.objects.filter(pk=row.pk)
    if opens_at >= row.expires_at:
        same.move(DeliveryTrigger.EXPIRE, code=code)
    else:
        soonest = now + timedelta(seconds=1)
        same.move(DeliveryTrigger.WAIT, due_at=max(opens_at, soonest), code=code)


def _wish(
    row: Delivery,
    notices: Mapping[UUID, Notice],
    recipients: Recipients,
    tries: Sequence[Try],
) -> _Wish | None:
    recipient = recipients[row.recipient_id]
    text = text_for(recipient, notices[row.notice_id])
    if text is None:
        return None
    return _Wish(
        row=row,
        number=recipient.person.phone,
        template=text.template,
        locale=recipient.locale,
        variables=text.variables,
        tries=tries,
    )


def _tries(ids: Sequence[UUID]) -> dict[UUID, list[Try]]:
    found: dict[UUID, list[Try]] = {}
    if ids:
        # Who refused it before it was replayed may be asked again.
        earlier = Attempt.objects.filter(
            delivery__in=ids, number__gt=F("delivery__spent_count")
        ).order_by("number", "pk")
        for delivery_id, provider, outcome in earlier.values_list(
            "delivery_id", "provider", "outcome"
        ):
            found.setdefault(delivery_id, []).append(Try(provider, outcome))
    return found


def _open(known: Book, wishes: Sequence[_Wish], *, now: datetime) -> _Ledger:
    metered = {
        (wish.channel, provider)
        for wish in wishes
        for provider in known.route(wish.channel, wish.number)
        if known.limits_of(provider) or provider in known.budget
    }
    return _Ledger(
        book=known,
        now=now,
        spending=_lock_spending(metered, now=now),
        past=_past({wish.number for wish in wishes}, now=now) if metered else {},
    )


def _lock_spending(
    metered: Iterable[tuple[Channel, str]], *, now: datetime
) -> dict[tuple[Channel, str], Spending]:
    wanted = sorted(metered)
    if not wanted:
        return {}
    day = now.astimezone(UTC).date()
    rows = [Spending(channel=channel, provider=name, day=day) for channel, name in wanted]
    Spending.objects.bulk_create(rows, ignore_conflicts=True)
    locked = Spending.objects.select_for_update().filter(day=day).order_by("pk")
    return {(Channel(row.channel), row.provider): row for row in locked}


def _past(numbers: set[str], *, now: datetime) -> dict[tuple[str, str], list[Past]]:
    since = now - clock().technical(DAY_SECONDS)
    found: dict[tuple[str, str], list[Past]] = {}
    for row in SentText.objects.filter(number__in=numbers, sent_at__gt=since):
        found.setdefault((row.provider, row.number), []).append(Past(row.template, row.sent_at))
    return found


def _next_day(now: datetime) -> datetime:
    today = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return today + timedelta(days=1)
