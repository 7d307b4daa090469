"""Our hub with short limits, so that what takes a minute can be seen in seconds."""

import os
import sys

import django


def main(*arguments: str) -> None:
    """Serve as `manage.py serve` does."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "core.settings"
    django.setup()
    # Each import waits for what stands above it: settings, the limits, then who reads them.
    from django.core.management import call_command  # noqa: PLC0415

    from realtime import hub, tickets  # noqa: PLC0415

    tickets.TICKET_SECONDS = 5  # type: ignore[misc]
    limits = hub.Limits(auth_seconds=3, ping_seconds=2, lease_seconds=8, sockets_per_person=5)
    hub.hub = hub.Hub(limits)  # type: ignore[misc]
    call_command("serve", *arguments)


if __name__ == "__main__":
    main(*sys.argv[1:])
