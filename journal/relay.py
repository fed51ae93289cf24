"""Cases whose workflow is to be started: after intake, and again after the engine has lost them.

Both are read a page of streams at a time, with all their entries, because a workflow starts with its folded stream.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from psycopg.rows import dict_row

from domain.stream import Entry
from journal.statements import Pool, load

SQL = load("relay")


@dataclass(frozen=True, slots=True)
class CaseStream:
    """A case's stream, its kind, and everything that happened in it."""

    stream: str
    kind: str
    entries: tuple[Entry, ...]


class Relay:
    """What the relay and `thaw recover` ask of the journal."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def unstarted(self, limit: int = 50) -> tuple[CaseStream, ...]:
        """Up to `limit` open cases without a workflow, oldest first."""
        return await self._page("unstarted", {"limit": limit})

    async def open_cases(self, after: str = "", limit: int = 50) -> tuple[CaseStream, ...]:
        """Up to `limit` open cases whose id follows `after`, by id; the last one's id asks for the next page."""
        return await self._page("open_cases", {"after": after, "limit": limit})

    async def mark_started(self, streams: Sequence[str]) -> int:
        """These have their workflow; how many had none before."""
        return await self._mark("mark_started", streams)

    async def mark_unstarted(self, streams: Sequence[str]) -> int:
        """These open cases have lost their workflow: `unstarted` shows them again."""
        return await self._mark("mark_unstarted", streams)

    async def _page(self, statement: str, asked: Mapping[str, Any]) -> tuple[CaseStream, ...]:
        async with self._pool.connection() as connection, connection.cursor(row_factory=dict_row) as cursor:
            await cursor.execute(SQL[statement], asked)
            return tuple(_streams(await cursor.fetchall()))

    async def _mark(self, statement: str, streams: Sequence[str]) -> int:
        async with self._pool.connection() as connection:
            cursor = await connection.execute(SQL[statement], {"streams": sorted(streams)})
            return int(cursor.rowcount)


def _streams(rows: Iterable[dict[str, Any]]) -> Iterable[CaseStream]:
    for stream, group in groupby(rows, key=lambda row: row["stream"]):
        of_stream = list(group)
        kind = of_stream[0]["kind"]
        yield CaseStream(
            stream, kind, tuple(Entry(**{name: row[name] for name in row if name != "kind"}) for row in of_stream)
        )
