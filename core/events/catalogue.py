"""Every fact the product can state, in the past tense; nothing else may be recorded."""

from dataclasses import dataclass
from typing import Final


CATALOGUE: Final[dict[str, "EventType"]] = {}


@dataclass(frozen=True, slots=True)
class EventType:
    """One kind of fact.

    `critical_for` names the topic kinds whose people must acknowledge it (the frame then carries
    a receipt); `open_delivery` is the Open Delivery standard's name for the same fact.
    """

    name: str
    meaning: str
    critical_for: frozenset[str] = frozenset()
    open_delivery: str = ""

    @property
    def subject_kind(self) -> str:
        """The family of the event: what stands before the dot."""
        return self.name.partition(".")[0]


def _event(name: str, meaning: str, *critical_for: str, open_delivery: str = "") -> EventType:
    kind = EventType(name, meaning, frozenset(critical_for), open_delivery)
    if name in CATALOGUE:
        message = f"{name} stands twice in the catalogue"
        raise ValueError(message)
    CATALOGUE[name] = kind
    return kind


ORDER_PAYMENT_PENDING = _event("order.payment_pending", "The order exists and waits for money.")
ORDER_PLACED = _event(
    "order.placed", "The shop may accept the order.", "merchant", open_delivery="CREATED"
)
ORDER_ACCEPT_REMINDED = _event("order.accept_reminded", "The shop was reminded to answer.")
ORDER_ACCEPTED = _event("order.accepted", "The shop took the order.", open_delivery="CONFIRMED")
ORDER_REJECTED = _event("order.rejected", "The shop refused the order.")
ORDER_ACCEPT_EXPIRED = _event("order.accept_expired", "The shop did not answer in time.")
ORDER_PREPARATION_STARTED = _event("order.preparation_started", "The shop began to prepare.")
ORDER_DELAYED = _event("order.delayed", "The shop needs more minutes.")
ORDER_READY = _event(
    "order.ready", "The order waits to be picked up.", open_delivery="READY_FOR_PICKUP"
)
ORDER_ADJUSTMENT_PROPOSED = _event(
    "order.adjustment_proposed", "The shop asks the customer about a sold-out line.", "order"
)
ORDER_ADJUSTED = _event("order.adjusted", "Lines of the order were changed.")
ORDER_NUDGED = _event("order.nudged", "The customer asked the shop to hurry.")
ORDER_NUDGE_REPLIED = _event("order.nudge_replied", "The shop answered the nudge.")
ORDER_HANDED_OVER = _event(
    "order.handed_over", "The order left the shop's hands.", open_delivery="DISPATCHED"
)
ORDER_COMPLETED = _event(
    "order.completed", "The customer has the order.", open_delivery="CONCLUDED"
)
ORDER_CANCELLATION_REQUESTED = _event(
    "order.cancellation_requested", "The customer asks to cancel.", "merchant"
)
ORDER_CANCELLATION_REFUSED = _event(
    "order.cancellation_refused", "The shop keeps preparing; a complaint may follow."
)
ORDER_CANCELLED = _event(
    "order.cancelled", "The order ended without a meal.", open_delivery="CANCELLED"
)
ORDER_CANCELLED_AFTER_ACCEPTANCE = _event(
    "order.stopped", "A running order was cancelled: the kitchen must stop.", "merchant"
)
ORDER_CONVERTED = _event(
    "order.converted", "The customer collects what no courier took.", "merchant"
)
ORDER_PICKUP_PROPOSED = _event(
    "order.pickup_proposed", "The customer is asked to collect what no courier took.", "order"
)
ORDER_HELD = _event("order.held", "An operator froze the order.")
ORDER_RELEASED = _event("order.released", "The order runs again.")
ORDER_OPERATOR_ALARMED = _event("order.operator_alarmed", "A person must look at this order.")

DELIVERY_CREATED = _event("delivery.created", "The order needs a courier.")
DELIVERY_OFFERED = _event("delivery.offered", "A courier was offered the leg.", "courier")
DELIVERY_OFFER_ACCEPTED = _event("delivery.offer_accepted", "The courier said yes in time.")
DELIVERY_OFFER_EXPIRED = _event("delivery.offer_expired", "The courier did not answer in time.")
DELIVERY_OFFER_DECLINED = _event("delivery.offer_declined", "The courier said no.")
DELIVERY_OFFER_WITHDRAWN = _event(
    "delivery.offer_withdrawn", "The offer ended without the courier's doing."
)
DELIVERY_ASSIGNED = _event("delivery.assigned", "A courier took the leg.")
DELIVERY_UNASSIGNED = _event("delivery.unassigned", "The leg lost its courier.")
DELIVERY_AT_PICKUP = _event("delivery.at_pickup", "The courier is at the shop.")
DELIVERY_NEAR_PICKUP = _event("delivery.near_pickup", "The courier is close to the shop.")
DELIVERY_NEAR_DROPOFF = _event("delivery.near_dropoff", "The courier is close to the door.")
DELIVERY_PICKED_UP = _event("delivery.picked_up", "The courier has the order.")
DELIVERY_AT_DROPOFF = _event("delivery.at_dropoff", "The courier is at the door.")
DELIVERY_PROOF_CAPTURED = _event("delivery.proof_captured", "A proof of delivery was stored.")
DELIVERY_DELIVERED = _event("delivery.delivered", "The customer has the order.")
DELIVERY_FAILED = _event("delivery.failed", "The order could not be delivered.")
DELIVERY_RETURNING = _event("delivery.returning", "The courier carries the order back.")
DELIVERY_RETURNED = _event("delivery.returned", "The order is back at the shop.")
DELIVERY_REATTEMPTED = _event(
    "delivery.reattempted", "An operator sends the courier to the door again."
)
DELIVERY_CANCELLED = _event("delivery.cancelled", "The leg ended with its order.")
DELIVERY_ETA_CHANGED = _event("delivery.eta_changed", "The expected arrival moved.")
DELIVERY_SEARCH_RAISED = _event(
    "delivery.search_raised", "Nobody took the leg yet: more couriers are asked, or for more pay."
)
DELIVERY_SEARCH_POSTPONED = _event(
    "delivery.search_postponed", "The search's next rung comes later than was told."
)
DELIVERY_WAITED = _event("delivery.waited", "The shop waits for a courier, as it was asked.")
DELIVERY_ESCALATED = _event(
    "delivery.escalated", "Nobody takes the leg; the shop is asked what to do.", "merchant"
)

