"""How long messages become at worst: bytes of a push, characters and segments of a text."""

from datetime import UTC, datetime
from string import Template
from typing import Final
from uuid import UUID

from notifications.messages import push_payload
from notifications.models import Notice, RecipientNotice
from notifications.policies import KINDS
from notifications.templates import TEMPLATES, TEXT_VARIABLES, words_for
from notifications.texting.book import TextTemplate
from notifications.variables import VARIABLES


CHARACTERS: Final = 500
"""Of a text with its sign; Aliyun's "Message sending rules" and Tencent's "Body Template Review
Standards" (382/40659) both say so. Twilio splits bodies of up to 1,600."""
BODY_CHARACTERS: Final = 1600
MOST_SEGMENTS: Final = 3
"""Each is paid for."""
# Aliyun's rules: up to 70 characters are one, of more each 67, whatever the alphabet, in China;
# GSM 03.38 elsewhere: 160, of more each 153, where all characters are of its alphabet.
WIDE: Final = (70, 67)
NARROW: Final = (160, 153)
GSM: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
SOMEBODY: Final = UUID(int=2**128 - 1)


def longest_push(template: str, locale: str) -> int:
    """Return the bytes of a push whose variables are as long as they may be."""
    kind = KINDS[template]
    variables = {name: VARIABLES[name].worst for name in TEMPLATES[template].variables}
    notice = Notice(
        id=SOMEBODY,
        event_id=SOMEBODY,
        template=template,
        category=kind.category,
        variables=variables,
        topic=f"merchant:{SOMEBODY}",
        subject=f"shop:{SOMEBODY}",
        order_id=SOMEBODY,
        expires_at=datetime(9999, 1, 1, tzinfo=UTC),
    )
    recipient = RecipientNotice(notice=notice, person_id=SOMEBODY, locale=locale)
    return len(push_payload(recipient, notice, is_loud=True, is_silent=True))


def longest_text(each: TextTemplate) -> str:
    """Return the vendor's words with the longest values that any notice gives them."""
    carried = [name for name, known in TEMPLATES.items() if known.sms == each.template]
    values = {"number": str(VARIABLES["number"].worst)}
    statuses = [_status(name, each.locale) for name in carried]
    values["status"] = max(statuses, key=len, default="")
    known = {name: values[name] for name in TEXT_VARIABLES[each.template] if name in values}
    sign = f"【{each.sign}】" if each.sign else ""
    return sign + Template(each.text).safe_substitute(known)


def _status(template: str, locale: str) -> str:
    samples = {name: VARIABLES[name].sample for name in TEMPLATES[template].variables}
    return words_for(template, locale, samples).sms_status


def segments(text: str, *, in_china: bool) -> int:
    """Return how many messages a text is charged as."""
    is_narrow = not in_china and GSM.issuperset(text)
    one, each = NARROW if is_narrow else WIDE
    return 1 if len(text) <= one else -(-len(text) // each)
