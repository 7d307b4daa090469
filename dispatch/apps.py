"""Django configuration of the dispatch app: imports the modules that register things."""

from importlib import import_module

from django.apps import AppConfig


REGISTERING: tuple[str, ...] = (
    "dispatch.arrivals.loop",
    "dispatch.deadlines",
    "dispatch.gateway",
    "dispatch.habits.deadlines",
    "dispatch.invariants",
    "dispatch.positions.gateway",
    "dispatch.positions.trail",
    "dispatch.reactions",
    "dispatch.views",
    "dispatch.watch.deadlines",
    "dispatch.zones.gateway",
)


class DispatchConfig(AppConfig):
    """The dispatch app."""

    name = "dispatch"

    def ready(self) -> None:
        """Import what registers commands, reactions, audiences and deadline handlers."""
        for module in REGISTERING:
            import_module(module)
