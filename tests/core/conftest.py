"""The scene every order test begins with."""

import pytest

from tests.builders import Scene, make_scene


@pytest.fixture
def scene(db: None) -> Scene:
    """Return a shop and everybody around it."""
    return make_scene()
