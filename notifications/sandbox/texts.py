"""The texts that the simulated vendors have approved, and the sign and codes they go by."""

from collections.abc import Mapping, Sequence
from string import Template
from typing import Final


# Names and texts in the style of Chinese vendors: a sign in brackets, then the variables.
APPROVED: Mapping[str, str] = {
    "order_placed": "【派单】新订单 $number 等待接单 · New order $number is waiting",
    "pickup_offer": "【派单】新取货任务 $number · New pickup offer $number",
    "order_update": "【派单】订单 $number 状态 $status · Order $number: $status",
    "shop_paused": "【派单】店铺已暂停接单 · Your shop takes no orders: $status",
    "verification": "【派单】验证码 $code · Your code is $code",
}
SPOKEN: Mapping[str, str] = {
    "order_placed": "新订单 $number 等待接单，确认请按 1。New order $number is waiting: press 1.",  # noqa: RUF001
    "order_update": "订单 $number $status，确认请按 1。Order $number: $status. Press 1.",  # noqa: RUF001
}
SIGN: Final = "派单"
FIRST_CODE: Final = 1001


class MessageRefusedError(Exception):
    """The vendor refuses a message; ``code`` becomes its answer."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def render(templates: Mapping[str, str], name: str, variables: Mapping[str, str]) -> str:
    """Return the text that the phone shows.

    :raises MessageRefusedError: the template does not exist or misses a variable.
    """
    text = templates.get(name)
    if text is None:
        raise MessageRefusedError("template_unknown")
    try:
        return Template(text).substitute(variables)
    except (KeyError, ValueError) as error:
        raise MessageRefusedError("template_variable_missing") from error


def code_of(name: str, *, prefix: str = "") -> str:
    """Return a vendor's code of one of the approved texts."""
    return f"{prefix}{FIRST_CODE + list(APPROVED).index(name)}"


def named_by(code: str, *, prefix: str = "") -> str | None:
    """Return the approved text with a vendor's code, if there is one."""
    return next((name for name in APPROVED if code_of(name, prefix=prefix) == code), None)


def variables_of(name: str) -> Sequence[str]:
    """Return the variables of an approved text, in the order in which they first stand in it."""
    return Template(APPROVED[name]).get_identifiers()
