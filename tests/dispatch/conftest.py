"""Fixtures of the dispatch tests."""

import pytest

from core.merchants.models import Merchant
from tests.dispatch import scene


@pytest.fixture
def shop(db: None) -> Merchant:
    """Return a shop in the middle of its zone."""
    return scene.shop()
