"""Fixtures that sandbox and channel tests share."""

from collections.abc import AsyncIterator

import pytest

from tests.notifications.receiver import Receiver, running_receiver
from tests.notifications.running import SandboxClient, running_sandbox


@pytest.fixture
async def sandbox() -> AsyncIterator[SandboxClient]:
    async with running_sandbox() as client:
        yield client


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with running_receiver() as running:
        yield running
