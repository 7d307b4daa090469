"""Prints the address that ends the platform's campaigns for the customer of the newest town."""

import os

import django

from tests.screens.seed import PEOPLE


def newest_link() -> str:
    """Return the path, as a campaign's message carries it."""
    from core.people.models import Person  # noqa: PLC0415
    from notifications.marketing.links import unsubscribe_path  # noqa: PLC0415
    from notifications.marketing.policy import PLATFORM  # noqa: PLC0415

    customer = Person.objects.filter(name=PEOPLE["customer"][0]).latest("pk")
    return unsubscribe_path(customer.pk, PLATFORM)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "core.settings")
    django.setup()
    print(newest_link())
