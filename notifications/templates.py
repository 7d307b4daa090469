"""The words of every notice, per language, with the variables each may use."""
# ruff: noqa: RUF001  Chinese has a comma of its own

from collections.abc import Mapping
from dataclasses import dataclass, field
from string import Template
from types import MappingProxyType
from typing import Final

from notifications.variables import GAP, Gaps, recorded


LOCALES: Final = ("zh-CN", "en")
DEFAULT_LOCALE: Final = "zh-CN"

TEXT_VARIABLES: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "order_placed": frozenset({"number"}),
        "order_update": frozenset({"number", "status"}),
        "pickup_offer": frozenset({"number"}),
        "shop_paused": frozenset({"status"}),
    }
)
"""The texts that vendors must approve, and the values each is given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """Title and body in one language; variables are written `$name`."""

    title: str
    body: str
    sms_status: str = ""
    """What the vendor's approved text says about the order or the shop."""
    action: str = ""
    """What its one action is called, where it has one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeTemplate:
    """One notice in every language, and the vendor's approved SMS template that carries it."""

    words: Mapping[str, Words]
    variables: frozenset[str] = frozenset({"number", "shop"})
    sms: str = ""
    url: str = "/"
    """Page that a tap opens; `$order`, `$topic` and `$subject` are ids."""
    action_url: str = ""
    """Page that carries its one action out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SmsText:
    """What the SMS vendor needs: its approved template and the values of its variables."""

    template: str
    variables: Mapping[str, str] = field(default_factory=dict)


BOARD_URL: Final = "/board/$topic"
RESUME_URL: Final = "/board/$topic?do=resume"
UNSUBSCRIBE: Final[Mapping[str, str]] = MappingProxyType({"zh-CN": "退订", "en": "Unsubscribe"})
"""The button on a campaign's message."""
ACKNOWLEDGE: Final[Mapping[str, str]] = MappingProxyType({"zh-CN": "收到", "en": "Got it"})
"""The button that says that somebody is on it."""
SHOP_URL: Final = "/merchant/$topic?order=$order"
ORDER_URL: Final = "/orders/$order"
COURIER_URL: Final = "/courier"
OPERATOR_URL: Final = "/operator?order=$order"


def _template(
    zh: Words,
    en: Words,
    *,
    variables: str = "number shop",
    sms: str = "",
    url: str = ORDER_URL,
    action_url: str = "",
) -> NoticeTemplate:
    return NoticeTemplate(
        words=MappingProxyType({"zh-CN": zh, "en": en}),
        variables=frozenset(variables.split()),
        sms=sms,
        url=url,
        action_url=action_url,
    )


