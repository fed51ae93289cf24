"""A stand per test: engine, journal, workers and relay."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.workers.stand import Stand, open_stand


@pytest.fixture
async def stand(database: str, tmp_path: Path) -> AsyncIterator[Stand]:
    async with open_stand(database, tmp_path) as opened:
        yield opened
