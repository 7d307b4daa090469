"""Which kind of notice climbs which ladder, whom it is for and how long it is of use: data."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from core.orders.policy import (
    DEADLINE_ACCEPT,
    DEADLINE_ADJUSTMENT,
    DEADLINE_CANCELLATION,
    DEADLINE_PICKUP,
    TIMINGS,
)
from notifications.escalation import Channel, Condition, Contacts, Policy, Step


class Role(StrEnum):
    """Whom a notice is for; the values are actor types, as nobody is told of their own deed."""

    STAFF = "merchant"
    CUSTOMER = "customer"
    COURIER = "courier"
    OPERATORS = "operator"


class Category(StrEnum):
    """What a person could wish to hear less of."""

    ORDER_ALERT = "order_alert"
    PICKUP_OFFER = "pickup_offer"
    ORDER_UPDATE = "order_update"
    ACCOUNT = "account"
    OPERATIONS = "operations"
    DIGEST = "digest"
    MARKETING = "marketing"
    TRIAL = "trial"


def _seconds(count: float) -> timedelta:
    return timedelta(seconds=count)


BOARD: Final = Step(number=0, channel=Channel.BOARD, contacts=Contacts.SHARED)

SHOP_LADDER: Final = Policy(
    name="shop_ladder",
    needs_act=True,
    steps=(
        BOARD,
        Step(
            number=1,
            channel=Channel.PUSH,
            after=_seconds(10),
            condition=Condition.UNDELIVERED,
            contacts=Contacts.FIRST,
        ),
        Step(number=2, channel=Channel.PUSH, after=_seconds(30), is_loud=True),
        Step(number=3, channel=Channel.SMS, after=_seconds(60)),
        Step(number=4, channel=Channel.CALL, after=_seconds(90)),
        Step(number=5, channel=Channel.OPERATOR, after=_seconds(180), contacts=Contacts.SHARED),
    ),
)
COURIER_LADDER: Final = Policy(
    name="courier_ladder",
    needs_act=True,
    steps=(
        BOARD,
        # At once: a courier's app is often in the background, where no socket lives.
        Step(number=1, channel=Channel.PUSH),
        Step(number=2, channel=Channel.PUSH, after=_seconds(15), is_loud=True),
    ),
)
PAUSE_LADDER: Final = Policy(
    name="pause_ladder",
    needs_act=True,
    steps=(
        BOARD,
        Step(number=1, channel=Channel.PUSH),
        Step(number=2, channel=Channel.PUSH, after=_seconds(60), is_loud=True),
        Step(number=3, channel=Channel.SMS, after=_seconds(120)),
    ),
)
CUSTOMER_LADDER: Final = Policy(
    name="customer_ladder",
    needs_act=True,
    steps=(
        BOARD,
        Step(number=1, channel=Channel.PUSH),
        Step(number=2, channel=Channel.PUSH, after=_seconds(30), is_loud=True),
        Step(number=3, channel=Channel.SMS, after=_seconds(60)),
    ),
)
OPERATOR_LADDER: Final = Policy(
    name="operator_ladder",
    needs_act=True,
    steps=(
        Step(number=1, channel=Channel.PUSH),
        Step(number=2, channel=Channel.PUSH, after=_seconds(60), is_loud=True),
        Step(number=3, channel=Channel.SMS, after=_seconds(180)),
    ),
)
BUDGET_LADDER: Final = replace(
    OPERATOR_LADDER,
    name="budget_ladder",
    steps=tuple(step for step in OPERATOR_LADDER.steps if step.channel is Channel.PUSH),
)
"""For what is no order's matter: no text tells of it, least of all where texts have run out."""
PLAIN: Final = Policy(name="plain", needs_act=False, steps=(Step(number=1, channel=Channel.PUSH),))

