"""Each view says what folding the same events in Python says, however the events came and the view was made."""

import random
from collections import Counter
from datetime import date, datetime, timedelta
from itertools import chain
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

import journal as journals
from domain.business_time import local_date, parse_time
from domain.case import CLOSED
from journal import Journal
from journal.figures import Statistics
from journal.projecting import Projector, standings
from journal.rebuilding import rebuild
from journal.views import VIEWS
from tests.journal.histories import explored_histories, random_histories, shuffled, write

WORDS = {
    "reasons": {"R01": "频繁大额 velocity", "R03": "虚假交易 fictitious transaction"},
    "statuses": {"in_review_1": "初审中 First review", "closed_released": "已解除结案 Closed: released"},
    "kinds": {"freeze_appeal": "冻结申诉 Freeze appeal"},
}
PEOPLE = {"officer", "reviewer", "supervisor", "compliance_head", "robot"}


@pytest.fixture(scope="module")
async def pool(postgres):
    """A migrated database for all tests of this file: they only read what was made once."""
    name = f"views_{uuid4().hex}"
    async with await psycopg.AsyncConnection.connect(postgres, autocommit=True) as server:
        await server.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
        url = make_conninfo(postgres, dbname=name)
        await journals.migrate(url)
        async with await Journal.open(url) as journal:
            yield journal.pool
        await server.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


