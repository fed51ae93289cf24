"""Ranking tasks anew at the moment their money times days, or their age, counts for more.

The rank, its components and the next such moment are written in one transaction, with the rows locked: a process that
dies between leaves neither, and any number may run beside each other.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.rows import class_row

from domain.business_time import parse_time
from domain.policy import QueueRules, Tier
from domain.ranking import Standing, ranked
from domain.stream import canonical
from journal.clock import now
from journal.statements import Pool, load, transaction

SQL = load("ranking")
BATCH = 500


@dataclass(frozen=True, slots=True)
class _Task:
    task_id: str
    level: Tier
    since: datetime
    due_at: datetime | None
    amount_fen: int
    priority: dict[str, Any]

    def ranked(self, rules_of: Callable[[str], QueueRules], moment: datetime) -> dict[str, Any]:
        standing = Standing(
            since=self.since,
            due_at=self.due_at,
            tier=self.level,
            amount_fen=self.amount_fen,
            held_since=parse_time(self.priority["held_since"]),
            opened_at=parse_time(self.priority["opened_at"]),
        )
        version = self.priority["policy_version"]
        return {"task_id": self.task_id, **ranked(standing, rules_of(version), version, moment)}


class Ranking:
    """The open tasks' ranks on one pool; `rules_of` gives the queue rules of a policy's version."""

    def __init__(self, pool: Pool, rules_of: Callable[[str], QueueRules], clock: Callable[[], datetime] = now) -> None:
        self._pool, self._rules_of, self._clock = pool, rules_of, clock

    async def rerank(self, batch: int = BATCH) -> int:
        """Ranks the tasks anew whose moment has come, at most `batch`; how many there were."""
        moment = self._clock()
        async with transaction(self._pool) as connection:
            async with connection.cursor(row_factory=class_row(_Task)) as cursor:
                await cursor.execute(SQL["due"], {"now": moment, "limit": batch})
                tasks = await cursor.fetchall()
            if tasks:
                rows = [task.ranked(self._rules_of, moment) for task in tasks]
                await connection.execute(SQL["rerank"], {"ranked": canonical(rows)})
        return len(tasks)
