"""A view is made anew beside the live one and takes its place at once; what kills it on the way does no harm."""

import asyncio
from itertools import count

import psycopg
import pytest

from journal.migrating import migrate
from journal.projecting import Projector, standings
from journal.rebuilding import BeingRebuiltError, rebuild
from journal.views import VIEWS
from tests.journal.histories import said, write

WORDS = {"reasons": {}, "statuses": {"opened": "已立案 Opened"}, "kinds": {}}
AGEING, STATISTICS, SEARCH = VIEWS["ageing"], VIEWS["statistics"], VIEWS["search"]
CASES = 30


class KilledError(Exception):
    pass


@pytest.fixture
async def journal_of_cases(pool):
    """A journal with thirty cases."""
    async with pool.connection() as connection:
        for number in range(CASES):
            await write(connection, said(f"FA-{number:02}", ("TerminalFrozen", {}), ("ReasonConfirmed", {})))


@pytest.fixture
def rows(pool):
    async def read(query):
        async with pool.connection() as connection:
            return await (await connection.execute(query)).fetchall()

    return read


async def tables(rows):
    return {name for (name,) in await rows("select tablename from pg_tables where schemaname = 'views'")} - {"builds"}


async def test_an_empty_journal_makes_empty_views(pool, rows):
    for view in VIEWS.values():
        await rebuild(pool, view, WORDS)

    assert {name: len(await rows(f"select * from views.{name}")) for name in VIEWS} == dict.fromkeys(VIEWS, 0)
    assert {(each.view, each.behind, each.at) for each in await standings(pool)} == {(name, 0, None) for name in VIEWS}


async def test_progress_is_told_from_the_first_stream_to_the_last(pool, journal_of_cases):
    told = []

    made = await rebuild(pool, AGEING, WORDS, lambda done, total: told.append((done, total)), chunk=7)

    assert told == [(7, 30), (14, 30), (21, 30), (28, 30), (30, 30)]
    assert (made.view, made.build, made.streams) == ("ageing", 1, CASES)


async def test_readers_see_the_whole_view_at_every_moment_of_a_rebuild(pool, journal_of_cases, rows):
    await rebuild(pool, AGEING, WORDS)
    seen, done = set(), asyncio.Event()

    async def read_on():
        while not done.is_set():
            seen.update(await rows("select count(*) from views.ageing"))

    readers = [asyncio.create_task(read_on()) for _ in range(3)]
    for _ in range(4):
        await rebuild(pool, AGEING, WORDS, chunk=5)
    done.set()
    await asyncio.gather(*readers)

    assert seen == {(CASES,)}
    assert await tables(rows) == {"ageing_5"}


async def test_what_is_written_during_a_rebuild_is_in_the_new_view_once(pool, journal_of_cases, rows, database):
    await rebuild(pool, STATISTICS, WORDS)
    numbers, one_by_one, writing = count(), asyncio.Lock(), []
    async with await psycopg.AsyncConnection.connect(database, autocommit=True) as writer:

        async def write_on():
            number = next(numbers)
            async with one_by_one:
                await write(writer, said(f"AA-{number}", ("Opened", {})))  # before what is filled already
                await write(writer, said(f"ZZ-{number}", ("Opened", {})))

        made = await rebuild(
            pool, STATISTICS, WORDS, lambda *_: writing.append(asyncio.ensure_future(write_on())), chunk=3
        )
        await asyncio.gather(*writing)
    projector = Projector(pool, WORDS, (STATISTICS,))
    while await projector.round():
        pass

    assert made.build == 2
    assert await rows("select type, events from views.statistics order by type") == [
        ("Opened", 2 * len(writing)), ("ReasonConfirmed", CASES), ("TerminalFrozen", CASES),
    ]  # fmt: skip


