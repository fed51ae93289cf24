"""Work that is done in rounds beside the calls: whenever woken, and again when the last round said more may be due."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import psycopg
import structlog
from psycopg_pool import PoolTimeout

log = structlog.get_logger("partners.kit")

Round = Callable[[], Awaitable[float]]
"""Does what is due and answers in how many seconds more may be."""

IDLE_SECONDS = 5.0
"""The longest pause between rounds: another process of this partner may have left work behind."""
PAUSE_WITHOUT_DATABASE_SECONDS = 1.0


class Rounds:
    """One kind of work done in rounds; `wake` starts the next one now, `running` does them within a block."""

    def __init__(self, do_round: Round) -> None:
        self._do_round = do_round
        self._woken = asyncio.Event()
        self._stopped = False

    def wake(self) -> None:
        """Start the next round now."""
        self._woken.set()

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """Do rounds beside the block, and break off the one under way at its end."""
        task = asyncio.create_task(self._run())
        try:
            yield
        finally:
            # Up to Python 3.11 `asyncio.wait_for`, which psycopg waits with, may swallow a cancellation:
            # the flag then ends the work after the round.
            self._stopped = True
            self.wake()
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _run(self) -> None:
        """Round after round; the database being away only delays the next."""
        while not self._stopped:
            self._woken.clear()
            try:
                pause = await self._do_round()
            except (psycopg.OperationalError, PoolTimeout) as error:
                log.warning("round-waits-for-database", error=type(error).__name__)
                pause = PAUSE_WITHOUT_DATABASE_SECONDS
            if pause > 0:
                await self._pause(min(pause, IDLE_SECONDS))

    async def _pause(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._woken.wait()
        except TimeoutError:
            pass
