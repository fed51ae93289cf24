"""The differences of a day at the desk: listed, shown in both languages, settled with a reason by who may."""

from __future__ import annotations

from datetime import date

from domain.reconciliation import Difference
from tests.desk.house import House
from tests.desk.surfer import Surfer

DAY = date(2026, 11, 26)
NOT_AT_BANK = Difference("not-at-bank", "FA-1:step:4", "journal: sent", "bank: no such payment", "FA-1", "FA-1:step:4")
TORN = Difference("unreadable-line", "2026-11-26:2", "line 2 of the statement of 2026-11-26", "no ref")


async def reconciled(house: House, *found: Difference) -> None:
    await house.desk.reconciling.keep(DAY, found, cases=3, postings=9, bank_lines=2)


async def listed(house: House) -> list[dict]:
    return (await house.auditor1.get("/api/v1/discrepancies")).json()["items"]


async def test_each_difference_is_a_work_item_with_its_kind_and_day(house: House):
    await reconciled(house, NOT_AT_BANK, TORN)

    assert [(one["kind"], one["day"], one["source"], one["case_id"]) for one in await listed(house)] == [
        ("unreadable-line", "2026-11-26", "reconciliation", None),
        ("not-at-bank", "2026-11-26", "reconciliation", "FA-1"),
    ]
    (run,) = (await house.auditor1.get("/api/v1/reconciliations")).json()["items"]
    assert (run["day"], run["cases"], run["differences"], run["open"]) == ("2026-11-26", 3, 2, 2)


async def test_a_settled_difference_stays_settled_when_the_day_is_reconciled_again(house: House):
    await reconciled(house, NOT_AT_BANK, TORN)
    number = next(one["id"] for one in await listed(house) if one["kind"] == "not-at-bank")
    answer = await house.supervisor1.post(f"/api/v1/discrepancies/{number}/resolve", {"reason": "the bank was late"})
    assert answer.json() == {"id": number, "resolved_by": "supervisor1"}

    await reconciled(house, NOT_AT_BANK)

    assert await listed(house) == []  # the torn line is not found any more
    (run,) = (await house.auditor1.get("/api/v1/reconciliations")).json()["items"]
    assert (run["runs"], run["differences"], run["open"]) == (2, 1, 0)


async def test_an_auditor_sees_the_books_and_settles_nothing_and_a_merchant_sees_nothing(house: House):
    await reconciled(house, NOT_AT_BANK)
    (one,) = await listed(house)

    settling = f"/api/v1/discrepancies/{one['id']}/resolve"
    assert (await house.auditor1.post(settling, {"reason": "x"})).status_code == 403
    assert (await house.supervisor1.post(settling, {"reason": " "})).status_code == 422
    assert (await house.merchant1.get("/api/v1/reconciliations")).status_code == 403
    assert len(await listed(house)) == 1


async def test_the_page_shows_the_differences_in_both_languages_and_settles_them(house: House):
    await reconciled(house, NOT_AT_BANK)
    surfer, chinese = Surfer(house, language="en"), Surfer(house, language="zh")
    await surfer.log_in("supervisor1")
    await chinese.log_in("auditor1")

    page = await surfer.page("/console/books")
    assert "A payout that the bank's statement lacks" in page.text
    assert "银行对账单无此付款" in (await chinese.page("/console/books")).text

    (one,) = await listed(house)
    answer = await surfer.send(page.form(f"/console/books/{one['id']}/resolve"), reason="the bank was late")
    assert "The difference is settled." in surfer.read(answer).text
    assert await listed(house) == []


async def test_a_merchant_finds_no_books(house: House):
    surfer = Surfer(house, language="en")
    await surfer.log_in("merchant1")

    await surfer.page("/console/books", status=403)
