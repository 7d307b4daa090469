"""The customer's way to the provider, and the provider's way back."""

from typing import Annotated, Any
from uuid import UUID

from ninja import Path, Router
from pydantic import ValidationError

from core.api.moments import ApiRequest
from core.environment import environment
from core.errors import NotFound
from core.gate.run import ValidationFailed
from core.payments.callbacks import Callback, receive_callback
from core.payments.charging import begin_payment
from core.payments.signature import believe


router = Router(tags=["payments"])

SANDBOX = "sandbox"


@router.post(
    "/orders/{uuid:order_id}/payment",
    operation_id="begin_payment",
    summary="Go to pay for an order.",
)
def pay(request: ApiRequest, order_id: Annotated[UUID, Path(...)]) -> dict[str, Any]:
    """Return where the customer pays; again returns the same until it failed."""
    payment = begin_payment(person=request.auth, order_id=order_id, now=request.moment)
    return {
        "payment_id": payment.pk,
        "state": payment.state,
        "pay_url": payment.pay_url,
        "amount_minor": payment.amount_minor,
        "currency": payment.currency,
    }


@router.post(
    "/payments/sandbox/callback",
    auth=None,
    operation_id="sandbox_callback",
    summary="What the sandbox provider says happened.",
)
def sandbox_callback(request: ApiRequest) -> dict[str, str]:
    """Take in a signed callback: HMAC-SHA256 over `timestamp.body`, five minutes young."""
    env = environment()
    if env.production or env.payment_provider != SANDBOX:
        raise NotFound
    believe(
        secret=env.sandbox_secret,
        timestamp=request.headers.get("Paidan-Sandbox-Timestamp", ""),
        signature=request.headers.get("Paidan-Sandbox-Signature", ""),
        body=request.body,
    )
    try:
        callback = Callback.model_validate_json(request.body)
    except ValidationError as error:
        errors = error.errors(include_url=False, include_context=False, include_input=False)
        raise ValidationFailed(errors=errors) from error
    outcome = receive_callback(provider=SANDBOX, callback=callback, now=request.moment)
    return {"outcome": outcome}