async def test_a_rebuild_that_was_killed_goes_on_where_it_was_and_meanwhile_the_live_view_is_read_and_kept_up(
    pool, journal_of_cases, rows
):
    await rebuild(pool, STATISTICS, WORDS)

    def die(done, _total):
        if done >= 14:
            raise KilledError

    with pytest.raises(KilledError):
        await rebuild(pool, STATISTICS, WORDS, die, chunk=7)
    async with pool.connection() as connection:
        await write(connection, said("FA-NEW", ("TerminalFrozen", {})))
    assert await Projector(pool, WORDS, (STATISTICS,)).round()
    live = await rows("select type, events from views.statistics order by type")
    told = []
    await rebuild(pool, STATISTICS, WORDS, lambda done, _total: told.append(done), chunk=7)

    assert live == [("ReasonConfirmed", CASES), ("TerminalFrozen", CASES + 1)]
    assert told[0] == 21
    assert await rows("select type, events from views.statistics order by type") == live
    assert await tables(rows) == {"statistics_2"}


async def test_what_other_code_left_unfinished_is_thrown_away(pool, journal_of_cases, rows):
    def die(*_):
        raise KilledError

    with pytest.raises(KilledError):
        await rebuild(pool, SEARCH, WORDS, die, chunk=7)
    told = []
    await rebuild(pool, SEARCH, {**WORDS, "reasons": {"R01": "大额"}}, lambda done, _: told.append(done), chunk=7)

    assert told[0] == 7
    assert len(await rows("select * from views.search")) == CASES
    assert len(await tables(rows)) == 1


async def test_one_process_at_a_time_makes_a_view_anew(pool, journal_of_cases):
    refused = []

    async def try_too():
        with pytest.raises(BeingRebuiltError, match="ageing is being made anew by another process") as refusal:
            await rebuild(pool, AGEING, WORDS)
        refused.append(refusal)

    trying = []
    await rebuild(pool, AGEING, WORDS, lambda *_: trying.append(asyncio.ensure_future(try_too())), chunk=7)
    await asyncio.gather(*trying, return_exceptions=True)

    assert refused
    await rebuild(pool, AGEING, WORDS)


async def test_other_words_make_another_version_of_what_holds_words_and_of_nothing_else(pool):
    for view in VIEWS.values():
        await rebuild(pool, view, WORDS)

    outdated = await Projector(pool, {**WORDS, "reasons": {"R01": "频繁大额"}}).outdated()

    assert [view.name for view in outdated] == ["search"]
    assert await Projector(pool, WORDS).outdated() == ()


async def test_a_reader_who_reads_for_long_delays_the_switch_and_is_not_disturbed(
    pool, journal_of_cases, rows, database
):
    await rebuild(pool, AGEING, WORDS)
    async with await psycopg.AsyncConnection.connect(database) as reader:
        await reader.execute("select count(*) from views.ageing")
        making = asyncio.create_task(rebuild(pool, AGEING, WORDS))
        await asyncio.sleep(0.3)
        again = await (await reader.execute("select count(*) from views.ageing")).fetchone()
        not_yet = making.done()
        await reader.commit()
        made = await making

    assert (again, not_yet, made.build) == ((CASES,), False, 2)


async def test_a_dump_restored_into_a_server_that_counts_from_lower_is_read_to_its_end_and_beyond(
    pool, database, journal_of_cases, superuser, rows
):
    await rebuild(pool, STATISTICS, WORDS)
    await superuser("update journal.events set xid = (xid::text::bigint + 1000000)::text::xid8")

    await migrate(database)
    worker = Projector(pool, WORDS, (STATISTICS,))
    assert await worker.outdated() == (STATISTICS,)
    await rebuild(pool, STATISTICS, WORDS)
    async with pool.connection() as connection:
        await write(connection, said("FA-new", ("TerminalFrozen", {})))
    while await worker.round():
        pass

    assert await rows("select sum(events)::int from views.statistics") == [(2 * CASES + 1,)]
    with pytest.raises(psycopg.errors.RestrictViolation):
        await rows("update journal.events set xid = '1'")
