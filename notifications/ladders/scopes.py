"""Whose notices a ladder is for: one kind or a role's category, of everybody or of one shop."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from notifications.policies import KINDS, Category, NoticeKind, Role


UNCLIMBED: Final = frozenset({Category.MARKETING, Category.DIGEST, Category.TRIAL})
"""They are planned elsewhere and climb nothing."""
SHOP_TOPIC: Final = "merchant:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Either `template` or `role` and `category`, and a shop if it is for one alone."""

    template: str = ""
    role: Role | None = None
    category: Category | None = None
    merchant_id: UUID | None = None

    @property
    def key(self) -> str:
        """How it is stored: `new_order`, `merchant.order_alert`, `new_order@<shop>`."""
        name = self.template or f"{self.role}.{self.category}"
        return f"{name}@{self.merchant_id}" if self.merchant_id else name

    @property
    def kinds(self) -> tuple[NoticeKind, ...]:
        """The kinds of notice whose steps it sets; none for a scope that means nothing."""
        return tuple(
            kind
            for kind in KINDS.values()
            if kind.category not in UNCLIMBED
            and (kind.template == self.template if self.template else self._groups(kind))
            and (self.merchant_id is None or kind.role is Role.STAFF)
        )

    def _groups(self, kind: NoticeKind) -> bool:
        return kind.role is self.role and kind.category is self.category


def scope_of(key: str) -> Scope:
    """Return the scope that is stored as `key`."""
    name, _, shop = key.partition("@")
    merchant_id = UUID(shop) if shop else None
    if name in KINDS:
        return Scope(template=name, merchant_id=merchant_id)
    role, _, category = name.partition(".")
    return Scope(role=Role(role), category=Category(category), merchant_id=merchant_id)


def scopes_of(kind: NoticeKind, *, topic: str) -> Iterator[Scope]:
    """Yield the scopes that `kind` on `topic` falls under, the most specific first."""
    if topic.startswith(SHOP_TOPIC):
        merchant_id = UUID(topic.removeprefix(SHOP_TOPIC))
        yield Scope(template=kind.template, merchant_id=merchant_id)
        yield Scope(role=kind.role, category=kind.category, merchant_id=merchant_id)
    yield Scope(template=kind.template)
    yield Scope(role=kind.role, category=kind.category)


def every_scope() -> Iterator[Scope]:
    """Yield every scope that is for everybody: each category of a role, then its kinds."""
    climbing = [kind for kind in KINDS.values() if kind.category not in UNCLIMBED]
    for role, category in dict.fromkeys((kind.role, kind.category) for kind in climbing):
        yield Scope(role=role, category=category)
        for kind in climbing:
            if (kind.role, kind.category) == (role, category):
                yield Scope(template=kind.template)
