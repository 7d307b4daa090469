"""What an administrator may order of a web process, and the signature that proves who they are.

An order is its own pass: `hubctl` signs the whole of it with the installation's secret key, so
whoever reads one on the wire can repeat it for a minute and do nothing else with it.
"""

from typing import Annotated, Any, Final, Literal
from uuid import UUID

from django.core import signing
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError


ORDER_SECONDS: Final = 60
"""Real time, from signing to arrival."""
SALT: Final = "realtime.hubctl"

TopicName = Annotated[str, Field(max_length=64)]


class Order(BaseModel):
    """Base of every order; `by` names who gave it, for the log."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    by: str = Field(max_length=120)


class Topics(Order):
    """List the topics the process has."""

    op: Literal["topics"] = "topics"


class Connections(Order):
    """List its connections, all or those of a topic or a person."""

    op: Literal["connections"] = "connections"
    topic: TopicName | None = None
    person: UUID | None = None


class Kick(Order):
    """End connections, on every node; with `for_good` their clients do not come back."""

    op: Literal["kick"] = "kick"
    person: UUID | None = None
    connection: UUID | None = None
    for_good: bool = False


class Resync(Order):
    """Give every subscriber of a topic a fresh snapshot, on every node."""

    op: Literal["resync"] = "resync"
    topic: TopicName


class Ring(Order):
    """Show what the process holds of a topic."""

    op: Literal["ring"] = "ring"
    topic: TopicName
    events: int = Field(default=20, ge=0, le=256)


AnyOrder = Topics | Connections | Kick | Resync | Ring
_orders: Final[TypeAdapter[AnyOrder]] = TypeAdapter(Annotated[AnyOrder, Field(discriminator="op")])


def sign_order(order: AnyOrder) -> str:
    """Return the order as a token."""
    return signing.dumps(order.model_dump(mode="json"), salt=SALT)


def read_order(token: str) -> AnyOrder | None:
    """Return the order behind a token; None when it is forged, too old or none of ours."""
    try:
        return order_of(signing.loads(token, salt=SALT, max_age=ORDER_SECONDS))
    except (signing.BadSignature, ValidationError):
        return None


def order_of(members: Any) -> AnyOrder:
    """Return the order that another process has sent over the bus.

    :raises pydantic.ValidationError: when it is none.
    """
    return _orders.validate_python(members)
