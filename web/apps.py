"""Django configuration of the web app: imports the modules that register things."""

from importlib import import_module

from django.apps import AppConfig


REGISTERING: tuple[str, ...] = ("web.live",)


class WebConfig(AppConfig):
    """The web app."""

    name = "web"

    def ready(self) -> None:
        """Import what registers commands, reactions, audiences and deadline handlers."""
        for module in REGISTERING:
            import_module(module)
