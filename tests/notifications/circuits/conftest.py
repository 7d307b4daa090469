"""Fixtures: the sandbox as this installation's push service."""

from tests.notifications.delivery.conftest import outside


__all__ = ["outside"]
