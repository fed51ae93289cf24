"""What reconciliation reads of the journal, and what it leaves there: its runs, and a work item for each difference."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from psycopg.rows import class_row

from domain.business_time import SHANGHAI
from domain.reconciliation import Difference
from journal.callbacks import Discrepancy, note
from journal.relay import CaseStream, Relay
from journal.statements import Pool, load

SQL = load("reconciling")
SOURCE = "reconciliation"


@dataclass(frozen=True, slots=True)
class Run:
    """The latest run for a day: how much it compared, how much differed, how much of that is unresolved."""

    day: date
    ran_at: datetime
    runs: int
    cases: int
    postings: int
    bank_lines: int
    differences: int
    open: int


class Reconciling:
    """The journal's side of reconciliation, over one pool."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._relay = Relay(pool)

    async def cases_written_on(self, day: date) -> tuple[str, ...]:
        """The cases in which anything was written that day in Shanghai."""
        began = datetime.combine(day, time(), SHANGHAI)
        async with self._pool.connection() as connection:
            asked = {"began": began, "ended": began + timedelta(days=1)}
            return tuple([row[0] async for row in await connection.execute(SQL["cases_written_on"], asked)])

    async def cases(self, case_ids: Sequence[str]) -> tuple[CaseStream, ...]:
        """These cases with all their entries; those that do not exist are left out."""
        return await self._relay.cases(case_ids)

    async def keep(self, day: date, found: Sequence[Difference], *, cases: int, postings: int, bank_lines: int) -> None:
        """Keep the run, and its differences as work items. The same difference found again is the same item; one that
        is not found any more is settled."""
        refs = [f"{day}:{one.kind}:{one.subject}" for one in found]
        async with self._pool.connection() as connection, connection.transaction():
            await connection.execute(SQL["gone"], {"day": day, "found": refs})
            for ref, one in zip(refs, found, strict=True):
                item = Discrepancy(SOURCE, ref, one.case_id, one.step_key, one.recorded, one.claimed, one.kind, day)
                await note(connection, item)
            counts = {"cases": cases, "postings": postings, "bank_lines": bank_lines, "differences": len(found)}
            await connection.execute(SQL["keep_run"], {"day": day} | counts)

    async def runs(self, limit: int = 30) -> tuple[Run, ...]:
        """The latest days, newest first."""
        async with self._pool.connection() as connection, connection.cursor(row_factory=class_row(Run)) as cursor:
            await cursor.execute(SQL["runs"], {"limit": max(1, min(limit, 400))})
            return tuple(await cursor.fetchall())
