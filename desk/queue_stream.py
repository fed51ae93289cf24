"""The queue's changes for everyone who watches: one listener and one reader per process, however many watch.

Notifications are hints; the rows are the truth. When none came for a while, or some may have been missed, the events
written since the last look say which tasks may have changed. What changed is read once and passed on to every watcher;
whoever reads so slowly that too much has changed meanwhile is told to look at the whole queue anew.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import aclosing, asynccontextmanager, suppress

import structlog
from psycopg import OperationalError
from psycopg_pool import PoolTimeout

from desk.context import Desk
from journal.changes import changes
from journal.queue import Mark, TaskNow

LOG = structlog.stdlib.get_logger()
MOST_WAITING = 500
"""Changed tasks kept for a watcher who reads slowly."""
MOST_READ = 200
"""Tasks read in one go."""
PAUSE_SECONDS = 1.0
"""Before what could not be read is tried again."""


class Watcher:
    """What one watcher has not heard yet: each task that changed, as it stands now."""

    def __init__(self) -> None:
        self._changed: dict[str, TaskNow] = {}
        self._behind = False
        self._news = asyncio.Event()

    def tell(self, tasks: Iterable[TaskNow]) -> None:
        """Adds to what is to be heard; beyond `MOST_WAITING` only that the queue is to be looked at anew."""
        if not self._behind:
            self._changed.update((now.task.task_id, now) for now in tasks)
            if len(self._changed) > MOST_WAITING:
                self._changed, self._behind = {}, True
        self._news.set()

    async def heard(self) -> list[TaskNow] | None:
        """The next changes, once there are some; None for so many that the whole queue is to be looked at anew."""
        await self._news.wait()
        self._news.clear()
        found, behind = list(self._changed.values()), self._behind
        self._changed, self._behind = {}, False
        return None if behind else found


class Changes:
    """Reads the tasks that changed, and passes them to every watcher."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._watchers: set[Watcher] = set()
        self._touched: set[str] = set()
        self._news = asyncio.Event()
        self._seen: Mark | None = None
        self._tasks: tuple[asyncio.Task[None], ...] = ()

    def start(self) -> None:
        self._tasks = (asyncio.create_task(self._listen()), asyncio.create_task(self._read()))

    async def stop(self) -> None:
        tasks, self._tasks = self._tasks, ()  # a connection that was just being made goes with the task that made it
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError):
                await task

    @asynccontextmanager
    async def watched(self) -> AsyncIterator[Watcher]:
        """A watcher who hears of changes as long as the block lasts."""
        watcher = Watcher()
        self._watchers.add(watcher)
        try:
            yield watcher
        finally:
            self._watchers.discard(watcher)

    async def _listen(self) -> None:
        async with aclosing(changes(self._desk.config.database_url, "thaw_queue")) as heard:
            async for task_id in heard:
                if not self._watchers:
                    self._seen = None
                elif task_id is not None:
                    self._touch({task_id})
                else:
                    await self._look()

    async def _look(self) -> None:
        """Finds what changed since the last look."""
        try:
            self._seen, touched = await self._desk.queue.touched(self._seen)
        except (OperationalError, PoolTimeout) as error:
            LOG.warning("the queue cannot be looked at", why=str(error))
            return
        self._touch(touched)

    def _touch(self, task_ids: set[str]) -> None:
        if task_ids:
            self._touched |= task_ids
            self._news.set()

    async def _read(self) -> None:
        """Reads what was touched, many at a time, for all watchers at once."""
        while True:
            await self._news.wait()
            if not self._touched:
                self._news.clear()
                continue
            some = set(list(self._touched)[:MOST_READ])
            self._touched -= some
            try:
                tasks = await self._desk.queue.now(some)
            except (OperationalError, PoolTimeout) as error:
                LOG.warning("changed tasks cannot be read", why=str(error))
                self._touched |= some
                await asyncio.sleep(PAUSE_SECONDS)
                continue
            for watcher in self._watchers:
                watcher.tell(tasks)
