"""The journal's front door: append to streams, and read them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Self

from psycopg.rows import class_row, dict_row

from domain.stream import Entry, Head
from journal import migrating, writing
from journal.connections import open_pool
from journal.requests import OK, AppendAnswer, AppendRequest, Outcome
from journal.statements import Pool

READ = writing.READ


class _NotWrittenError(Exception):
    """Rolls an append to several streams back."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """An entry, and when the database wrote it down (which proves nothing: it is not in the hash)."""

    entry: Entry
    recorded_at: datetime


class Journal:
    """An append-only event store on PostgreSQL, over one pool that its companions (`Inbox`, `Queue`, …) share.

    Every call may raise psycopg's OperationalError while the database is away; all of them may be repeated safely.
    """

    def __init__(self, pool: Pool) -> None:
        self.pool = pool

    @classmethod
    async def open(cls, url: str, *, min_size: int = 1, max_size: int = 4) -> Self:
        """The journal at `url`, already migrated. Raises MigrationError when it is older or newer than this code."""
        pool = await open_pool(url, min_size=min_size, max_size=max_size)
        try:
            async with pool.connection() as connection:
                await migrating.check(connection)
        except BaseException:
            await pool.close()
            raise
        return cls(pool)

    async def close(self) -> None:
        await self.pool.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def append(self, request: str) -> str:
        """Writes an AppendRequest and returns the AppendAnswer, both as JSON (see `journal.requests`).

        Errors: InvalidRequestError for a request no stream could take; AnotherCaseIsOpenError when it would open a
        second case of its kind on a terminal.
        """
        parsed = AppendRequest.parse(request)
        connection = await self.pool.getconn()  # without the commit that `pool.connection()` would end with
        try:
            if await writing.write(connection, parsed):
                return OK
            return (await writing.standing(connection, parsed)).to_json()
        finally:
            await self.pool.putconn(connection)

    async def append_all(self, requests: Sequence[str]) -> str:
        """Writes to several streams, each named once: all of them or none.

        `duplicate` means that every command already stands in its stream; `conflict` that some stream has moved. The
        entries are those that any of the writers lacks.
        """
        parsed = [AppendRequest.parse(request) for request in requests]
        if len({request.stream for request in parsed}) != len(parsed):
            raise ValueError("append_all names a stream twice")
        async with self.pool.connection() as connection:
            try:
                async with connection.transaction():
                    for request in sorted(parsed, key=lambda request: request.stream):  # one order, so no deadlock
                        if not await writing.write(connection, request):
                            raise _NotWrittenError
            except _NotWrittenError:
                answers = [await writing.standing(connection, request) for request in parsed]
            else:
                return OK
        outcome: Outcome = "duplicate" if all(answer.outcome == "duplicate" for answer in answers) else "conflict"
        return AppendAnswer(outcome, tuple(entry for answer in answers for entry in answer.entries)).to_json()

    async def read(self, stream: str, after: int = 0) -> tuple[Entry, ...]:
        """The entries of `stream` after position `after`, in order; nothing for a stream that does not exist."""
        async with self.pool.connection() as connection:
            return await writing.read(connection, stream, after)

    async def history(self, stream: str, after: int = 0, limit: int = 500) -> tuple[Recorded, ...]:
        """Up to `limit` entries after position `after`, with when they were written down."""
        async with self.pool.connection() as connection, connection.cursor(row_factory=dict_row) as cursor:
            await cursor.execute(READ["history"], {"stream": stream, "after": after, "limit": limit})
            rows = await cursor.fetchall()
        return tuple(Recorded(recorded_at=row.pop("recorded_at"), entry=Entry(**row)) for row in rows)

    async def head(self, stream: str) -> Head:
        """Where `stream` ends; the genesis head when it does not exist."""
        async with self.pool.connection() as connection, connection.cursor(row_factory=class_row(Head)) as cursor:
            await cursor.execute(READ["head"], {"stream": stream})
            return await cursor.fetchone() or Head()
