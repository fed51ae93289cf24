"""The desk's figures, from the asynchronous views: each with how fresh it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from psycopg import errors
from psycopg.rows import dict_row

from journal.clock import now
from journal.projecting import Standing, standings
from journal.statements import Pool, load

SQL = load("figures")
FIGURES = ("statistics", "ageing", "workload", "outcomes", "held_money")


@dataclass(frozen=True, slots=True)
class Figures:
    """One view's answer: its rows by column name (see `figures.sql`), and how far the view was when they were read."""

    view: str
    standing: Standing
    rows: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Course:
    """How the desk went day by day, and what was not upheld by reason: see `daily` and `overturns` in `figures.sql`."""

    days: tuple[Mapping[str, Any], ...]
    reasons: tuple[Mapping[str, Any], ...]


class Statistics:
    """Questions to the views. `clock` says what is today, and how old things are."""

    def __init__(self, pool: Pool, clock: Callable[[], datetime] = now) -> None:
        self._pool, self._clock = pool, clock

    async def all(self, days: int = 30) -> Mapping[str, Figures | None]:
        """Every view's figures, of the last `days` days where kept by day; None for a view that is not built."""
        far = {standing.view: standing for standing in await standings(self._pool)}
        return {name: await self._read(name, far.get(name), days) for name in FIGURES}

    async def course(self, since: date, until: date) -> Course | None:
        """From one day through another (Shanghai); None while a view it is read from is not built."""
        far = {standing.view for standing in await standings(self._pool)}
        if not {"outcomes", "statistics"} <= far:
            return None
        asked = {"since": since, "until": until}
        async with self._pool.connection() as connection, connection.cursor(row_factory=dict_row) as cursor:
            try:
                days = await (await cursor.execute(SQL["daily"], asked, prepare=False)).fetchall()
                reasons = await (await cursor.execute(SQL["overturns"], asked, prepare=False)).fetchall()
            except (errors.UndefinedTable, errors.UndefinedColumn):
                return None  # made by other code, and made anew just now
        return Course(tuple(days), tuple(reasons))

    async def _read(self, view: str, standing: Standing | None, days: int) -> Figures | None:
        if standing is None:
            return None
        async with self._pool.connection() as connection, connection.cursor(row_factory=dict_row) as cursor:
            try:
                await cursor.execute(SQL[view], {"now": self._clock(), "days": days}, prepare=False)
            except (errors.UndefinedTable, errors.UndefinedColumn):
                return None  # it was made by other code, and is made anew just now
            return Figures(view, standing, tuple(await cursor.fetchall()))
