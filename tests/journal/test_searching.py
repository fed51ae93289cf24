"""A case is found by any part of what it says in the clear, in Chinese and in Latin letters, and by nothing else."""

import pytest

from journal.cases import Cases, Filters
from journal.rebuilding import rebuild
from journal.views import VIEWS
from tests.journal.histories import said, write

WORDS = {
    "reasons": {"R01": "频繁大额 velocity/large amounts", "J02": "反洗钱 anti-money-laundering"},
    "statuses": {"reason_confirmed": "原因已确认 Reason confirmed", "in_review_1": "初审中 First review"},
    "kinds": {"freeze_appeal": "冻结申诉 Freeze appeal"},
}


def frozen(number, reason="R01", detail=""):
    placed = {"control_id": f"C-{number}", "reason_code": reason, "terminal_sn": f"SN-00{number}", "held_fen": 1,
              "external_ref": f"RISK/{number}", "detail": detail}  # fmt: skip
    opening = {"merchant_no": f"84710000000{number}", "terminal_sn": f"SN-00{number}", "control": placed}
    return ("TerminalFrozen", opening)


@pytest.fixture
async def cases(pool, journal):
    """Four cases: confirmed with a note; in review after a supplement; with a hidden reason; with a machine's doubt."""
    supplement = {
        "items": [{"doc_type": "D06", "reason": {"zh": "签购单缺少持卡人签名。", "en": "The slip lacks a signature."}}]
    }
    confirmed = {"reason_code": "R01", "note": "商户材料齐全，ＡＢＣ"}
    doubt = {"findings": [{"zh": "照片模糊,无法辨认", "en": "The photo is blurred."}], "outcome": "unsure"}
    histories = {
        "FA-20260302-QWERTY12": [frozen(7001, detail="100%_sure"), ("ReasonConfirmed", confirmed)],
        "FA-20260302-ZXCVBN34": [frozen(7002), ("SupplementRequested", supplement), ("ChecksPassed", {})],
        "FA-20260303-HIDDEN56": [frozen(7003, "J02")],
        "FA-20260304-DOUBTS78": [
            frozen(7004), ("AppealOpened", {"statement_ref": "vault:secret-statement"}), ("DocumentChecked", doubt),
        ],
    }  # fmt: skip
    async with pool.connection() as connection:
        for day, (case_id, events) in enumerate(histories.items(), 1):
            await write(connection, said(case_id, *events, at=f"2026-03-0{day}T01:00:00.000000+00:00"))
        await connection.execute(
            "update journal.streams set status = 'opened', held_fen = 0, tier = 'L1', merchant_no = '847', open = true"
        )
    await rebuild(pool, VIEWS["search"], WORDS)
    return Cases(pool)


async def found(cases, q, **more):
    return [case.case_id[-2:] for case in (await cases.page(Filters(q=q, **more))).items]


FOUND = {
    "QWERTY12": ["12"],
    "qwerty": ["12"],
    "0302-ZX": ["34"],
    "FA-2026030": ["78", "56", "34", "12"],
    "SN-007002": ["34"],
    "7002": ["34"],
    "8471000000070": ["78", "56", "34", "12"],
    "risk/7003": ["56"],
    "J02": ["56"],
    "反洗钱": ["56"],
    "洗钱": ["56"],
    "velocity": ["78", "34", "12"],
    "large amounts": ["78", "34", "12"],
    "First review": ["34"],
    "初审": ["34"],
    "材料齐全": ["12"],
    "齐全": ["12"],
    "齐": ["12"],
    "全材": [],
    "材料不全": [],
    "签名": ["34"],
    "持卡人 signature": ["34"],
    "持卡人 velocity 没有": [],
    "模糊": ["78"],
    "blurred": ["78"],
    "abc": ["12"],
    "ＡＢＣ": ["12"],
    "100%_sure": ["12"],
    "100%sure": [],
    "q_erty": [],
    "冻结申诉 R01 SN-007004": ["78"],
    "fa": ["78", "56", "34", "12"],
    "f": [],
    "secret-statement": [],
    "vault": [],
    "'; drop table": [],
    "\\": [],
}


async def test_a_case_is_found_by_any_part_of_what_it_says_in_the_clear(cases):
    assert {q: await found(cases, q) for q in FOUND} == FOUND


async def test_what_is_found_can_be_narrowed_and_comes_in_pages(cases):
    first = await cases.page(Filters(q="冻结申诉"), limit=3)
    second = await cases.page(Filters(q="冻结申诉"), first.cursor, limit=3)

    assert [case.case_id[-2:] for case in (*first.items, *second.items)] == ["78", "56", "34", "12"]
    assert second.cursor is None
    assert await found(cases, "冻结申诉", status="closed_released") == []
    assert await found(cases, "冻结申诉", tier="L1", open=True) == ["78", "56", "34", "12"]


async def test_a_rare_word_is_found_among_many_cases_that_do_not_say_it(cases, pool):
    async with pool.connection() as connection:
        await connection.execute(
            "insert into views.search_1 select 'X-' || n, now(), '案件 ' || n from generate_series(1, 3000) as n"
        )
        await connection.execute(
            "insert into journal.streams (stream, kind, position, head, version, opened_at, status, held_fen)"
            " select 'X-' || n, 'freeze_appeal', 1, decode(repeat('00', 32), 'hex'), 1, now(), 'opened', 0"
            " from generate_series(1, 3000) as n"
        )

    assert await found(cases, "齐全") == ["12"]
    assert await found(cases, "qwerty") == ["12"]
    assert len(await found(cases, "案件")) == 50
    assert await found(cases, "X-2999") == ["99"]


async def test_a_case_is_found_by_its_number_before_the_view_knows_it(cases, pool):
    async with pool.connection() as connection:
        await write(connection, said("FA-JUST-NOW", frozen(9999)))
        await connection.execute(
            "update journal.streams set status = 'opened', held_fen = 0, terminal_sn = 'SN-NEW'"
            " where stream = 'FA-JUST-NOW'"
        )

    assert await found(cases, "FA-JUST-NOW") == ["OW"]
    assert await found(cases, "SN-NEW") == ["OW"]
    assert await found(cases, "JUST") == []


async def test_without_the_view_exact_numbers_are_found(journal, case):
    listed = Cases(journal.pool)

    assert [each.case_id for each in (await listed.page(Filters(q=case.stream))).items] == [case.stream]
    assert (await listed.page(Filters(q="AAAA"))).items == ()


async def test_merchants_find_their_cases_by_numbers_only(cases):
    assert await found(cases, "J02", public=True) == []
    assert await found(cases, "材料", public=True) == []
    assert await found(cases, "qwerty", public=True, merchant_no="847") == ["12"]
    assert await found(cases, "qwerty", public=True, merchant_no="other") == []
