"""Bringing a database to the journal's present shape: forward only, once each, safe when many start at once.

`journal/migrations/NNNN_*.sql` are applied in order, each in its own transaction, and recorded with their checksum.
A migration that has shipped is never edited; what follows from it is a new file.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from psycopg import AsyncConnection
from psycopg.rows import class_row

from journal.connections import options
from journal.statements import Connection, load

SQL = load("migrations")
FOLDER = Path(__file__).parent / "migrations"
LOCK = 0x7468_6177  # "thaw"
POLL_SECONDS = 0.05


class MigrationError(Exception):
    """The database and the migrations do not fit together; the message says what to do."""


class MigrationEditedError(MigrationError):
    """A migration that was applied reads differently now."""


class JournalTooNewError(MigrationError):
    """The database was migrated by a newer Thaw than this one."""


class MigrationOutOfOrderError(MigrationError):
    """A migration appeared before ones that were already applied."""


class JournalNotMigratedError(MigrationError):
    """The database lacks migrations this code needs."""


class MigrationLockError(MigrationError):
    """Another process has been migrating for longer than we wait."""


@dataclass(frozen=True, slots=True)
class Migration:
    """One file of `migrations/`: its number, its name and the SHA-256 of its text."""

    number: int
    name: str
    checksum: str
    sql: bytes


@dataclass(frozen=True, slots=True)
class Applied:
    """A migration as the database remembers it."""

    number: int
    name: str
    checksum: str


def migrations(folder: Path = FOLDER) -> tuple[Migration, ...]:
    """The migrations in `folder`, in order. ValueError when two have one number."""
    found = []
    for path in sorted(folder.glob("[0-9][0-9][0-9][0-9]_*.sql")):
        sql = path.read_bytes()
        found.append(Migration(int(path.name[:4]), path.stem, hashlib.sha256(sql).hexdigest(), sql))
    for before, migration in pairwise(found):
        if before.number == migration.number:
            raise ValueError(f"{before.name} and {migration.name} have one number: give one of them the next free one")
    return tuple(found)


async def migrate(url: str, *, folder: Path = FOLDER, patience: float = 60.0) -> tuple[str, ...]:
    """Applies to the database at `url` what it lacks, and returns the names of what was applied. Events that were
    restored from another server's dump are given a place in this server's order.

    Any number of processes may call this at once: one works, the others wait for it up to `patience` seconds.
    Errors: MigrationError and its kinds, and psycopg's own; a migration that fails leaves nothing behind.
    """
    known = migrations(folder)
    async with await AsyncConnection.connect(url, **options(url)) as connection:
        await connection.execute(SQL["no_statement_timeout"])
        await _lock(connection, patience)
        await connection.execute(SQL["prepare"])
        missing = lacking(known, await applied(connection))
        for migration in missing:
            async with connection.transaction():
                await connection.execute(migration.sql)
                await connection.execute(
                    SQL["record"], (migration.number, migration.name, migration.checksum), prepare=False
                )
        if folder == FOLDER:
            await _take_restored_in(connection)
    return tuple(migration.name for migration in missing)


async def check(connection: Connection, *, folder: Path = FOLDER) -> None:
    """Raises a MigrationError unless the database is exactly as far as this code."""
    missing = lacking(migrations(folder), await applied(connection))
    if missing:
        names = ", ".join(migration.name for migration in missing)
        raise JournalNotMigratedError(f"the journal lacks {names}: run its migrations first (`thaw up` does)")


async def applied(connection: Connection) -> tuple[Applied, ...]:
    """What the database remembers, in order; nothing when it was never migrated."""
    there = await (await connection.execute(SQL["is_prepared"])).fetchone()
    if there is None or not there[0]:
        return ()
    async with connection.cursor(row_factory=class_row(Applied)) as cursor:
        return tuple(await (await cursor.execute(SQL["applied"])).fetchall())


def lacking(known: Iterable[Migration], there: Iterable[Applied]) -> tuple[Migration, ...]:
    """The migrations still to apply, after checking that what is there fits what is known."""
    by_number = {migration.number: migration for migration in known}
    newest = 0
    for step in there:
        ours = by_number.pop(step.number, None)
        if ours is None:
            raise JournalTooNewError(
                f"the journal has migration {step.name}, which this Thaw does not know: start a newer Thaw"
            )
        if ours.checksum != step.checksum:
            raise MigrationEditedError(
                f"migration {step.name} was applied as {step.checksum[:12]} but now reads {ours.checksum[:12]}: "
                "undo the edit and put the change into a new migration"
            )
        newest = max(newest, step.number)
    late = [migration.name for migration in by_number.values() if migration.number < newest]
    if late:
        raise MigrationOutOfOrderError(f"{', '.join(late)} would run after number {newest}: give it a later number")
    return tuple(by_number.values())


async def _take_restored_in(connection: Connection) -> None:
    """Readers in commit order would never come to events with numbers beyond the server's, nor to anything after."""
    row = await (await connection.execute(SQL["is_restored"])).fetchone()
    if row is not None and row[0]:
        async with connection.transaction():
            await connection.execute(SQL["renumber"])


async def _lock(connection: Connection, patience: float) -> None:
    """Takes the migrations' advisory lock by asking again and again.

    A blocking wait would hold a snapshot, and with it up a CREATE INDEX CONCURRENTLY of the one who has the lock.
    """
    for _ in range(max(1, round(patience / POLL_SECONDS))):
        row = await (await connection.execute(SQL["try_lock"], (LOCK,))).fetchone()
        if row is not None and row[0]:
            return
        await asyncio.sleep(POLL_SECONDS)
    raise MigrationLockError(f"another process has been migrating this database for more than {patience:g} seconds")
