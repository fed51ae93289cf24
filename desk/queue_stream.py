"""The queue's changes for everyone who watches: one listener per process, and a look now and then if it is cut off.

PostgreSQL tells each committed change of a task or claim (`NOTIFY thaw_queue`). While the listening connection is
away, watchers are shown the whole queue anew every few seconds instead, so nothing stays unseen.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import structlog
from psycopg import AsyncConnection, OperationalError

from desk.context import Desk
from journal.connections import options

LOG = structlog.stdlib.get_logger()
CHANNEL = "thaw_queue"
POLL_SECONDS = 3.0
MOST_WAITING = 500
"""Changes kept for a watcher who reads slowly; the oldest are dropped, since each task is read anew anyway."""


class Changes:
    """Passes the ids of changed tasks to every watcher."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._watchers: set[asyncio.Queue[str]] = set()
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
        while True:
            try:
                await self._listen()
            except (OperationalError, OSError) as error:
                LOG.warning("the queue's listener was cut off; looking now and then", why=str(error))
                with suppress(OperationalError):
                    await self._look()
            await asyncio.sleep(POLL_SECONDS)

    async def _listen(self) -> None:
        url = self._desk.config.database_url
        async with await AsyncConnection.connect(url, **options(url)) as connection:
            await connection.execute("listen thaw_queue")
            async for notice in connection.notifies():
                self._tell(notice.payload)

    async def _look(self) -> None:
        async with self._desk.pool.connection() as connection:
            rows = await connection.execute("select task_id from journal.tasks where closed_at is null limit 200")
            for (task_id,) in await rows.fetchall():
                self._tell(task_id)

    def _tell(self, task_id: str) -> None:
        for inbox in self._watchers:
            if inbox.full():
                inbox.get_nowait()
            inbox.put_nowait(task_id)
