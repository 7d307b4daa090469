"""Tells operators when a day's budget for texts is nearly or wholly spent: each once a day."""

from typing import Final

from core.events.catalogue import SPENDING_ALARMED
from core.events.facts import Fact, Subject
from core.events.work import Work, reacts_to
from notifications.commands import Draft, send_notice
from notifications.models import Spending
from notifications.people import recipients_for
from notifications.policies import TEXTS_SPENT, Role
from notifications.texting.tally import tally


ALARM_PERCENTS: Final = (80, 100)


def note_spending(spent: Spending, *, budget: int | None, work: Work) -> None:
    """State it when the locked row's count has just reached one of the shares of `budget`."""
    if budget is None:
        return
    tally.spent_percent[spent.channel, spent.provider] = spent.count * 100 // max(1, budget)
    reached = [each for each in ALARM_PERCENTS if spent.count * 100 >= each * budget]
    if not reached or reached[-1] <= spent.alarmed_percent:
        return
    spent.alarmed_percent = reached[-1]
    work.record(
        SPENDING_ALARMED,
        subject=Subject(kind="spending", id=spent.pk),
        version=1,
        data={"provider": spent.provider, "channel": spent.channel, "percent": reached[-1]},
    )


@reacts_to(SPENDING_ALARMED)
def tell_operators(fact: Fact, work: Work) -> None:
    """Put it on the operators' desk."""
    draft = Draft(
        kind=TEXTS_SPENT,
        event_id=fact.id,
        topic="operators",
        subject=fact.subject.key,
        order_id=None,
        expires_at=work.now + TEXTS_SPENT.lifetime,
        variables={"provider": fact.data["provider"], "percent": fact.data["percent"]},
    )
    recipients = recipients_for(Role.OPERATORS, fact.subject.id)
    send_notice(draft, recipients=recipients, work=work)
