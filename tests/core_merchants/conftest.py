"""A town for tests of shops."""

import pytest

from tests.api.town import Town, build_town


@pytest.fixture
def town(db: None) -> Town:
    """A shop, its people and a customer."""
    return build_town()
