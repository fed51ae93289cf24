"""The queue's changes for everyone who watches: one listener per process, and a look now and then.

Notifications are hints; the rows are the truth. When none came for a while, or some may have been missed, the events
written since the last look say which tasks may have changed.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager, suppress

import structlog
from psycopg import OperationalError
from psycopg_pool import PoolTimeout

from desk.context import Desk
from journal.changes import changes
from journal.queue import Mark

LOG = structlog.stdlib.get_logger()
MOST_WAITING = 500
"""Changes kept for a watcher who reads slowly; the oldest are dropped, since each task is read anew anyway."""


class Changes:
    """Passes the ids of changed tasks to every watcher."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._watchers: set[asyncio.Queue[str]] = set()
        self._seen: Mark | None = None
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    @asynccontextmanager
    async def heard(self) -> AsyncIterator[Callable[[], Awaitable[set[str]]]]:
        """A function that waits for the next changes, as long as the block lasts."""
        inbox: asyncio.Queue[str] = asyncio.Queue(MOST_WAITING)
        self._watchers.add(inbox)

        async def next_changes() -> set[str]:
            found = {await inbox.get()}
            while not inbox.empty():
                found.add(inbox.get_nowait())
            return found

        try:
            yield next_changes
        finally:
            self._watchers.discard(inbox)

    async def _run(self) -> None:
        async with aclosing(changes(self._desk.config.database_url, "thaw_queue")) as heard:
            async for task_id in heard:
                if task_id is not None:
                    self._tell(task_id)
                elif self._watchers:
                    await self._look()
                else:
                    self._seen = None

    async def _look(self) -> None:
        """Tells of what changed since the last look."""
        try:
            self._seen, touched = await self._desk.queue.touched(self._seen)
        except (OperationalError, PoolTimeout) as error:
            LOG.warning("the queue cannot be looked at", why=str(error))
            return
        for task_id in touched:
            self._tell(task_id)

    def _tell(self, task_id: str) -> None:
        for inbox in self._watchers:
            if inbox.full():
                inbox.get_nowait()
            inbox.put_nowait(task_id)
