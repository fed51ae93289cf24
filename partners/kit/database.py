"""A partner's tables: one PostgreSQL schema called like the partner, made at start."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from psycopg import AsyncConnection, sql
from psycopg.rows import DictRow, dict_row
from psycopg_pool import AsyncConnectionPool

Connection = AsyncConnection[DictRow]
Pool = AsyncConnectionPool[Connection]

KIT_SCHEMA = Path(__file__).with_name("schema.sql")
_ONE_AT_A_TIME = 0x7061_7274  # the advisory lock under which partners make their tables

_HEADING = "-- name:"


class Queries(Mapping[str, bytes]):
    """The statements of a `.sql` file, each headed by a line `-- name: words_of_the_query`."""

    def __init__(self, path: Path) -> None:
        self._statements: dict[str, bytes] = {}
        for part in path.read_text(encoding="utf-8").split(_HEADING)[1:]:
            name, _, statement = part.partition("\n")
            if name.strip() in self._statements:
                raise ValueError(f"{path.name} names {name.strip()} twice")
            self._statements[name.strip()] = statement.strip().encode()

    def __getitem__(self, name: str) -> bytes:
        return self._statements[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._statements)

    def __len__(self) -> int:
        return len(self._statements)


def connect(database_url: str, schema: str) -> Pool:
    """A pool (not yet open) whose connections see `schema` first and give rows as dicts."""
    return AsyncConnectionPool(
        database_url,
        connection_class=Connection,
        min_size=1,
        max_size=6,
        timeout=3,
        open=False,
        check=AsyncConnectionPool.check_connection,
        kwargs={
            "row_factory": dict_row,
            "options": f"-c search_path={schema}",
            "application_name": f"partner-{schema}",
        },
        name=schema,
    )


async def make_schema(pool: Pool, schema: str, *files: Path) -> None:
    """Create the schema and run `files` in it, one process at a time."""
    async with pool.connection() as connection:
        await connection.execute("SELECT pg_advisory_xact_lock(%s)", [_ONE_AT_A_TIME])
        await connection.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(sql.Identifier(schema)))
        for file in files:
            await connection.execute(file.read_bytes())