@pytest.fixture(scope="module")
async def told(pool):
    """Histories of which the first half was written before the views were made, a few cases at a time; the rest came in
    later, the cases mixed, in pages that end anywhere."""
    told = [*random_histories(15), *explored_histories()]
    dice = random.Random(7)
    mixed = shuffled(told, dice)
    async with pool.connection() as connection:
        await write(connection, list(chain(*mixed[: len(mixed) // 2])))
        for view in VIEWS.values():
            await rebuild(pool, view, WORDS, chunk=7)
        rest = mixed[len(mixed) // 2 :]
        while rest:
            many = dice.randint(1, 300)
            async with connection.transaction():
                await write(connection, list(chain(*rest[:many])))
            rest = rest[many:]
    projector = Projector(pool, WORDS, page=97)
    while await projector.round():
        pass
    return told


@pytest.fixture
def rows(pool):
    """The rows of a view, whatever their order."""

    async def read(view):
        async with pool.connection() as connection:
            return Counter(await (await connection.execute(f"select * from views.{view}")).fetchall())

    return read


def day(entry) -> date:
    return local_date(parse_time(entry.occurred_at))


def moved(told):
    """Money by day: newly held, and what became of it."""
    sums = {}
    for each in told:
        before = (0, 0, 0, 0)
        for entry, case in zip(each.entries, each.folded, strict=True):
            settled = case.settled
            after = (case.held_fen, settled.release_fen, settled.penalty_fen, settled.claims_fen)
            if after != before:
                so_far = sums.get(day(entry), (0, 0, 0, 0))
                sums[day(entry)] = tuple(s + a - b for s, a, b in zip(so_far, after, before, strict=True))
            before = after
    return sums


async def test_every_view_says_what_folding_the_same_events_in_python_says(told, rows):
    entries = [entry for each in told for entry in each.entries]

    assert await rows("ageing") == Counter(
        (t.case_id, "freeze_appeal", t.case.status.value, at(t.case.since), at(t.entries[0].occurred_at)) for t in told
    )
    assert await rows("outcomes") == Counter(outcome(each) for each in told)
    assert {row[:3]: row[3] for row in await rows("statistics")} == Counter(
        (day(entry), "freeze_appeal", entry.type) for entry in entries
    )
    assert {row[:3]: row[3] for row in await rows("workload")} == Counter(
        (day(first), first.actor.partition(":")[2], first.type)
        for each in told
        for first in firsts(each.entries)
        if first.actor.partition(":")[0] in PEOPLE
    )
    held = {row[0]: row[2:] for row in await rows("held_money") if any(row[2:])}
    assert held == {at_day: sums for at_day, sums in moved(told).items() if any(sums)}


async def test_the_course_of_the_days_and_the_overturns_are_what_folding_says(told, pool):
    first, last = (bound(day(entry) for each in told for entry in each.entries) for bound in (min, max))
    since, until = first + timedelta(days=1), last - timedelta(days=1)

    course = await Statistics(pool).course(since, until)

    opened = [local_date(parse_time(each.case.opened_at)) for each in told]
    closed = [ended_on(each.case) for each in told]
    late = Counter(day(entry) for each in told for entry in each.entries if entry.type == "ReviewOverdue")
    for row in course.days:
        assert (row["opened"], row["closed"]) == (opened.count(row["day"]), closed.count(row["day"]))
        assert row["late_reviews"] == late[row["day"]]
        standing = [1 for begun, ended in zip(opened, closed, strict=True) if begun <= row["day"] < (ended or date.max)]
        assert row["backlog"] == len(standing), row["day"]
    assert (course.days[0]["day"], course.days[-1]["day"]) == (since, until)
    assert sum(row["closed"] for row in course.days) > 0
    within = [each for each, begun in zip(told, opened, strict=True) if since <= begun <= until]
    assert {row["reason_code"]: row["returned"] for row in course.reasons} == {
        reason: sum(
            entry.type == "ReviewReturned"
            for each in within if each.case.reason_code == reason for entry in each.entries
        )
        for reason in {each.case.reason_code for each in within}
    }  # fmt: skip


async def test_what_a_view_says_does_not_depend_on_when_and_how_it_was_made(told, pool, rows):
    kept_up = {view: await rows(view) for view in VIEWS}

    for view in VIEWS.values():
        await rebuild(pool, view, WORDS, chunk=20)

    for view in VIEWS:
        made_anew = await rows(view)
        assert made_anew == kept_up[view], view
    assert {standing.behind for standing in await standings(pool)} == {0}


async def test_money_held_is_money_gone_and_money_that_remains_in_every_view_of_it(told, pool):
    async with pool.connection() as connection:
        row = await (
            await connection.execute(
                "select sum(held_fen)::bigint, sum(released_fen + penalty_fen + claims_fen)::bigint"
                " from views.held_money"
            )
        ).fetchone()

    held, gone = row
    assert held - gone == sum(each.case.remaining_fen for each in told)
    assert gone > 0


async def test_cases_say_their_status_their_reason_and_what_was_written_in_them(told, rows):
    words = {case_id: text for case_id, _, text in await rows("search")}

    assert words.keys() == {each.case_id for each in told}
    for each in told:
        text = words[each.case_id]
        assert each.case_id.lower() in text
        assert each.case.terminal_sn.lower() in text
        assert each.case.merchant_no in text
        assert each.case.reason_code.lower() in text
        assert ("初审中 first review" in text) == (each.case.status == "in_review_1")
        assert ("频繁大额" in text) >= (each.case.reason_code == "R01")
    assert any("evidence fits" in text or "theirs" in text for text in words.values())


def ended_on(case) -> date | None:
    return local_date(parse_time(case.closed_at)) if case.status in CLOSED else None


def at(text: str) -> datetime:
    return parse_time(text)


def firsts(entries):
    """The first entry of each command."""
    seen = set()
    for entry in entries:
        if entry.command_id not in seen:
            seen.add(entry.command_id)
            yield entry


def outcome(each):
    case, types = each.case, Counter(entry.type for entry in each.entries)
    closed = case.status in CLOSED
    return (
        each.case_id, "freeze_appeal", case.reason_code, at(case.opened_at),
        case.status.value if closed else None, at(case.closed_at) if closed else None,
        types["SupplementRequested"], types["ReviewReturned"], types["ApprovalVoided"], types["CaseReopened"],
    )  # fmt: skip
