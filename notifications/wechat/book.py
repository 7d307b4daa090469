"""The book of WeChat templates: which carries which notices, and what stands in its fields.

It is data: a TOML file that `PAIDAN_WECHAT_FILE` names, read once a process and checked at its
start.
"""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from string import Template
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

from core.environment import environment
from notifications.pages import read_page


class WeChatBookInvalidError(ValueError):
    """The file cannot be used; the message says where it is wrong."""


class _Page(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class WeChatTemplate(_Page):
    """One template that WeChat's console has approved."""

    id: str = Field(min_length=1, max_length=64)
    notices: tuple[str, ...]
    """Our notices that it carries."""
    fields: Mapping[str, str]
    """Its fields, as `thing1`, with `$title`, `$body` and the notice's variables in them."""
    page: str = ""
    """Page of the mini-program that a tap opens; `$order` is the order's id."""

    def values(self, given: Mapping[str, str]) -> dict[str, str]:
        """Return each field's text before it is cut to the field's length."""
        return {name: Template(text).substitute(given) for name, text in self.fields.items()}


class WeChatBook(_Page):
    """Every template of the mini-program that we send."""

    templates: tuple[WeChatTemplate, ...] = ()

    def carrying(self, notice: str) -> WeChatTemplate | None:
        """Return the template that carries a kind of notice."""
        return next((each for each in self.templates if notice in each.notices), None)

    @property
    def ids(self) -> frozenset[str]:
        """The templates that people may agree to."""
        return frozenset(each.id for each in self.templates)


ORDER_UPDATES: Final = (
    "order_accepted", "order_delayed", "order_ready", "order_handed_over", "collect_yourself",
    "order_completed", "order_cancelled", "cancellation_refused", "refunded",
)  # fmt: skip
SANDBOX: Final = WeChatBook(
    templates=(
        WeChatTemplate(
            id="sandbox-order-update",
            notices=ORDER_UPDATES,
            fields={"thing1": "$title", "character_string2": "$number", "thing3": "$shop"},
            page="pages/order?id=$order",
        ),
        WeChatTemplate(
            id="sandbox-order-alert",
            notices=("adjustment_proposed", "pickup_proposed"),
            fields={"thing1": "$title", "character_string2": "$number", "thing3": "$shop"},
            page="pages/order?id=$order",
        ),
    )
)
"""What the sandbox's console has approved."""


def read_wechat_book(path: Path) -> WeChatBook:
    """Read the file.

    :raises WeChatBookInvalidError: it is not there, no TOML, or says what nobody understands.
    """
    return read_page(path, WeChatBook, error=WeChatBookInvalidError)


@lru_cache(maxsize=4)
def _book_in(path: str) -> WeChatBook:
    return read_wechat_book(Path(path))


def wechat_book() -> WeChatBook:
    """Return the installation's book; without a file the sandbox's, if there is one.

    :raises WeChatBookInvalidError: there is a file, and it cannot be used.
    """
    env = environment()
    if env.wechat_file:
        return _book_in(env.wechat_file)
    if env.sandbox_url and not env.production:
        return SANDBOX
    return WeChatBook()
