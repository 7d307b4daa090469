"""The sandbox as this installation's WeChat."""

from tests.notifications.delivery.conftest import outside


__all__ = ["outside"]
