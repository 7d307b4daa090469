"""The SMS templates that the simulated vendor has approved."""

from collections.abc import Mapping
from string import Template


# Names and texts in the style of Chinese vendors: a sign in brackets, then the variables.
APPROVED: Mapping[str, str] = {
    "order_placed": "【派单】新订单 $number 等待接单 · New order $number is waiting",
    "pickup_offer": "【派单】新取货任务 $number · New pickup offer $number",
    "order_update": "【派单】订单 $number 状态 $status · Order $number: $status",
    "verification": "【派单】验证码 $code · Your code is $code",
}


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