TEMPLATES: Final[Mapping[str, NoticeTemplate]] = MappingProxyType(
    {
        "new_order": _template(
            Words(title="新订单 #$number", body="$total，请尽快接单。"),
            Words(title="New order #$number", body="$total. Please answer now."),
            variables="number shop total",
            sms="order_placed",
            url=SHOP_URL,
        ),
        "order_stopped": _template(
            Words(title="停止制作 #$number", body="订单已取消，请停止制作。", sms_status="已取消"),
            Words(
                title="Stop order #$number",
                body="It was cancelled. Please stop preparing it.",
                sms_status="cancelled",
            ),
            sms="order_update",
            url=SHOP_URL,
        ),
        "cancellation_requested": _template(
            Words(title="顾客申请取消 #$number", body="请同意或拒绝。", sms_status="申请取消"),
            Words(
                title="Cancel order #$number?",
                body="The customer asks to cancel. Please answer.",
                sms_status="cancellation requested",
            ),
            sms="order_update",
            url=SHOP_URL,
        ),
        "no_courier": _template(
            Words(
                title="无骑手接单 #$number",
                body="可自行配送、继续等待或取消订单。",
                sms_status="无骑手接单",
            ),
            Words(
                title="No courier for #$number",
                body="Deliver it yourself, wait or cancel.",
                sms_status="without a courier",
            ),
            sms="order_update",
            url=SHOP_URL,
        ),
        "order_converted": _template(
            Words(title="改为自取 #$number", body="顾客将到店取餐。"),
            Words(title="Order #$number is a pick-up now", body="The customer comes for it."),
            url=SHOP_URL,
        ),
        "pickup_proposed": _template(
            Words(
                title="能否到店自取？",
                body="$shop 的订单 #$number 暂无骑手，自取免配送费，否则全额退款。",
                sms_status="无骑手，请确认是否自取",
            ),
            Words(
                title="Could you collect it?",
                body="No courier for #$number from $shop. Come for it without the delivery fee, "
                "or have your money back.",
                sms_status="no courier: collect it or have a refund",
            ),
            sms="order_update",
        ),
        "pickup_offer": _template(
            Words(title="新取货任务", body="$shop，订单 #$number。"),
            Words(title="New pickup", body="$shop, order #$number."),
            sms="pickup_offer",
            url=COURIER_URL,
        ),
        "adjustment_proposed": _template(
            Words(title="商品缺货", body="$shop 请您确认订单 #$number。", sms_status="待您确认"),
            Words(
                title="Something is sold out",
                body="$shop asks about your order #$number.",
                sms_status="waiting for your answer",
            ),
            sms="order_update",
        ),
        "order_accepted": _template(
            Words(title="商家已接单", body="$shop 正在准备订单 #$number。"),
            Words(title="Order accepted", body="$shop prepares your order #$number."),
        ),
        "order_delayed": _template(
            Words(title="订单稍有延迟", body="$shop 需要多 $minutes 分钟。"),
            Words(title="A little later", body="$shop needs $minutes more minutes."),
            variables="number shop minutes",
        ),
        "order_ready": _template(
            Words(title="请取餐", body="订单 #$number 已在 $shop 备好。"),
            Words(title="Ready to pick up", body="Order #$number waits at $shop."),
        ),
        "order_handed_over": _template(
            Words(title="配送中", body="$shop 的订单 #$number 已出发。"),
            Words(title="On its way", body="Order #$number from $shop is on its way."),
        ),
        "collect_yourself": _template(
            Words(title="请到店自取", body="没有骑手，请到 $shop 取订单 #$number。"),
            Words(title="Please collect it", body="No courier: order #$number waits at $shop."),
        ),
        "order_completed": _template(
            Words(title="已送达", body="$shop 的订单 #$number 已完成。"),
            Words(title="Delivered", body="Order #$number from $shop is complete."),
        ),
        "delivery_failed": _template(
            Words(title="未能送达", body="$shop 的订单 #$number 未能送达，请查看后续处理。"),
            Words(
                title="Could not be delivered",
                body="Order #$number from $shop could not be handed over. See what happens next.",
            ),
        ),
        "order_cancelled": _template(
            Words(title="订单已取消", body="$shop 的订单 #$number 已取消。"),
            Words(title="Order cancelled", body="Order #$number from $shop was cancelled."),
        ),
        "cancellation_refused": _template(
            Words(title="取消申请未通过", body="$shop 继续制作订单 #$number。"),
            Words(title="Not cancelled", body="$shop keeps preparing order #$number."),
        ),
        "refunded": _template(
            Words(title="已退款", body="$shop 的订单 #$number 已退款。"),
            Words(title="Refunded", body="Money for order #$number from $shop is back."),
        ),
        "set_offline": _template(
            Words(title="您已下线", body="多次未响应任务，已为您暂停接单。"),
            Words(title="You are off line", body="Several offers went unanswered."),
            variables="",
            url=COURIER_URL,
        ),
        "fell_silent": _template(
            Words(title="您已下线", body="您的设备没有上报位置，已为您暂停接单。"),
            Words(title="You are off line", body="Your device no longer said where you are."),
            variables="",
            url=COURIER_URL,
        ),
        "shop_paused": _template(
            Words(
                title="店铺已暂停",
                body="$shop 连续未接单，已暂停营业。",
                sms_status="连续未接单",
                action="恢复营业",
            ),
            Words(
                title="Shop paused",
                body="$shop missed several orders and was paused.",
                sms_status="orders were missed",
                action="Resume",
            ),
            variables="shop",
            sms="shop_paused",
            url=BOARD_URL,
            action_url=RESUME_URL,
        ),
        "shop_unheard": _template(
            Words(
                title="店铺已暂停",
                body="$shop 的接单台已离线或静音，已暂停营业；恢复后自动开始接单。",
                sms_status="接单台离线",
                action="恢复营业",
            ),
            Words(
                title="Shop paused",
                body="Nobody would hear an order at $shop: its board is gone or mute. "
                "It resumes by itself once the board is back.",
                sms_status="its board is gone or mute",
                action="Resume",
            ),
            variables="shop",
            sms="shop_paused",
            url=BOARD_URL,
            action_url=RESUME_URL,
        ),
        "digest": _template(
            Words(title="$count 条新消息", body="$titles"),
            Words(title="New for you: $count", body="$titles"),
            variables="count titles",
            url="/",
        ),
        "webhook_disabled": _template(
            Words(title="推送已停用", body="$host 长时间未接收 $shop 的事件，已停止推送。"),
            Words(
                title="A webhook was disabled",
                body="$host took no events of $shop for too long. They wait.",
            ),
            variables="shop host",
            url="/board/$topic/webhooks",
        ),
        "trial": _template(
            Words(title="测试通知", body="收到这条消息，说明此设备可以收到通知。"),
            Words(title="A test", body="If you see this, this device can be reached."),
            variables="",
            url="/settings",
        ),
        "shop_campaign": _template(
            Words(title="$title", body="$body"),
            Words(title="$title", body="$body"),
            variables="title body",
            url="/shops/$subject",
        ),
        "platform_campaign": _template(
            Words(title="$title", body="$body"),
            Words(title="$title", body="$body"),
            variables="title body",
            url="/shops",
        ),
        "operator_alarm": _template(
            Words(title="订单需要处理", body="$shop，订单 #$number。", sms_status="需要人工处理"),
            Words(
                title="An order needs you",
                body="$shop, order #$number.",
                sms_status="needs an operator",
            ),
            sms="order_update",
            url=OPERATOR_URL,
        ),
        "alert_unanswered": _template(
            Words(title="商家无响应", body="$shop 未响应订单 #$number。", sms_status="商家无响应"),
            Words(
                title="A shop is silent",
                body="$shop does not react to order #$number.",
                sms_status="not answered by its shop",
            ),
            sms="order_update",
            url=OPERATOR_URL,
        ),
        "push_stopped": _template(
            Words(title="推送服务拒绝我们", body="$host 不接受我们的密钥，推送已暂停。"),
            Words(title="A push service refuses us", body="$host does not accept our keys."),
            variables="host",
            url="/operator",
        ),
        "texts_spent": _template(
            Words(title="短信预算告警", body="$provider 今日预算已用 $percent%。"),
            Words(title="Budget for texts", body="$percent% of today's for $provider is spent."),
            variables="provider percent",
            url="/operator",
        ),
        "queue_late": _template(
            Words(title="消息积压", body="$queue 队列最早的消息已等待 $minutes 分钟。"),
            Words(
                title="Messages are late",
                body="In the queue $queue one has waited for $minutes minutes.",
            ),
            variables="queue minutes",
            url="/operator",
        ),
        "queue_unserved": _template(
            Words(title="消息无人发送", body="没有发送进程在处理 $queue 队列。"),
            Words(
                title="Nobody sends",
                body="No sender takes the queue $queue, and messages wait in it.",
            ),
            variables="queue",
            url="/operator",
        ),
    }
)


