"""What leads and engineers do with tasks that are not theirs: hand them over, put them off, see whose they are.

Like a claim it coordinates people, and is journaled in the task's own stream (`TaskHandedOver`, `TaskPutOff`) with who
asked, and why. Each word has a command's id: given again it changes nothing.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from psycopg.rows import class_row

from journal import claims
from journal.asides import SQL as ASIDES
from journal.claims import LostRaceError, NotTaken, Standing, Steered
from journal.people import User
from journal.statements import Connection, Pool, load, reading

SQL = load("steering")
ATTEMPTS = 10
MOST = 500

Word = Callable[[Connection, Standing, datetime], Awaitable[NotTaken | None]]


@dataclass(frozen=True, slots=True)
class WorkOf:
    """A task that hangs on one person: held by them until then (also in the past, where nobody took it since), put off
    by them until then, or one that no one else may take."""

    task_id: str
    case_id: str
    kind: str
    level: str
    due_at: datetime | None
    amount_fen: int
    held_until: datetime | None
    put_off_until: datetime | None
    only_theirs: bool


class Steering:
    """Words about tasks, on one pool."""

    def __init__(self, pool: Pool, clock: Callable[[], datetime]) -> None:
        self._pool, self._clock = pool, clock

    async def standing(self, task_id: str, user: User | None) -> Standing | None:
        """The task as it stands for someone; None when there is none."""
        async with reading(self._pool) as connection:
            return await _standing(connection, task_id, user)

    async def is_theirs(self, task_id: str, name: str) -> bool:
        """Whether someone holds this task, held it last, or has put it off."""
        asked = {"task_id": task_id, "name": name, "now": self._clock()}
        async with reading(self._pool) as connection:
            row = await (await connection.execute(SQL["is_theirs"], asked)).fetchone()
        return row is not None and bool(row[0])

    async def was_given(self, task_id: str, steered: Steered) -> bool:
        """Whether this word was carried out before."""
        async with reading(self._pool) as connection:
            return await claims.was_given(connection, task_id, steered.command_id)

    async def work_of(self, user: User) -> tuple[WorkOf, ...]:
        """The open tasks that hang on someone, the most urgent first."""
        asked: dict[str, Any] = {"name": user.name, "roles": sorted(user.roles), "now": self._clock(), "limit": MOST}
        async with reading(self._pool) as connection, connection.cursor(row_factory=class_row(WorkOf)) as cursor:
            await cursor.execute(SQL["work_of"], asked)
            return tuple(await cursor.fetchall())

    async def hand_over(
        self, task_id: str, to: User | None, until: datetime, steered: Steered
    ) -> NotTaken | Literal["done"]:
        """Makes `to` the holder until then, whoever holds it now; None gives it back to the queue. Refused as a claim
        of theirs would be, but for another's lease."""

        async def work(connection: Connection, standing: Standing, now: datetime) -> NotTaken | None:
            refused = standing.barred() if to else NotTaken("task-closed") if standing.closed else None
            if refused is None:
                name = to.name if to else None
                await claims.hand_over(connection, task_id, standing, to=name, now=now, until=until, steered=steered)
            return refused

        return await self._once(task_id, to, steered, work)

    async def put_off(self, task_id: str, until: datetime, steered: Steered) -> NotTaken | Literal["done"]:
        """Keeps the task out of everyone's queue until then. Refused while someone works on it."""

        async def work(connection: Connection, standing: Standing, now: datetime) -> NotTaken | None:
            if standing.closed:
                return NotTaken("task-closed")
            if standing.held(now):
                return NotTaken("claimed-by-another", standing.holder, standing.held_until)
            name = steered.signed.partition(":")[2]
            row = {"task_id": task_id, "user": name, "now": now, "until": until, "reason": steered.reason}
            await connection.execute(ASIDES["put"], row)
            await claims.put_off(
                connection, task_id, standing, user=name, now=now, until=until, reason=steered.reason, steered=steered
            )
            return None

        return await self._once(task_id, None, steered, work)

    async def _once(self, task_id: str, user: User | None, steered: Steered, work: Word) -> NotTaken | Literal["done"]:
        """Does `work` in a transaction with the task locked, unless the command did it before."""
        for _ in range(ATTEMPTS):
            try:
                async with self._pool.connection() as connection, connection.transaction():
                    standing = await _standing(connection, task_id, user)
                    if standing is None:
                        return NotTaken("no-such-task")
                    if await claims.was_given(connection, task_id, steered.command_id):
                        return "done"
                    return await work(connection, standing, self._clock()) or "done"
            except LostRaceError:
                continue
        raise LostRaceError


async def _standing(connection: Connection, task_id: str, user: User | None) -> Standing | None:
    return await claims.lock(connection, task_id, user.name if user else "", user.roles if user else ())
