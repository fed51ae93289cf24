"""The desk of `world`, fresh for each test."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.workflows.world import Desk, open_desk


@pytest.fixture
async def desk(database: str) -> AsyncIterator[Desk]:
    async with open_desk(database) as desk:
        yield desk
