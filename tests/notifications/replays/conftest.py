"""The sandbox as this installation's provider, as the delivery tests have it."""

from tests.notifications.delivery.conftest import outside


__all__ = ["outside"]
