"""A stand per test (engine, journal, workers and relay), and one whole desk for all."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.desk.house import prepared
from tests.desk.working import Work, open_work
from tests.workers.stand import Stand, open_stand
from workers.stack.postgres import Postgres


@pytest.fixture
async def stand(database: str, tmp_path: Path) -> AsyncIterator[Stand]:
    async with open_stand(database, tmp_path) as opened:
        yield opened


@pytest.fixture(scope="session")
async def _work(_server: Postgres, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Work]:
    """A whole desk at work, with its API."""
    folder = tmp_path_factory.mktemp("work")
    async with open_work(await prepared(_server.create_database("desk_of_workers"), folder), folder) as work:
        yield work


@pytest.fixture
def work(_work: Work) -> Work:
    """The desk at work, its partners as on the first day."""
    _work.hands.forget()
    return _work
