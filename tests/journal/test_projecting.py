"""Live views take in every event once, in commit order, whoever else works on them and whatever dies meanwhile."""

import asyncio
from contextlib import aclosing

import psycopg
import pytest

from journal.projecting import Projector, standings
from journal.rebuilding import rebuild
from journal.views import VIEWS
from journal.waking import wakes
from tests.journal.histories import said, write

WORDS = {"reasons": {}, "statuses": {}, "kinds": {}}
STATISTICS = VIEWS["statistics"]


def projector(pool, **more):
    return Projector(pool, WORDS, (STATISTICS,), **more)


@pytest.fixture
async def counted(pool):
    """The statistics view, built, and a reader of how often each event is counted in it."""
    await rebuild(pool, STATISTICS, WORDS)

    async def read():
        async with pool.connection() as connection:
            rows = await (
                await connection.execute("select type, sum(events)::int from views.statistics group by 1")
            ).fetchall()
        return dict(rows)

    return read


@pytest.fixture
async def connect(database):
    """Connections of their own, each a writer with a transaction."""
    opened = []

    async def another():
        opened.append(await psycopg.AsyncConnection.connect(database))
        return opened[-1]

    yield another
    for connection in opened:
        await connection.close()


async def catch_up(worker):
    while await worker.round():
        pass


async def test_an_event_committed_late_by_a_long_transaction_is_taken_in_and_none_is_skipped(pool, counted, connect):
    worker, long, quick = projector(pool, page=1), await connect(), await connect()
    await write(long, said("FA-LONG", ("Early", {})))  # takes its number now, and commits late
    await write(quick, said("FA-QUICK-1", ("Later", {})))
    await quick.commit()
    await write(quick, said("FA-QUICK-2", ("LaterStill", {})))
    await quick.commit()

    await catch_up(worker)
    (before,) = await standings(pool)
    counted_before = await counted()
    await long.commit()
    await catch_up(worker)
    (after,) = await standings(pool)

    assert (counted_before, before.behind) == ({}, 2)
    assert await counted() == {"Early": 1, "Later": 1, "LaterStill": 1}
    assert after.behind == 0


async def test_a_transaction_that_is_given_up_holds_nothing_up_for_good(pool, counted, connect):
    worker, long, quick = projector(pool), await connect(), await connect()
    await write(long, said("FA-LONG", ("Never", {})))
    await write(quick, said("FA-QUICK", ("Later", {})))
    await quick.commit()
    await catch_up(worker)
    assert await counted() == {}

    await long.rollback()
    await catch_up(worker)

    assert await counted() == {"Later": 1}


async def test_writers_who_overlap_in_every_way_lose_no_event_to_a_reader_who_never_waits(pool, counted, connect):
    writers = [await connect() for _ in range(5)]
    worker, done = projector(pool), asyncio.Event()

    async def keep_on(number, writer):
        for turn in range(12):
            await write(writer, said(f"FA-{number}-{turn}", ("First", {}), ("Second", {})))
            await asyncio.sleep(0)
            if turn % 4 == number % 4:
                await writer.execute("select pg_sleep(0.01)")  # holds its number while others overtake it
            await writer.commit()

    async def read_on():
        while not done.is_set():
            await worker.round()

    reading = asyncio.create_task(read_on())
    await asyncio.gather(*(keep_on(number, writer) for number, writer in enumerate(writers)))
    done.set()
    await reading
    await catch_up(worker)

    assert await counted() == {"First": 60, "Second": 60}


async def test_a_taker_killed_in_the_middle_of_a_page_leaves_nothing_of_it(pool, counted, connect):
    worker, other = projector(pool), await connect()
    await write(other, said("FA-1", ("Opened", {})))
    await other.commit()
    await catch_up(worker)
    await write(other, said("FA-2", ("Opened", {}), ("Confirmed", {})))
    await other.commit()
    await other.execute(
        "select from views.statistics_1 where type = 'Opened' for update"
    )  # the page will wait for this

    taking = asyncio.create_task(worker.round())
    await _kill_who_waits(connect)
    with pytest.raises(psycopg.OperationalError):
        await taking
    (standing,) = await standings(pool)
    half_done = await counted()
    await other.rollback()
    await catch_up(worker)

    assert (half_done, standing.behind) == ({"Opened": 1}, 2)
    assert await counted() == {"Opened": 2, "Confirmed": 1}


async def _kill_who_waits(connect):
    killer = await connect()
    await killer.set_autocommit(True)
    killed = None
    while not killed:
        found = await killer.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where wait_event_type = 'Lock' and datname = current_database()"
        )
        killed = await found.fetchone()


async def test_two_takers_at_once_count_every_event_once(pool, counted, connect):
    writer = await connect()
    for number in range(40):
        await write(writer, said(f"FA-{number}", ("Opened", {}), ("Confirmed", {})))
    await writer.commit()
    takers = [projector(pool, page=7) for _ in range(3)]

    while any(await asyncio.gather(*(taker.round() for taker in takers))):
        pass

    assert await counted() == {"Opened": 40, "Confirmed": 40}


async def test_a_view_that_other_code_made_is_left_alone_and_called_outdated(pool, counted, connect):
    writer = await connect()
    await write(writer, said("FA-1", ("Opened", {})))
    await writer.execute("update views.builds set version = 'of other code'")
    await writer.commit()

    worker = projector(pool)
    await catch_up(worker)

    assert await counted() == {}
    assert [view.name for view in await worker.outdated()] == ["statistics"]


async def test_a_sleeper_is_woken_by_what_is_written(pool, database, connect):
    writer = await connect()
    async with aclosing(wakes(database, at_least_every=60)) as woken:
        await anext(woken)
        await anext(woken)  # the look after falling asleep
        waiting = asyncio.create_task(anext(woken))
        await write(writer, said("FA-1", ("Opened", {})))
        await writer.commit()
        async with asyncio.timeout(30):
            await waiting


async def test_what_is_written_while_someone_looks_anyway_notifies_nobody(pool, counted, database, connect):
    writer, listener = await connect(), await psycopg.AsyncConnection.connect(database, autocommit=True)
    async with listener, aclosing(wakes(database, at_least_every=60)) as woken:
        await listener.execute("listen thaw_events")
        await anext(woken)  # looks; does not sleep yet
        await write(writer, said("FA-1", ("Opened", {})))
        await writer.commit()
        await listener.execute("notify thaw_events, 'the end'")
        heard = [notice.payload async for notice in listener.notifies(stop_after=1)]

    assert heard == ["the end"]


async def test_news_whose_notification_was_lost_is_found_all_the_same(pool, counted, database, connect):
    writer, worker = await connect(), projector(pool)
    await writer.execute("alter table journal.events disable trigger events_announced")
    await writer.commit()

    found = asyncio.Event()

    async def keep_up():
        async with aclosing(wakes(database, at_least_every=0.05)) as woken:
            async for _ in woken:
                await catch_up(worker)
                if found.is_set():
                    return

    keeping = asyncio.create_task(keep_up())
    await asyncio.sleep(0.2)  # it sleeps by now
    await write(writer, said("FA-1", ("Opened", {})))
    await writer.commit()
    async with asyncio.timeout(30):
        while await counted() != {"Opened": 1}:
            pass
        found.set()
        await keeping
