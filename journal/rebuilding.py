"""Making a view anew beside the live one, and putting it in its place at once.

The new build is first filled from whole streams, a chunk of them at a time, with everything committed before it was
begun; then it takes in what came since, page by page, as a live one does. When nothing is left the readers' name is
turned to it, in one transaction. Until then they read the old build, which is kept up all the while. A rebuild that
was killed goes on where it was, unless the view's code has changed since.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from time import perf_counter

from psycopg import errors, sql

from journal.projecting import take_in
from journal.statements import Connection, Pool, first, load
from journal.views import View, Words

SQL = load("views")
CHUNK_STREAMS = 10_000
PAGE_EVENTS = 20_000
SWITCH_TRIES = 60
WHOLESALE = "set local statement_timeout = 0; set local enable_nestloop = off; set local work_mem = '64MB'"
"""A fill reads everything there is of its streams; what the planner guesses of so many events is too little."""
INDEXING = (
    "set local statement_timeout = 0; set local maintenance_work_mem = '256MB'; "
    "set local max_parallel_maintenance_workers = 2"  # none elsewhere: the desk's own work comes first
)

Progress = Callable[[int, int], None]
"""Told now and then how many of how many streams are read."""


class BeingRebuiltError(Exception):
    """Another process is making this view anew."""

    def __init__(self, view: str) -> None:
        super().__init__(f"{view} is being made anew by another process; let it finish, or stop it and ask again")


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """A view that was made anew: its new build, the streams it was filled from, and the time that took in seconds."""

    view: str
    build: int
    streams: int
    seconds: float


async def rebuild(
    pool: Pool,
    view: View,
    words: Words,
    progress: Progress = lambda _done, _all: None,
    *,
    chunk: int = CHUNK_STREAMS,
) -> Rebuilt:
    """Makes a view anew and switches to it. Raises BeingRebuiltError when another process is at it already."""
    began = perf_counter()
    async with pool.connection() as connection, _alone(connection, view):
        build = await _begun(connection, view, view.version(words))
        streams = await _fill(connection, view, build, words, chunk, progress)
        await _catch_up(connection, view, build, words)
        for tried in range(SWITCH_TRIES):
            try:
                await _switch(connection, view, build, words)
                break
            except (errors.LockNotAvailable, errors.DeadlockDetected):  # someone reads for long: let others read, too
                if tried == SWITCH_TRIES - 1:
                    raise
                await asyncio.sleep(1.0)
    return Rebuilt(view.name, build, streams, perf_counter() - began)


@asynccontextmanager
async def _alone(connection: Connection, view: View) -> AsyncIterator[None]:
    row = await (await connection.execute(SQL["try_building"], {"view": view.name})).fetchone()
    if row is None or not row[0]:
        raise BeingRebuiltError(view.name)
    try:
        yield
    finally:
        if not connection.broken:
            await connection.execute(SQL["done_building"], {"view": view.name})


async def _begun(connection: Connection, view: View, version: str) -> int:
    """The build to go on with: one that was begun by this code and not finished, or a new one."""
    while (row := await first(connection, SQL["unfinished"], {"view": view.name})) is not None:
        if row["version"] == version:
            return int(row["build"])
        async with connection.transaction():
            await _drop(connection, view, row["build"])
    async with connection.transaction():
        begun = await first(connection, SQL["begin"], {"view": view.name, "version": version})
        assert begun is not None
        build = int(begun["build"])
        await connection.execute(view.statement("table", build), prepare=False)
    return build


async def _fill(connection: Connection, view: View, build: int, words: Words, chunk: int, progress: Progress) -> int:
    """Takes in whole streams, as far as the build's bound; how many it has in the end."""
    total = await _count(connection)
    while True:
        async with connection.transaction():
            await connection.execute(WHOLESALE)
            row = await first(connection, SQL["unfinished"], {"view": view.name})
            assert row is not None
            upto, streams = await _chunk(connection, row["filled_to"], chunk)
            if upto is None:
                break
            bounds = {
                "after": row["filled_to"], "upto": upto,
                "bound_xid": row["bound_xid"], "bound_sequence": row["bound_sequence"],
            }  # fmt: skip
            await view.apply(connection, build, "filled", bounds, words)
            await connection.execute(
                SQL["filled"], {"view": view.name, "build": build, "streams": streams, "upto": upto}
            )
        done = int(row["filled"]) + streams
        progress(done, max(total, done))
    async with connection.transaction():
        await connection.execute(INDEXING)
        for statement in view.statement("indexes", build).split(b";"):
            if statement.strip():
                await connection.execute(statement, prepare=False)
    return int(row["filled"])


async def _catch_up(connection: Connection, view: View, build: int, words: Words) -> None:
    """Takes in what was written since the build was begun."""
    more = True
    while more:
        async with connection.transaction():
            await connection.execute("set local statement_timeout = 0")
            row = await first(connection, SQL["unfinished"], {"view": view.name})
            assert row is not None
            more = await take_in(connection, view, build, row, words, PAGE_EVENTS)


async def _switch(connection: Connection, view: View, build: int, words: Words) -> None:
    """Turns the readers' name to the build, once it has all that the live one has; what was live is gone then."""
    async with connection.transaction():
        await connection.execute("set local statement_timeout = 0; set local lock_timeout = '2s'")
        live = await first(connection, SQL["live_for_update"], {"view": view.name})
        row = await first(connection, SQL["unfinished"], {"view": view.name})
        assert row is not None
        while await take_in(connection, view, build, row, words, PAGE_EVENTS):
            row = await first(connection, SQL["unfinished"], {"view": view.name})
            assert row is not None
        name, table = sql.Identifier("views", view.name), sql.Identifier("views", f"{view.name}_{build}")
        await connection.execute(sql.SQL("drop view if exists {}").format(name))
        await connection.execute(sql.SQL("create view {} as select * from {}").format(name, table))
        await connection.execute(SQL["retire"], {"view": view.name})
        await connection.execute(SQL["enliven"], {"view": view.name, "build": build})
        if live is not None:
            await _drop(connection, view, live["build"])


async def _drop(connection: Connection, view: View, build: int) -> None:
    table = sql.Identifier("views", f"{view.name}_{build}")
    await connection.execute(sql.SQL("drop table if exists {}").format(table))
    await connection.execute(SQL["forget"], {"view": view.name, "build": build})


async def _chunk(connection: Connection, after: str, limit: int) -> tuple[str | None, int]:
    row = await (await connection.execute(SQL["chunk"], {"after": after, "limit": limit}, prepare=False)).fetchone()
    return (row[0], row[1]) if row else (None, 0)


async def _count(connection: Connection) -> int:
    row = await (await connection.execute(SQL["streams"])).fetchone()
    return int(row[0]) if row else 1
