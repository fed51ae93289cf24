"""What the lists show of cases that nothing moves."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from psycopg.rows import class_row

from domain.business_time import local_date
from domain.stream import canonical
from journal.clock import now
from journal.statements import Pool, load, reading, transaction

SQL = load("stuck")
ENTER_TASKS = SQL["enter_tasks"] + b", " + load("append")["tasks"].replace(b"{{}}", b"{}") + b"select stream from head"
PATIENCE = timedelta(minutes=5)
"""What moves by itself has moved by then."""
MOST = 200

Listed = Literal["unstarted", "no_task", "nobody_eligible", "inactive_holder"]
LISTED: tuple[Listed, ...] = ("unstarted", "no_task", "nobody_eligible", "inactive_holder")


@dataclass(frozen=True, slots=True)
class Found:
    """A case, the task concerned, since when, and who or what it is about. `able`: who may take a task that the rota
    gives to nobody."""

    case_id: str
    task_id: str | None
    since: datetime | None
    name: str | None
    able: Sequence[str] = ()


class StuckCases:
    """Questions to the lists."""

    def __init__(self, pool: Pool, clock: Callable[[], datetime] = now) -> None:
        self._pool, self._clock = pool, clock

    async def listed(self, why: Listed) -> tuple[Found, ...]:
        """The cases stuck for this reason, the longest first, at most `MOST`."""
        async with reading(self._pool) as connection, connection.cursor(row_factory=class_row(Found)) as cursor:
            await cursor.execute(SQL[why], self._values())
            return tuple(await cursor.fetchall())

    async def overdue(self) -> tuple[str, ...]:
        """Cases whose due time is past: what timers should have seen to is to be looked up in their journals."""
        return await self._ids("overdue")

    async def at_partners(self) -> tuple[str, ...]:
        """Cases whose workflow calls partners just now."""
        return await self._ids("at_partners")

    async def enter_tasks(self, case_id: str, position: int, tasks: Sequence[Mapping[str, Any]]) -> bool:
        """Has the queue hold these tasks of a case and no other; False when its journal went on since `position`."""
        asked = {"case_id": case_id, "position": position, "tasks": canonical(tasks)}
        async with transaction(self._pool) as connection:
            return (await (await connection.execute(ENTER_TASKS, asked)).fetchone()) is not None

    async def _ids(self, statement: str) -> tuple[str, ...]:
        async with reading(self._pool) as connection:
            rows = await (await connection.execute(SQL[statement], self._values())).fetchall()
        return tuple(str(row[0]) for row in rows)

    def _values(self) -> dict[str, Any]:
        moment = self._clock()
        return {"now": moment, "today": local_date(moment), "before": moment - PATIENCE, "limit": MOST}
