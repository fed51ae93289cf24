"""Not faster than so many a second."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable


class Pace:
    """Gives turns evenly, `per_second` of them; without a number, at once. What was not used is not saved up."""

    def __init__(
        self,
        per_second: float | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._seconds = 1 / per_second if per_second else 0.0
        self._clock, self._sleep = clock, sleep
        self._next = 0.0

    async def turn(self) -> None:
        """Waits for the next turn."""
        if not self._seconds:
            return
        now = self._clock()
        mine = max(self._next, now)
        self._next = mine + self._seconds
        if mine > now:
            await self._sleep(mine - now)
