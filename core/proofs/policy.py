"""Which kinds of proof close which delivery: data, which each zone may set for itself."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final


class ProofKind(StrEnum):
    """How a courier shows that the customer has the order."""

    PIN = "pin"  # the customer says the code
    QR = "qr"  # the courier scans the code off the customer's page
    PHOTO = "photo"  # of the order at the door
    SIGNATURE = "signature"  # the customer signs on the courier's screen


class Situation(StrEnum):
    """What makes one delivery ask for more than another; the first that applies decides."""

    CASH = "cash"  # money changes hands at the door, so somebody is there
    HIGH_VALUE = "high_value"  # it costs more than the zone's limit
    CONTACTLESS = "contactless"  # the customer asked to have it left at the door
    USUAL = "usual"  # none of these


K = ProofKind

CODES: Final = frozenset({K.PIN, K.QR})
"""Kinds that only the customer can give."""
FILES: Final = frozenset({K.PHOTO, K.SIGNATURE})
"""Kinds that are stored."""

KINDS: Final[Mapping[Situation, tuple[ProofKind, ...]]] = MappingProxyType(
    {
        Situation.CASH: (K.PIN, K.QR),
        Situation.HIGH_VALUE: (K.PIN, K.QR),
        Situation.CONTACTLESS: (K.PIN, K.QR, K.PHOTO),
        Situation.USUAL: (K.PIN, K.QR, K.SIGNATURE),
    }
)
HIGH_VALUE_MINOR: Final = 50_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofPolicy:
    """What a zone wants of its couriers at the door."""

    kinds: Mapping[Situation, tuple[ProofKind, ...]] = field(default_factory=lambda: KINDS)
    """Kinds that satisfy each situation, the one to offer first in front."""
    high_value_minor: int = HIGH_VALUE_MINOR
    """From what total on, in minor units, an order is of high value."""
    trusts_offline: bool = True
    """Whether a delivery stands, flagged, whose code was taken off line and turns out wrong."""

    def situation(self, *, is_cash: bool, total_minor: int, is_contactless: bool) -> Situation:
        """Return which situation an order is in."""
        if is_cash:
            return Situation.CASH
        if total_minor >= self.high_value_minor:
            return Situation.HIGH_VALUE
        return Situation.CONTACTLESS if is_contactless else Situation.USUAL


def read_policy(stored: Mapping[str, Any]) -> ProofPolicy:
    """Return the policy that a zone has stored; what it does not name is the default."""
    kinds = {
        Situation(name): tuple(ProofKind(kind) for kind in wanted)
        for name, wanted in stored.get("kinds", {}).items()
    }
    return ProofPolicy(
        kinds={**KINDS, **kinds},
        high_value_minor=stored.get("high_value_minor", HIGH_VALUE_MINOR),
        trusts_offline=stored.get("trusts_offline", True),
    )
