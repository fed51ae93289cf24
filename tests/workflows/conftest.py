"""The desk of `world`: one engine for all tests, a desk of its own for each."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack

import pytest

from tests.workflows.engine import Engine, open_engine
from tests.workflows.world import Desk, open_desk
from workers.stack.postgres import Postgres


class Engines:
    """The engine in use. One that no longer skips time is replaced."""

    def __init__(self, server: Postgres) -> None:
        self._server = server
        self._stack = AsyncExitStack()
        self._engine: Engine | None = None
        self._count = 0

    async def one(self, *, skipping: bool = True) -> Engine:
        if self._engine is None or (skipping and not await self._engine.skips()):
            await self.close()
            self._count += 1
            database = self._server.create_database(f"workflows_{self._count}")
            self._engine = await self._stack.enter_async_context(open_engine(database))
        return self._engine

    async def close(self) -> None:
        await self._stack.aclose()
        self._engine = None


@pytest.fixture(scope="session")
async def engines(_server: Postgres) -> AsyncIterator[Engines]:
    engines = Engines(_server)
    yield engines
    await engines.close()


@pytest.fixture
async def engine(engines: Engines) -> Engine:
    return await engines.one()


@pytest.fixture
async def desk(engine: Engine) -> AsyncIterator[Desk]:
    """A desk on Monday, 2 November 2026, 10:00 in Shanghai."""
    async with open_desk(engine) as desk:
        yield desk


@pytest.fixture
async def still_desk(engines: Engines) -> AsyncIterator[Desk]:
    """The same for tests that never sleep, and may end a procedure under a running call."""
    async with open_desk(await engines.one(skipping=False)) as desk:
        yield desk


@pytest.fixture
def desk_on(engine: Engine) -> Callable[[str], AbstractAsyncContextManager[Desk]]:
    """A desk on another day: `async with desk_on("2026-09-28T10:00:00+08:00") as desk`."""
    return lambda begins: open_desk(engine, begins)