SEARCH_PINNED = _event("search.pinned", "An operator lets only one courier be asked.")
SEARCH_UNPINNED = _event("search.unpinned", "Every courier may be asked again.")

COURIER_ONLINE = _event("courier.online", "The courier takes offers.")
COURIER_OFFLINE = _event("courier.offline", "The courier takes no offers.")
COURIER_CHANGED = _event("courier.changed", "The courier changed a setting.")
COURIER_HINTED = _event("courier.hinted", "The courier learned where orders are expected.")

PAYMENT_OPENED = _event("payment.opened", "The customer can pay at the provider.")
PAYMENT_SUCCEEDED = _event("payment.succeeded", "The provider has the money.")
PAYMENT_FAILED = _event("payment.failed", "The provider refused.")
PAYMENT_CAME_LATE = _event("payment.came_late", "Money came for an ended order; it goes back.")
REFUND_REQUESTED = _event("refund.requested", "Money must go back to the customer.")
REFUND_SUCCEEDED = _event("refund.succeeded", "The provider returned the money.")
REFUND_FAILED = _event("refund.failed", "The provider refused to return the money.")

STORE_OPENED = _event("store.opened", "The shop takes orders.")
STORE_CLOSED = _event("store.closed", "The shop takes no orders.")
STORE_PAUSED = _event("store.paused", "The shop paused itself.")
STORE_RESUMED = _event("store.resumed", "The shop takes orders again.")
STORE_AUTO_PAUSED = _event(
    "store.auto_paused",
    "The shop was paused: it missed several orders, or nobody is at its board.",
)
STORE_BUSY = _event("store.busy", "The shop needs longer to prepare for a while.")
STORE_CALM = _event("store.calm", "The shop prepares as fast as usual again.")
STORE_CONFIGURED = _event("store.configured", "A setting of the shop was changed.")
ITEM_SOLD_OUT = _event("item.sold_out", "The item cannot be ordered.")
ITEM_RESTORED = _event("item.restored", "The item can be ordered again.")

ZONE_CONFIGURED = _event("zone.configured", "An operator changed how the zone dispatches.")
ZONE_PROOFS_CONFIGURED = _event(
    "zone.proofs_configured", "An operator changed what proves a delivery in the zone."
)

LADDER_CONFIGURED = _event(
    "ladder.configured", "An operator changed who is told, and when, if nobody acts."
)
SPENDING_ALARMED = _event(
    "spending.alarmed", "A day's budget for texts or calls is nearly or wholly spent."
)
PUSH_ORIGIN_STOPPED = _event(
    "push_origin.stopped", "A push service refuses our credentials; nothing is sent to it."
)
QUEUE_ALARMED = _event(
    "queue.alarmed", "Messages of a queue wait too long, or no sender takes it."
)
QUEUE_RECOVERED = _event("queue.recovered", "The queue is served, and nothing in it is late.")
NOTIFICATION_QUEUED = _event("notification.queued", "A notice is on its way to a person.")
NOTIFICATION_DELIVERED = _event("notification.delivered", "A device has the notice.")
NOTIFICATION_SEEN = _event("notification.seen", "A person saw the notice.")
NOTIFICATION_ACTED = _event("notification.acted", "A person acted on the notice.")
NOTIFICATION_CLOSED = _event("notification.closed", "The notice needs nobody any more.")
NOTIFICATION_ESCALATED = _event("notification.escalated", "The notice climbed a step.")
NOTIFICATION_REPLAYED = _event(
    "notification.replayed", "An operator had messages of the notice sent again."
)

WEBHOOK_REGISTERED = _event("webhook.registered", "A shop's program is told of its events.")
WEBHOOK_CHANGED = _event("webhook.changed", "Its address, events or description changed.")
WEBHOOK_SECRET_ROTATED = _event("webhook.secret_rotated", "It is signed for with a new secret.")
WEBHOOK_DISABLED = _event("webhook.disabled", "Nothing is sent to it until it is enabled.")
WEBHOOK_ENABLED = _event("webhook.enabled", "What waited for it is sent.")
WEBHOOK_REMOVED = _event("webhook.removed", "It is told of nothing any more.")
WEBHOOK_REPLAYED = _event("webhook.replayed", "Messages are sent to it again.")
