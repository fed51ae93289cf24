"""How many cases a changed rule would be about, from the case list."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from psycopg.rows import class_row

from journal.clock import now
from journal.statements import Pool, load, reading

SQL = load("touched")
LATELY = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Rule:
    """What a rule is about: cases in some statuses (none: in any), of a reason, holding an amount of a span (fen)."""

    statuses: Collection[str] = ()
    reason: str | None = None
    amounts: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Counts:
    """How many cases are open, how many of them the rule concerns, and how many were opened `LATELY`."""

    open: int
    concerned: int
    lately: int


class Touched:
    """Questions to the case list."""

    def __init__(self, pool: Pool, clock: Callable[[], datetime] = now) -> None:
        self._pool, self._clock = pool, clock

    async def by(self, rule: Rule) -> Counts:
        asked = {
            "statuses": list(rule.statuses),
            "reason": rule.reason,
            "from_fen": rule.amounts[0] if rule.amounts else None,
            "below_fen": rule.amounts[1] if rule.amounts else None,
            "since": self._clock() - LATELY,
        }
        async with reading(self._pool) as connection, connection.cursor(row_factory=class_row(Counts)) as cursor:
            await cursor.execute(SQL["counts"], asked)
            found = await cursor.fetchone()
        assert found is not None
        return found
