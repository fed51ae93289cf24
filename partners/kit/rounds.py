"""Work that is done in rounds beside the calls: whenever woken, and again when the last round said more may be due."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

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
    """One kind of work done in rounds; `run` never returns, `wake` starts the next round now."""

    def __init__(self, do_round: Round) -> None:
        self._do_round = do_round
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """Start the next round now."""
        self._woken.set()

    async def run(self) -> None:
        """Round after round, for ever; the database being away only delays the next."""
        while True:
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
