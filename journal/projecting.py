"""Keeping the live views up: events go in a page at a time, in commit order, each exactly once.

A page ends where no event can appear before it any more: transactions take their numbers when they begin to write, and
events of those that began before the oldest still running one are complete. So an event that is committed late, by a
long transaction, is taken in late and never skipped. The page and the view's checkpoint are written in one
transaction; a process that dies between leaves neither.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.rows import class_row

from journal.statements import Connection, Pool, first, load
from journal.views import VIEWS, View, Words

SQL = load("views")
PAGE_EVENTS = 2000


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a live view is: the last event in it (its number in the journal, and when it was written down), and how
    many it lacks (a thousand at most are counted)."""

    view: str
    version: str
    position: int
    at: datetime | None
    behind: int


class Projector:
    """Takes new events into the live views. Any number may run: each page of a view is taken in by one of them."""

    def __init__(
        self, pool: Pool, words: Words, views: Sequence[View] = tuple(VIEWS.values()), page: int = PAGE_EVENTS
    ) -> None:
        self._pool, self._words, self._views, self._page = pool, words, tuple(views), page

    async def round(self) -> bool:
        """One page for each view; whether any had news."""
        moved = [await self.take_page(view) for view in self._views]
        return any(moved)

    async def take_page(self, view: View) -> bool:
        """Takes the view's next page in; whether there was one. A view that is not built, was made by other code, or is
        being worked on by another, has none for us."""
        async with self._pool.connection() as connection, connection.transaction():
            await connection.execute("set local statement_timeout = '60s'")
            row = await first(connection, SQL["live"], {"view": view.name})
            if row is None or row["version"] != view.version(self._words):
                return False
            return await take_in(connection, view, row["build"], row, self._words, self._page)

    async def outdated(self) -> tuple[View, ...]:
        """Views that are not there, or were made by other code than this."""
        made = {standing.view: standing.version for standing in await standings(self._pool)}
        return tuple(view for view in self._views if made.get(view.name) != view.version(self._words))


async def take_in(
    connection: Connection, view: View, build: int, checkpoint: Mapping[str, Any], words: Words, limit: int
) -> bool:
    """Takes the page after `checkpoint` into a build and moves its checkpoint, within the caller's transaction; whether
    there was one. `checkpoint` is moved, too, when it can be."""
    after = {"xid": checkpoint["xid"], "sequence": checkpoint["sequence"]}
    end = await first(connection, SQL["page"], {**after, "limit": limit})
    if end is None:
        return False
    bounds = {
        "after_xid": after["xid"], "after_sequence": after["sequence"], "xid": end["xid"], "sequence": end["sequence"],
    }  # fmt: skip
    await view.apply(connection, build, "paged", bounds, words)
    await connection.execute(SQL["move"], {"view": view.name, "build": build, **end})
    return True


async def standings(pool: Pool) -> tuple[Standing, ...]:
    """How far each live view is."""
    async with pool.connection() as connection, connection.cursor(row_factory=class_row(Standing)) as cursor:
        await cursor.execute(SQL["standing"])
        return tuple(await cursor.fetchall())
