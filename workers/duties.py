"""Work that goes on for as long as a process lives, the patience it takes, and its end."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from psycopg import OperationalError
from psycopg_pool import PoolTimeout
from temporalio.client import WorkflowUpdateRPCTimeoutOrCancelledError
from temporalio.service import RPCError

from journal.connections import UNWRITABLE
from workers.logs import logger

AWAY = (RPCError, WorkflowUpdateRPCTimeoutOrCancelledError, OperationalError, PoolTimeout, TimeoutError, *UNWRITABLE)
"""How a call ends while the engine or the database is away, or the database cannot be written."""

FIRST_WAIT_SECONDS = 0.25
MOST_WAIT_SECONDS = 5.0


async def until_told(work: Callable[[asyncio.Event], Coroutine[Any, Any, None]], *, grace_seconds: float) -> None:
    """Does `work` until SIGTERM or SIGINT, which sets the event it is given. What has not ended `grace_seconds` later
    is cut off: all we do can be cut off at any point and is done again elsewhere. Raises what `work` raises.
    """
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    running, told = asyncio.create_task(work(stop)), asyncio.create_task(stop.wait())
    await asyncio.wait({running, told}, return_when=asyncio.FIRST_COMPLETED)
    if stop.is_set():
        await asyncio.wait({running}, timeout=grace_seconds)
        os._exit(0)  # an interpreter takes its time to take itself apart
    told.cancel()
    running.result()


async def keep_at(name: str, round_: Callable[[], Awaitable[bool]], wanted: asyncio.Event, idle_seconds: float) -> None:
    """Does one round after the other, for ever. A round says whether there was anything to do; if not, the next one
    waits until it is `wanted`, or at most `idle_seconds`. What is away is waited for, and said once."""
    wait, away = FIRST_WAIT_SECONDS, False
    while True:
        wanted.clear()
        try:
            busy = await round_()
        except AWAY as error:
            if not away:
                logger().warning(f"{name} waits: engine or database is away", error=brief(error))
                away = True
            await asyncio.sleep(wait)
            wait = min(wait * 2, MOST_WAIT_SECONDS)
            continue
        except Exception:
            logger().exception(f"{name} failed; it is tried again")
            await asyncio.sleep(MOST_WAIT_SECONDS)
            continue
        if away:
            logger().info(f"{name} goes on")
        wait, away = FIRST_WAIT_SECONDS, False
        if not busy:
            await _either(wanted, idle_seconds)


async def _either(wanted: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await wanted.wait()
    except TimeoutError:
        pass


def brief(error: BaseException) -> str:
    """An error in one short line."""
    return f"{type(error).__name__}: {str(error).partition(chr(10))[0][:200]}"


async def end_all(*tasks: asyncio.Task[Any]) -> None:
    """Cancels tasks until they have ended. Once may not be enough: in Python 3.11 `asyncio.wait_for`, which connection
    pools use, can lose a cancellation."""
    left = {task for task in tasks if not task.done()}
    while left:
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=0.2)


class Later:
    """Who failed, and is not to be tried again before a while has passed: longer each time, up to `most_seconds`."""

    def __init__(self, first_seconds: float, most_seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._first, self._most, self._clock = first_seconds, most_seconds, clock
        self._held: dict[str, tuple[float, float]] = {}

    def hold(self, name: str) -> None:
        """Not now."""
        last = self._held.get(name)
        wait = min(last[1] * 2, self._most) if last else self._first
        self._held[name] = (self._clock() + wait, wait)

    def free(self, name: str) -> None:
        """It went well."""
        self._held.pop(name, None)

    @property
    def held(self) -> frozenset[str]:
        """Whose time has not come."""
        now = self._clock()
        return frozenset(name for name, (until, _) in self._held.items() if until > now)


class Busy:
    """Work under way beside a round, at most one piece for each name; `ended` is called when a piece ends."""

    def __init__(self, most: int, ended: Callable[[], None]) -> None:
        self._most, self._ended = most, ended
        self._tasks: dict[str, asyncio.Task[None]] = {}

    @property
    def names(self) -> frozenset[str]:
        return frozenset(self._tasks)

    @property
    def room(self) -> int:
        """How many more pieces may begin."""
        return self._most - len(self._tasks)

    def begin(self, name: str, work: Awaitable[None]) -> None:
        """Begins a piece of work, which must not raise."""
        task = asyncio.ensure_future(work)
        assert isinstance(task, asyncio.Task)
        self._tasks[name] = task
        task.add_done_callback(lambda _: self._end(name))

    def _end(self, name: str) -> None:
        del self._tasks[name]
        self._ended()

    async def stop(self) -> None:
        """Drops what is under way."""
        await end_all(*self._tasks.values())
