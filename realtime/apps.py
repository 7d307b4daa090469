"""Django configuration of the realtime app: imports the modules that register things."""

from importlib import import_module

from django.apps import AppConfig


REGISTERING: tuple[str, ...] = ()


class RealtimeConfig(AppConfig):
    """The realtime app."""

    name = "realtime"

    def ready(self) -> None:
        """Import what registers commands, reactions, audiences and deadline handlers."""
        for module in REGISTERING:
            import_module(module)
