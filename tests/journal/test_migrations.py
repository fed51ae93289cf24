"""Migrations: once each, forward only, whoever else starts at the same moment."""

import asyncio
import sys

import psycopg
import pytest

import journal
from journal import Journal, migrating
from journal.migrating import (
    JournalNotMigratedError,
    JournalTooNewError,
    MigrationEditedError,
    MigrationLockError,
    MigrationOutOfOrderError,
    migrate,
)

PROCESS = "import asyncio, journal, sys; print(len(asyncio.run(journal.migrate(sys.argv[1]))))"


@pytest.fixture
def folder(tmp_path):
    """Two small migrations."""
    (tmp_path / "0001_one.sql").write_text("create table journal.one (id integer)")
    (tmp_path / "0002_two.sql").write_text("create table journal.two (id integer); insert into journal.two values (2)")
    return tmp_path


@pytest.fixture
def database(empty_database: str) -> str:
    """Nothing is in it yet."""
    return empty_database


async def test_an_empty_database_gets_every_migration_once(database):
    names = tuple(migration.name for migration in migrating.migrations())

    assert await journal.migrate(database) == names
    assert await journal.migrate(database) == ()


async def test_eight_processes_that_start_at_once_migrate_once(database):
    processes = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-c", PROCESS, database, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
        )
        for _ in range(8)
    ]

    outputs = await asyncio.gather(*(process.communicate() for process in processes))

    assert [process.returncode for process in processes] == [0] * 8, outputs
    assert sorted(int(out) for out, _ in outputs) == [0] * 7 + [len(migrating.migrations())]


async def test_what_is_added_later_is_applied_alone(database, folder):
    await migrate(database, folder=folder)
    (folder / "0005_three.sql").write_text("create table journal.three (id integer)")

    assert await migrate(database, folder=folder) == ("0005_three",)


async def test_an_edited_migration_is_refused_by_name(database, folder):
    await migrate(database, folder=folder)
    (folder / "0001_one.sql").write_text("create table journal.one (id bigint)")

    with pytest.raises(MigrationEditedError, match=r"0001_one .* put the change into a new migration"):
        await migrate(database, folder=folder)


async def test_a_journal_that_is_newer_than_the_code_is_refused(database, folder):
    await migrate(database, folder=folder)
    (folder / "0002_two.sql").unlink()

    with pytest.raises(JournalTooNewError, match=r"0002_two.* start a newer Thaw"):
        await migrate(database, folder=folder)


async def test_a_migration_that_comes_late_is_refused(database, folder):
    (folder / "0004_four.sql").write_text("select 1")
    await migrate(database, folder=folder)
    (folder / "0003_three.sql").write_text("select 1")

    with pytest.raises(MigrationOutOfOrderError, match="0003_three would run after number 4"):
        await migrate(database, folder=folder)


async def test_a_migration_that_fails_leaves_nothing_behind_and_may_be_mended(database, folder):
    (folder / "0002_two.sql").write_text("create table journal.two (id integer); select 1 / 0")
    with pytest.raises(psycopg.errors.DivisionByZero):
        await migrate(database, folder=folder)

    (folder / "0002_two.sql").write_text("create table journal.two (id integer)")

    assert await migrate(database, folder=folder) == ("0002_two",)


async def test_two_migrations_with_one_number_are_a_mistake(database, folder):
    (folder / "0002_too.sql").write_text("select 1")

    with pytest.raises(ValueError, match="0002_too and 0002_two have one number"):
        await migrate(database, folder=folder)


async def test_one_who_waits_too_long_for_another_is_told(database):
    async with await psycopg.AsyncConnection.connect(database) as other:
        await other.execute("select pg_advisory_lock(%s)", (migrating.LOCK,))

        with pytest.raises(MigrationLockError):
            await migrate(database, patience=0)


async def test_a_journal_opens_only_when_it_fits_the_code(database):
    with pytest.raises(JournalNotMigratedError, match="0001_journal"):
        await Journal.open(database)

    await journal.migrate(database)
    async with await psycopg.AsyncConnection.connect(database) as connection:
        await connection.execute("insert into journal.migrations values (9999, '9999_tomorrow', '')")

    with pytest.raises(JournalTooNewError, match="9999_tomorrow"):
        await Journal.open(database)