def words_for(template: str, locale: str, variables: Mapping[str, object]) -> Words:
    """Return title and body in `locale`, or in the default language when it is not offered."""
    offered = TEMPLATES[template].words
    words = offered.get(locale) or offered[DEFAULT_LOCALE]
    values = Gaps(variables)
    return Words(
        title=Template(words.title).substitute(values),
        body=Template(words.body).substitute(values),
        sms_status=words.sms_status,
        action=words.action,
    )


def sms_for(template: str, locale: str, variables: Mapping[str, object]) -> SmsText | None:
    """Return what the SMS vendor needs, or nothing when no approved text carries this notice."""
    known = TEMPLATES[template]
    if not known.sms:
        return None
    values = {"number": str(variables.get("number", GAP))} if "number" in known.variables else {}
    if status := words_for(template, locale, variables).sms_status:
        values["status"] = status
    return SmsText(template=known.sms, variables=values)


def url_for(template: str, *, order: str, topic: str, subject: str) -> str:
    """Return the path of the page that a tap opens."""
    url = Template(TEMPLATES[template].url)
    return url.substitute(order=order, topic=topic, subject=subject)


def action_for(
    template: str, locale: str, variables: Mapping[str, object], *, topic: str
) -> dict[str, str] | None:
    """Return the notice's one action: its title, and the page that carries it out."""
    url = TEMPLATES[template].action_url
    if not url:
        return None
    title = words_for(template, locale, variables).action
    return {"title": title, "url": Template(url).substitute(topic=topic)}


def recorded_variables(template: str, given: Mapping[str, object]) -> dict[str, object]:
    """Return what a notice of `template` is recorded with.

    :raises notifications.variables.VariablesWrong: not what it declares; never in production.
    """
    return recorded(template, TEMPLATES[template].variables, given)


def declared_of(template: str, known: Mapping[str, object]) -> dict[str, object]:
    """Return what `template` declares of all that is `known`."""
    return {name: known[name] for name in TEMPLATES[template].variables & known.keys()}
