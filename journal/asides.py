"""Tasks put off for a while, and the views of the queue that people keep.

Putting off is coordination between people, like a claim: the rules never rely on it, no deadline moves, and a task
comes back by itself. It is journaled in the task's own stream as `TaskPutOff`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from psycopg.rows import class_row

from journal import claims
from journal.claims import LostRaceError, NotTaken
from journal.statements import Pool, load, reading

SQL = load("asides")
MOST_VIEWS = 20
ATTEMPTS = 10


@dataclass(frozen=True, slots=True)
class Aside:
    """Until when a task is put off, by whom, and why."""

    task_id: str
    put_by: str
    until: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class KeptView:
    """A view of the queue under a name: `query` holds its filters as the page's address has them."""

    name: str
    query: str


@dataclass(frozen=True, slots=True)
class Reader:
    """What the queue shows someone of their own: their views, oldest first, and how many of their commands were refused
    on delivery without their having seen it."""

    views: list[KeptView]
    refused: int


class Asides:
    """What is put off, and kept views, on one pool."""

    def __init__(self, pool: Pool, clock: Callable[[], datetime]) -> None:
        self._pool = pool
        self._clock = clock

    async def put(
        self, task_id: str, user: str, roles: Collection[str], until: datetime, reason: str
    ) -> NotTaken | Literal["done"]:
        """Puts the task off and ends the caller's own claim on it; refused as a claim would be."""
        for _ in range(ATTEMPTS):
            try:
                return await self._put(task_id, user, roles, until, reason)
            except LostRaceError:
                continue
        raise LostRaceError

    async def _put(
        self, task_id: str, user: str, roles: Collection[str], until: datetime, reason: str
    ) -> NotTaken | Literal["done"]:
        now = self._clock()
        async with self._pool.connection() as connection, connection.transaction():
            standing = await claims.lock(connection, task_id, user, roles)
            if standing is None:
                return NotTaken("no-such-task")
            if (refused := standing.refusal(user, now)) is not None:
                return refused
            asked = {"task_id": task_id, "user": user, "now": now, "until": until, "reason": reason}
            await connection.execute(SQL["put"], asked)
            await claims.put_off(connection, task_id, standing, user=user, now=now, until=until, reason=reason)
        return "done"

    async def of(self, task_ids: Collection[str]) -> Mapping[str, Aside]:
        """What is put off now among these tasks, by task."""
        async with self._pool.connection() as connection, connection.cursor(row_factory=class_row(Aside)) as cursor:
            await cursor.execute(SQL["of_tasks"], {"task_ids": list(task_ids), "now": self._clock()})
            return {aside.task_id: aside async for aside in cursor}

    async def reader(self, user: str) -> Reader:
        """What the queue shows the caller of their own."""
        async with reading(self._pool) as connection:
            row = await (await connection.execute(SQL["reader"], {"user": user})).fetchone()
        assert row is not None
        return Reader([KeptView(**view) for view in row[0]], row[1])

    async def keep_view(self, user: str, name: str, query: str) -> bool:
        """Keeps a view under a name; False when the caller has as many as one may keep."""
        asked = {"user": user, "name": name, "query": query, "most": MOST_VIEWS}
        async with self._pool.connection() as connection:
            return bool((await connection.execute(SQL["keep_view"], asked)).rowcount)

    async def drop_view(self, user: str, name: str) -> None:
        async with self._pool.connection() as connection:
            await connection.execute(SQL["drop_view"], {"user": user, "name": name})
