"""Django configuration of the core app: imports the modules that register things."""

from importlib import import_module

from django.apps import AppConfig


REGISTERING: tuple[str, ...] = (
    "core.deadlines.invariants",
    "core.events.invariants",
    "core.events.retention",
    "core.kitchen.gateway",
    "core.legs.gateway",
    "core.merchants.audiences",
    "core.merchants.deadlines",
    "core.merchants.gateway",
    "core.orders.audiences",
    "core.orders.expiry",
    "core.orders.gateway",
    "core.orders.invariants",
    "core.payments.reactions",
    "core.people.gateway",
    "core.presence.watch",
    "core.proofs.gateway",
)


class CoreConfig(AppConfig):
    """The core app."""

    name = "core"

    def ready(self) -> None:
        """Import what registers commands, reactions, audiences and deadline handlers."""
        for module in REGISTERING:
            import_module(module)
