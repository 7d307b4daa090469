"""Django configuration of the notifications app: imports the modules that register things."""

from importlib import import_module

from django.apps import AppConfig


REGISTERING: tuple[str, ...] = (
    "notifications.audiences",
    "notifications.checks",
    "notifications.circuits.commands",
    "notifications.digests.commands",
    "notifications.digests.invariants",
    "notifications.gateway",
    "notifications.invariants",
    "notifications.ladders.gateway",
    "notifications.marketing.gateway",
    "notifications.marketing.invariants",
    "notifications.preferences.gateway",
    "notifications.reactions",
    "notifications.replays.gateway",
    "notifications.texting.alarms",
    "notifications.texting.checks",
    "notifications.texting.invariants",
    "notifications.watch.commands",
    "notifications.wechat.checks",
    "notifications.wechat.gateway",
    "notifications.webhooks.gateway",
    "notifications.webhooks.invariants",
    "notifications.webhooks.outbox",
    "notifications.webhooks.reactions",
)


class NotificationsConfig(AppConfig):
    """The notifications app."""

    name = "notifications"

    def ready(self) -> None:
        """Import what registers commands, reactions, audiences and deadline handlers."""
        for module in REGISTERING:
            import_module(module)
