"""Notices of policy to all merchants: what was published, who is still to be told, who has been.

The fact is an event of the stream `broadcast:<id>`, form 1, and rows beside it, written together:

    BroadcastPublished    {broadcast_id, letters, merchants}

Whom it reached is kept in rows alone: it is progress, like a view, and the gateway's own key keeps it to one each.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from psycopg.rows import class_row

from domain.stream import Draft, Head, canonical, seal
from journal import writing
from journal.registry import Act
from journal.requests import AppendRequest, compose
from journal.statements import Pool, load, reading, transaction

SQL = load("broadcasts")

Letters = Mapping[str, Mapping[str, str]]
"""`subject` and `text`, by language."""


@dataclass(frozen=True, slots=True)
class Progress:
    """A broadcast and how far it is: of its merchants so many were told, could not be reached, or wait for the end of
    quiet hours."""

    broadcast_id: str
    letters: Letters
    published_by: str
    published_at: datetime
    finished_at: datetime | None
    merchants: int
    sent: int
    unreachable: int
    held_back: int


@dataclass(frozen=True, slots=True)
class Owed:
    """How many merchants are still to be told, and from when on the first of them may be."""

    merchants: int
    first_at: datetime | None


class Broadcasts:
    """Publishes, and keeps count."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def publish(self, broadcast_id: str, letters: Letters, act: Act) -> bool:
        """Owes the notice to every merchant registered by now; False when it was published before."""
        row = {
            "broadcast_id": broadcast_id, "letters": canonical(letters), "by": act.actor, "at": act.occurred_at,
        }  # fmt: skip
        async with transaction(self._pool) as connection:
            known = await connection.execute(SQL["letters"], row)
            if await known.fetchone() is not None:
                return False
            await connection.execute(SQL["put"], row)
            owed = (await connection.execute(SQL["owe_all"], row)).rowcount
            fact = {"broadcast_id": broadcast_id, "letters": letters, "merchants": owed}
            entries = seal(
                f"broadcast:{broadcast_id}",
                Head(),
                [Draft("BroadcastPublished", 1, 1, canonical(fact))],
                occurred_at=act.occurred_at,
                actor=act.actor,
                command_id=act.command_id,
            )
            written = await writing.write(connection, AppendRequest.parse(compose("broadcast", Head(), entries)))
            assert written, "nobody else writes the stream of a new broadcast"
        return True

    async def letters(self, broadcast_id: str) -> Letters:
        """What it says. Raises LookupError."""
        async with reading(self._pool) as connection:
            row = await (await connection.execute(SQL["letters"], {"broadcast_id": broadcast_id})).fetchone()
        if row is None:
            raise LookupError(f"there is no broadcast {broadcast_id}")
        letters: Letters = row[0]
        return letters

    async def due(self, broadcast_id: str, now: datetime, limit: int) -> tuple[str, ...]:
        """Up to `limit` merchants who are still to be told, and may be now."""
        asked = {"broadcast_id": broadcast_id, "now": now, "limit": limit}
        async with reading(self._pool) as connection:
            rows = await (await connection.execute(SQL["due"], asked)).fetchall()
        return tuple(str(row[0]) for row in rows)

    async def later(self, broadcast_id: str, merchant_no: str, until: datetime) -> None:
        """Quiet hours hold it back."""
        row = {"broadcast_id": broadcast_id, "merchant_no": merchant_no, "until": until}
        async with transaction(self._pool) as connection:
            await connection.execute(SQL["later"], row)

    async def told(
        self,
        broadcast_id: str,
        merchant_no: str,
        state: Literal["sent", "unreachable"],
        at: datetime,
        channel: str | None = None,
        receipt: str | None = None,
    ) -> None:
        """A merchant was told, or cannot be; the first word counts."""
        row = {
            "broadcast_id": broadcast_id, "merchant_no": merchant_no, "state": state, "channel": channel,
            "receipt": receipt, "at": at,
        }  # fmt: skip
        async with transaction(self._pool) as connection:
            await connection.execute(SQL["told"], row)

    async def owed(self, broadcast_id: str, now: datetime) -> Owed:
        """What is left of it; with nothing left it is finished."""
        asked = {"broadcast_id": broadcast_id, "now": now, "at": now}
        async with transaction(self._pool) as connection:
            row = await (await connection.execute(SQL["owed"], asked)).fetchone()
            assert row is not None, "a count always has a row"
            if row[0] == 0:
                await connection.execute(SQL["finish"], asked)
        return Owed(row[0], row[1])

    async def unfinished(self, limit: int = 20) -> tuple[str, ...]:
        """Broadcasts that have not reached everyone, oldest first."""
        async with reading(self._pool) as connection:
            rows = await (await connection.execute(SQL["unfinished"], {"limit": limit})).fetchall()
        return tuple(str(row[0]) for row in rows)

    async def all(self, broadcast_id: str | None = None, limit: int = 100) -> tuple[Progress, ...]:
        """How far each is, the newest first; or one of them."""
        asked = {"broadcast_id": broadcast_id, "limit": limit}
        async with reading(self._pool) as connection, connection.cursor(row_factory=class_row(Progress)) as cursor:
            await cursor.execute(SQL["progress"], asked)
            return tuple(await cursor.fetchall())
