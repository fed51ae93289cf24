"""Closing a month: nothing is booked in it any more, by anyone; what was wrong is corrected in the open month."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import psycopg
import pytest

from partners.kit import Settings, running
from partners.ledger import app
from tests.partners.conftest import M, in_one_transaction


def today() -> date:
    return datetime.now(UTC).astimezone(ZoneInfo("Asia/Shanghai")).date()


def refused(answer):
    return answer.status_code, answer.json()["code"]


async def close(books, period):
    return await books.post("/periods/close", period=period)


async def takings_on(books, day):
    return await books.post("/settlements", merchant_no=M, amount_fen=500, ref="day", booked_on=str(day))


async def test_a_closed_month_takes_no_posting_and_says_through_when_the_books_are_closed(books):
    await takings_on(books, "2025-03-31")
    await takings_on(books, "2025-04-01")

    closed = (await close(books, "2025-03")).json()
    late = await takings_on(books, "2025-03-31")

    assert (closed["postings"], closed["debit_fen"], closed["credit_fen"]) == (1, 500, 500)
    assert refused(late) == (409, "period-closed")
    assert late.json()["closed_through"] == "2025-03-31"
    assert (await takings_on(books, "2025-04-01")).status_code == 201
    assert (await books.client.get("/periods")).json()["closed_through"] == "2025-03-31"


async def test_a_correction_of_a_closed_month_is_booked_in_the_open_one(books):
    wrong = (await takings_on(books, "2025-03-31")).json()
    await close(books, "2025-03")
    before = await through(books, "2025-03-31")

    corrected = (await books.post("/reversals", posting_id=wrong["posting_id"], reason="counted twice")).json()

    assert corrected["booked_on"] >= str(today() - timedelta(days=1))
    assert await through(books, "2025-03-31") == before
    assert before["debit_fen"] == 500
    assert await books.balances() == {"merchant_payable": 1_000_000}


async def through(books, day):
    return (await books.client.get("/trial-balance", params={"through": day})).json()


async def test_a_month_is_closed_once_and_the_months_before_it_with_it(books):
    await close(books, "2025-03")

    assert refused(await close(books, "2025-03")) == (409, "period-closed")
    assert refused(await close(books, "2025-02")) == (409, "period-closed")
    assert refused(await takings_on(books, "2024-01-05")) == (409, "period-closed")


async def test_a_month_that_is_not_over_is_not_closed_and_no_day_to_come_is_booked(books):
    assert refused(await close(books, f"{today():%Y-%m}")) == (409, "period-not-over")
    assert refused(await takings_on(books, today() + timedelta(days=2))) == (409, "day-not-come")
    assert refused(await close(books, "2025-13")) == (422, "invalid")


LATE = """
WITH posting AS (INSERT INTO ledger.postings (kind, key, booked_on) VALUES ('forged', 'forged', '2025-03-31')
                 RETURNING posting_id)
INSERT INTO ledger.lines (posting_id, line_no, account, side, amount_fen)
SELECT posting_id, line_no, 'bank', side, 5 FROM posting, (VALUES (1, 'debit'), (2, 'credit')) AS line (line_no, side)
"""


@pytest.mark.parametrize(
    ("statements", "says"),
    [
        ([LATE], "closed through 2025-03-31"),
        (["SET session_replication_role = replica", LATE], "closed through 2025-03-31"),
        (["UPDATE ledger.closing SET closed_through = '2025-02-28'"], "not opened again"),
        (["DELETE FROM ledger.closing"], "only added to"),
        (["TRUNCATE ledger.closing"], "only added to"),
        (["DELETE FROM ledger.periods"], "only added to"),
        (["UPDATE ledger.postings SET booked_on = '2025-03-31'"], "only added to"),
    ],
)
async def test_the_database_refuses_to_open_a_closed_month_or_book_into_it_whoever_asks(
    books, database, statements, says
):
    await close(books, "2025-03")

    with pytest.raises(psycopg.IntegrityError, match=says):
        await in_one_transaction(database, statements)


@pytest.mark.parametrize("isolation", [psycopg.IsolationLevel.READ_COMMITTED, psycopg.IsolationLevel.REPEATABLE_READ])
async def test_a_posting_under_way_and_a_close_never_pass_each_other(books, database, isolation):
    connection = await psycopg.AsyncConnection.connect(database)
    await connection.set_isolation_level(isolation)
    try:
        await connection.execute(LATE)  # its checks come with its commit
        assert (await close(books, "2025-03")).json()["postings"] == 0
        with pytest.raises((psycopg.IntegrityError, psycopg.errors.SerializationFailure)):
            await connection.commit()
    finally:
        await connection.close()
    assert (await through(books, "2025-03-31"))["debit_fen"] == 0


async def test_a_close_waits_for_a_posting_that_has_been_checked_and_counts_it(books, database):
    async with await psycopg.AsyncConnection.connect(database) as connection:
        await connection.execute(LATE)
        await connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
        closing = asyncio.create_task(close(books, "2025-03"))
        await asyncio.wait({closing}, timeout=0.3)
        assert not closing.done()
        await connection.commit()

    assert (await closing).json()["postings"] == 1


async def test_the_chart_names_every_account_in_both_languages(books):
    chart = (await books.client.get("/chart")).json()["accounts"]

    in_use = {one["account"].partition(":")[0] for one in (await books.trial_balance())["accounts"]}
    assert {one["code"] for one in chart} == in_use
    assert all(one["name_zh"] and one["name_en"] for one in chart)


async def test_a_statement_says_what_the_accounts_held_before_and_after_each_page(books):
    await books.hold(1000)
    await books.hold(500, "C2")

    first = (await books.client.get(f"/merchants/{M}/statement", params={"limit": 2})).json()
    second = (await books.client.get(f"/merchants/{M}/statement", params={"after": first["next"]})).json()

    assert first["opening"]["merchant_payable"] == 0
    assert first["closing"] == second["opening"]
    assert (second["opening"]["merchant_held"], second["closing"]["merchant_held"]) == (1000, 1500)


async def test_a_days_postings_are_read_page_by_page(books):
    await takings_on(books, "2025-03-31")
    await takings_on(books, "2025-03-31")

    page = (await books.client.get("/postings", params={"day": "2025-03-31", "limit": 1})).json()
    rest = (await books.client.get("/postings", params={"day": "2025-03-31", "after": page["next"]})).json()

    assert (len(page["postings"]), len(rest["postings"]), rest["next"]) == (1, 1, None)
    assert page["postings"][0]["posting_id"] < rest["postings"][0]["posting_id"]


async def test_books_begun_before_postings_had_a_day_of_their_own_get_the_day_they_were_written(books, database):
    await in_one_transaction(database, ["ALTER TABLE ledger.postings DROP COLUMN booked_on CASCADE"])

    async with running(app(Settings(database))) as client:
        statement = (await client.get(f"/merchants/{M}/statement")).json()

    (line,) = statement["lines"]
    written = datetime.fromisoformat(line["posted_at"]).astimezone(ZoneInfo("Asia/Shanghai")).date()
    assert line["booked_on"] == str(written)
