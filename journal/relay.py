"""What needs a workflow: cases after intake, and again after the engine has lost them; merchants and terminals whose
data the partners must hear of.

Cases are read a page at a time, with all their entries, because a workflow starts with its stream. The database writes
them as the text that the workflow is given: parsing and printing them again would cost more than all else of a start.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.rows import class_row

from domain.stream import Entry
from domain.wire import entries_of
from journal.statements import Pool, load

SQL = load("relay")


@dataclass(frozen=True, slots=True)
class CaseStream:
    """A case's stream: its kind, everything that happened in it as one text (`domain.wire.entries_json`), and what the
    case list shows of it."""

    stream: str
    kind: str
    text: str
    status: str
    merchant_no: str
    terminal_sn: str | None
    reason_code: str
    tier: str | None

    @property
    def entries(self) -> tuple[Entry, ...]:
        """The same, entry by entry."""
        return entries_of(self.text)


@dataclass(frozen=True, slots=True)
class Standing:
    """A case that needs a workflow, how many entries its stream has, and until when whoever has the turn may take."""

    stream: str
    position: int
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class Unregistered:
    """A merchant or terminal (`kind`) by its number, as of `position`, that the partners have not heard of."""

    kind: str
    name: str
    position: int

    @property
    def stream(self) -> str:
        return f"{self.kind}:{self.name}"


class Relay:
    """What the relay and `thaw recover` ask of the journal. A case is live while work or watching remains."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def unstarted(self, limit: int = 50, but: Sequence[str] = ()) -> tuple[CaseStream, ...]:
        """Up to `limit` live cases without a workflow, oldest first, except those in `but`."""
        return await self._page("unstarted", {"limit": limit, "but": sorted(but)})

    async def cases(self, streams: Iterable[str]) -> tuple[CaseStream, ...]:
        """These cases, live or not; those that do not exist are left out."""
        return await self._page("cases", {"streams": sorted(streams)})

    async def live(self, after: str = "", limit: int = 500) -> tuple[Standing, ...]:
        """Up to `limit` live cases whose id follows `after`, by id; the last one's id asks for the next page."""
        async with self._pool.connection() as connection, connection.cursor(row_factory=class_row(Standing)) as cursor:
            await cursor.execute(SQL["live"], {"after": after, "limit": limit})
            return tuple(await cursor.fetchall())

    async def standing(self, streams: Iterable[str]) -> tuple[Standing, ...]:
        """Where those of these cases stand that are live."""
        async with self._pool.connection() as connection, connection.cursor(row_factory=class_row(Standing)) as cursor:
            await cursor.execute(SQL["standing"], {"streams": sorted(streams)})
            return tuple(await cursor.fetchall())

    async def count_live(self) -> int:
        """How many cases should have a workflow running."""
        async with self._pool.connection() as connection:
            row = await (await connection.execute(SQL["count_live"])).fetchone()
            return int(row[0]) if row else 0

    async def mark_started(self, streams: Sequence[str]) -> int:
        """These have their workflow; how many had none before."""
        return await self._mark("mark_started", {"streams": sorted(streams)})

    async def mark_unstarted(self, streams: Sequence[str]) -> int:
        """These live cases have lost their workflow: `unstarted` shows them again."""
        return await self._mark("mark_unstarted", {"streams": sorted(streams)})

    async def unregistered(self, limit: int = 50, but: Sequence[str] = ()) -> tuple[Unregistered, ...]:
        """Up to `limit` merchants (these first) and terminals the partners must hear of, except the streams `but`."""
        async with (
            self._pool.connection() as connection,
            connection.cursor(row_factory=class_row(Unregistered)) as cursor,
        ):
            await cursor.execute(SQL["unregistered"], {"limit": limit, "but": sorted(but)})
            return tuple(await cursor.fetchall())

    async def mark_registered(self, known: Unregistered) -> bool:
        """The partners know it; False when it has changed since, and they must hear of it again."""
        return bool(await self._mark("mark_registered", {"stream": known.stream, "position": known.position}))

    async def _page(self, statement: str, asked: Mapping[str, Any]) -> tuple[CaseStream, ...]:
        async with (
            self._pool.connection() as connection,
            connection.cursor(row_factory=class_row(CaseStream)) as cursor,
        ):
            await cursor.execute(SQL[statement], asked)
            return tuple(await cursor.fetchall())

    async def _mark(self, statement: str, asked: Mapping[str, Any]) -> int:
        async with self._pool.connection() as connection:
            cursor = await connection.execute(SQL[statement], asked)
            return int(cursor.rowcount)