CUSTOMER_UPDATE: Final = Policy(
    name="customer_update",
    needs_act=False,
    steps=(
        Step(number=1, channel=Channel.PUSH),
        # A grant is good for one message, so it is not spent on what a device has shown.
        Step(
            number=2,
            channel=Channel.WECHAT,
            after=_seconds(20),
            condition=Condition.UNDELIVERED,
        ),
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeKind:
    """One kind of notice; it is of use for `lifetime`, or until the order's `deadline`."""

    template: str
    role: Role
    category: Category
    policy: Policy
    lifetime: timedelta
    deadline: str = ""


def _alert(template: str, lifetime: timedelta, deadline: str = "") -> NoticeKind:
    return NoticeKind(
        template=template,
        role=Role.STAFF,
        category=Category.ORDER_ALERT,
        policy=SHOP_LADDER,
        lifetime=lifetime,
        deadline=deadline,
    )


def _pause(template: str) -> NoticeKind:
    return NoticeKind(
        template=template,
        role=Role.STAFF,
        category=Category.ORDER_ALERT,
        policy=PAUSE_LADDER,
        lifetime=timedelta(hours=2),
    )


def _update(template: str, lifetime: timedelta = timedelta(hours=2)) -> NoticeKind:
    return NoticeKind(
        template=template,
        role=Role.CUSTOMER,
        category=Category.ORDER_UPDATE,
        policy=CUSTOMER_UPDATE,
        lifetime=lifetime,
    )


def _alarm(template: str) -> NoticeKind:
    return NoticeKind(
        template=template,
        role=Role.OPERATORS,
        category=Category.OPERATIONS,
        policy=OPERATOR_LADDER,
        lifetime=timedelta(hours=1),
    )


NEW_ORDER: Final = _alert("new_order", TIMINGS.accept, DEADLINE_ACCEPT)
ORDER_STOPPED: Final = _alert("order_stopped", timedelta(minutes=30))
CANCELLATION_REQUESTED: Final = _alert(
    "cancellation_requested", TIMINGS.cancellation_answer, DEADLINE_CANCELLATION
)
NO_COURIER: Final = _alert("no_courier", timedelta(minutes=12))
ORDER_CONVERTED: Final = NoticeKind(
    template="order_converted",
    role=Role.STAFF,
    category=Category.ORDER_UPDATE,
    policy=PLAIN,
    lifetime=timedelta(hours=2),
)
PICKUP_OFFER: Final = NoticeKind(
    template="pickup_offer",
    role=Role.COURIER,
    category=Category.PICKUP_OFFER,
    policy=COURIER_LADDER,
    lifetime=timedelta(seconds=30),
)
ADJUSTMENT_PROPOSED: Final = NoticeKind(
    template="adjustment_proposed",
    role=Role.CUSTOMER,
    category=Category.ORDER_ALERT,
    policy=CUSTOMER_LADDER,
    lifetime=TIMINGS.adjustment_answer,
    deadline=DEADLINE_ADJUSTMENT,
)
PICKUP_PROPOSED: Final = NoticeKind(
    template="pickup_proposed",
    role=Role.CUSTOMER,
    category=Category.ORDER_ALERT,
    policy=CUSTOMER_LADDER,
    lifetime=TIMINGS.pickup_answer,
    deadline=DEADLINE_PICKUP,
)
ORDER_ACCEPTED: Final = _update("order_accepted")
ORDER_DELAYED: Final = _update("order_delayed")
ORDER_READY: Final = _update("order_ready")
ORDER_HANDED_OVER: Final = _update("order_handed_over")
COLLECT_YOURSELF: Final = _update("collect_yourself")
ORDER_COMPLETED: Final = _update("order_completed")
DELIVERY_FAILED: Final = _update("delivery_failed", timedelta(hours=24))
ORDER_CANCELLED: Final = _update("order_cancelled", timedelta(hours=24))
CANCELLATION_REFUSED: Final = _update("cancellation_refused")
REFUNDED: Final = _update("refunded", timedelta(hours=24))
SET_OFFLINE: Final = NoticeKind(
    template="set_offline",
    role=Role.COURIER,
    category=Category.ACCOUNT,
    policy=PLAIN,
    lifetime=timedelta(hours=2),
)
FELL_SILENT: Final = replace(SET_OFFLINE, template="fell_silent")
SHOP_PAUSED: Final = _pause("shop_paused")
SHOP_UNHEARD: Final = _pause("shop_unheard")
DIGEST: Final = NoticeKind(
    template="digest",
    role=Role.CUSTOMER,
    category=Category.DIGEST,
    policy=PLAIN,
    lifetime=timedelta(hours=24),
)
"""What was gathered, for people of any role."""
WEBHOOK_DISABLED: Final = NoticeKind(
    template="webhook_disabled",
    role=Role.STAFF,
    category=Category.ACCOUNT,
    policy=PLAIN,
    lifetime=timedelta(hours=48),
)


def _campaign(template: str) -> NoticeKind:
    return NoticeKind(
        template=template,
        role=Role.CUSTOMER,
        category=Category.MARKETING,
        policy=PLAIN,
        lifetime=timedelta(days=7),
    )


TRIAL: Final = NoticeKind(
    template="trial",
    role=Role.CUSTOMER,
    category=Category.TRIAL,
    policy=PLAIN,
    lifetime=timedelta(minutes=10),
)
"""What somebody sends to themselves to see that it arrives, in whatever role."""
SHOP_CAMPAIGN: Final = _campaign("shop_campaign")
PLATFORM_CAMPAIGN: Final = _campaign("platform_campaign")
OPERATOR_ALARM: Final = _alarm("operator_alarm")
ALERT_UNANSWERED: Final = _alarm("alert_unanswered")
TEXTS_SPENT: Final = replace(_alarm("texts_spent"), policy=BUDGET_LADDER)
PUSH_STOPPED: Final = replace(_alarm("push_stopped"), policy=BUDGET_LADDER)
QUEUE_LATE: Final = replace(TEXTS_SPENT, template="queue_late", lifetime=timedelta(hours=24))
QUEUE_UNSERVED: Final = replace(QUEUE_LATE, template="queue_unserved")

KINDS: Final[Mapping[str, NoticeKind]] = MappingProxyType(
    {
        kind.template: kind
        for kind in (
            NEW_ORDER, ORDER_STOPPED, CANCELLATION_REQUESTED, NO_COURIER, ORDER_CONVERTED,
            PICKUP_OFFER, ADJUSTMENT_PROPOSED, PICKUP_PROPOSED, COLLECT_YOURSELF,
            ORDER_ACCEPTED, ORDER_DELAYED, ORDER_READY, ORDER_HANDED_OVER, ORDER_COMPLETED,
            ORDER_CANCELLED, CANCELLATION_REFUSED, REFUNDED, SET_OFFLINE, FELL_SILENT, SHOP_PAUSED,
            SHOP_UNHEARD, OPERATOR_ALARM, ALERT_UNANSWERED, TEXTS_SPENT, DIGEST, WEBHOOK_DISABLED,
            SHOP_CAMPAIGN, PLATFORM_CAMPAIGN, DELIVERY_FAILED, TRIAL, PUSH_STOPPED,
            QUEUE_LATE, QUEUE_UNSERVED,
        )
    }
)  # fmt: skip
"""Every kind of notice, by its template."""

UPDATES: Final = frozenset(
    kind.template
    for kind in (
        ORDER_ACCEPTED, ORDER_DELAYED, ORDER_READY, ORDER_HANDED_OVER, ORDER_COMPLETED,
        CANCELLATION_REFUSED, COLLECT_YOURSELF, DELIVERY_FAILED,
    )
)  # fmt: skip
"""News of an order that later news makes old."""
