"""Every model of the app, re-exported for Django."""

from core.deadlines.models import Deadline, FiredDeadline
from core.events.models import Event, Installation, Stream, StreamEntry
from core.gate.models import CommandKey
from core.kitchen.models import TicketPrint
from core.legs.models import DeliveryLeg
from core.merchants.models import MenuItem, Merchant, OpeningHours, Zone
from core.orders.models import Order, OrderLine
from core.payments.models import Payment, ProviderCallback, Refund
from core.people.models import ApiToken, Membership, Person
from core.presence.models import BoardLoss, Device, WebNode
from core.proofs.models import ProofFile


__all__ = [
    "ApiToken",
    "BoardLoss",
    "CommandKey",
    "Deadline",
    "DeliveryLeg",
    "Device",
    "Event",
    "FiredDeadline",
    "Installation",
    "Membership",
    "MenuItem",
    "Merchant",
    "OpeningHours",
    "Order",
    "OrderLine",
    "Payment",
    "Person",
    "ProofFile",
    "ProviderCallback",
    "Refund",
    "Stream",
    "StreamEntry",
    "TicketPrint",
    "WebNode",
    "Zone",
]
