"""Named SQL out of `journal/sql/*.sql`, and how to join a connection or transaction that someone else opened."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeAlias

from psycopg import AsyncConnection
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool

Connection: TypeAlias = AsyncConnection[Any]
Pool: TypeAlias = AsyncConnectionPool[Any]

FOLDER = Path(__file__).parent / "sql"
HEADING = re.compile(r"^-- name: (.+)$", re.MULTILINE)


def load(file: str) -> Mapping[str, bytes]:
    """The statements of `journal/sql/<file>.sql` by the names in their `-- name:` headings.

    Bytes, because psycopg takes plain text only where a type checker can see that it is a literal.
    """
    _, *parts = HEADING.split((FOLDER / f"{file}.sql").read_text(encoding="utf-8"))
    names, bodies = parts[::2], parts[1::2]
    if len(set(names)) != len(names):
        raise ValueError(f"{file}.sql: two statements have one name")
    return {name.strip(): body.strip().encode() for name, body in zip(names, bodies, strict=True)}


@asynccontextmanager
async def reading(pool: Pool, within: Connection | None = None) -> AsyncIterator[Connection]:
    """A connection for statements that each stand alone: the caller's `within`, or one from the pool."""
    if within is not None:
        yield within
    else:
        async with pool.connection() as connection:
            yield connection


@asynccontextmanager
async def transaction(pool: Pool, within: Connection | None = None) -> AsyncIterator[Connection]:
    """A connection inside a transaction: a new one from the pool, or a savepoint in the caller's `within`.

    With `within`, what is written stands only when the caller's own transaction commits.
    """
    if within is not None:
        async with within.transaction():
            yield within
    else:
        async with pool.connection() as connection, connection.transaction():
            yield connection


async def first(connection: Connection, statement: bytes, asked: Mapping[str, Any]) -> dict[str, Any] | None:
    """The statement's first row by column name, planned for the values at hand; None when there is none."""
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(statement, asked, prepare=False)
        return await cursor.fetchone()
