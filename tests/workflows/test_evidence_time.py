"""The merchant's time: ten business days with reminders, one extension, five per supplement round; then it expires.

Weeks of holidays pass in milliseconds."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import policies
from domain.business_time import SHANGHAI, parse_time
from domain.text import Text
from tests.workflows.world import COMPLIANCE, MERCHANT, REVIEWER_1, Appeal, Desk, days
from workflows import ports

DeskOn = Callable[[str], AbstractAsyncContextManager[Desk]]
WHY = {"zh": "看不清。", "en": "It cannot be read."}


async def happened(appeal: Appeal, kind: str) -> list[str]:
    """When the events of one type happened, in Shanghai, to the minute."""
    times = [entry.occurred_at for entry in await appeal.entries() if entry.type == kind]
    return [parse_time(at).astimezone(SHANGHAI).strftime("%m-%d %H:%M") for at in times]


async def due(appeal: Appeal, name: str) -> str:
    return parse_time((await appeal.case()).dues[name].due).astimezone(SHANGHAI).strftime("%m-%d %H:%M")


async def test_the_october_holiday_does_not_count_and_its_make_up_day_does(desk_on: DeskOn) -> None:
    async with desk_on("2026-09-28T10:00:00+08:00") as desk:
        appeal = await desk.open()
        await appeal.draft()
        assert await due(appeal, "evidence") == "10-17 00:00"
        await desk.sleep(days(20))
        await appeal.until("closed_expired")
        assert await happened(appeal, "EvidenceReminded") == ["10-13 09:00", "10-15 09:00"]
        assert [body["days_left"] for body in await appeal.bodies("EvidenceReminded")] == [3, 1]
        assert await happened(appeal, "CaseExpired") == ["10-17 00:00"]


async def test_the_spring_festival_does_not_count_and_its_make_up_days_do(desk_on: DeskOn) -> None:
    async with desk_on("2026-02-11T17:30:00+08:00") as desk:
        appeal = await desk.open()
        await appeal.confirm()
        assert await due(appeal, "evidence") == "03-04 00:00"
        await desk.sleep(days(21))
        await appeal.until("closed_expired")
        assert await happened(appeal, "EvidenceReminded") == ["02-27 09:00", "03-02 09:00"]
        basis = (await appeal.bodies("ReasonConfirmed"))[0]["dues"][0]["basis"]["en"]
        assert "public holidays skipped: 2026-02-15 to 2026-02-23" in basis
        assert "make-up days counted: 2026-02-14, 2026-02-28" in basis


async def test_a_case_keeps_the_numbers_it_was_opened_under(desk: Desk) -> None:
    moved = policies.load("2026-11-01+1(timers.evidence_bd=12,timers.evidence_reminders_bd=5)")
    before, after = await desk.open(), await desk.open(policy=moved)
    for appeal in (before, after):
        await appeal.confirm()
    assert (await due(before, "evidence"), await due(after, "evidence")) == ("11-17 00:00", "11-19 00:00")
    await desk.sleep(days(20))
    await after.until("closed_expired")
    assert [body["days_left"] for body in await after.bodies("EvidenceReminded")] == [5]


async def test_the_time_can_be_extended_once_by_five_business_days_with_new_reminders(desk: Desk) -> None:
    appeal = await desk.open()
    await appeal.draft()
    assert await due(appeal, "evidence") == "11-17 00:00"
    await desk.sleep(days(13))
    assert await appeal.give(MERCHANT, "extend_evidence") == "EvidenceExtended"
    assert await appeal.give(MERCHANT, "extend_evidence") == "refused: already-extended"
    assert await due(appeal, "evidence") == "11-24 00:00"
    await desk.sleep(days(10))
    await appeal.until("closed_expired")
    assert await happened(appeal, "EvidenceReminded") == [
        "11-11 09:00",
        "11-13 09:00",
        "11-18 09:00",
        "11-20 09:00",
    ]
    assert await happened(appeal, "CaseExpired") == ["11-24 00:00"]


async def test_an_expired_case_keeps_its_controls_and_tells_the_merchant_how_to_go_on(desk: Desk) -> None:
    appeal = await desk.open()
    await appeal.draft()
    await desk.sleep(days(16))
    case = await appeal.until("closed_expired")
    assert len(case.standing_controls) == 1
    assert "reopen" in case.dues
    await appeal.quiet()
    assert [notice.notice for notice in desk.hands.notices.values()][-1] == "expired"
    assert not await appeal.ended()


async def test_submitting_in_time_ends_the_evidence_period(desk: Desk) -> None:
    appeal = await desk.open()
    await appeal.in_review()
    assert "evidence" not in (await appeal.case()).dues
    await desk.sleep(days(1))
    assert (await appeal.case()).status == "in_review_1"


async def test_nobody_confirming_the_reason_expires_nothing(desk: Desk) -> None:
    appeal = await desk.open()
    await desk.sleep(days(29))
    assert (await appeal.case()).status == "opened"


async def supplement(appeal: Appeal, by: object = REVIEWER_1, doc_type: str = "D06") -> str:
    return await appeal.give(by, "request_supplement", items=[{"doc_type": doc_type, "reason": WHY}])  # type: ignore[arg-type]


async def test_a_supplement_has_five_business_days_a_round_and_then_expires(desk: Desk) -> None:
    appeal = await desk.open()
    await appeal.in_review()
    assert await supplement(appeal) == "SupplementRequested"
    assert await due(appeal, "supplement") == "11-10 00:00"
    await desk.sleep(days(5))
    await appeal.resubmit()
    await appeal.until("in_review_1")
    assert await supplement(appeal) == "SupplementRequested"
    assert await due(appeal, "supplement") == "11-14 00:00"
    await desk.sleep(days(8))
    case = await appeal.until("closed_expired")
    assert (await appeal.bodies("CaseExpired"))[0]["deadline"] == "supplement"
    assert case.evidence.rounds == 2


async def test_after_three_rounds_only_the_compliance_head_can_ask_once_more(desk: Desk) -> None:
    appeal = await desk.open(held_fen=3_000_000)
    await appeal.in_review()
    for _ in range(3):
        assert await supplement(appeal) == "SupplementRequested"
        await appeal.resubmit()
        await appeal.until("in_review_1")
    assert await supplement(appeal) == "refused: rounds-exhausted"
    assert await supplement(appeal, COMPLIANCE) == "SupplementRequested"
    await appeal.resubmit()
    await appeal.until("in_review_1")
    assert await supplement(appeal, COMPLIANCE) == "refused: rounds-exhausted"
    rejection = await appeal.give(REVIEWER_1, "reject", reason_code="R01", reason="nothing is proved")
    assert rejection == "CaseRejected"


async def test_only_what_was_asked_for_can_be_replaced_and_the_reviewers_wish_reaches_the_merchant(desk: Desk) -> None:
    appeal = await desk.open()
    await appeal.in_review()
    await supplement(appeal)
    document = {"document_id": "odd", "doc_type": "D01", "sha256": "00", "media_type": "image/png"}
    assert await appeal.give(MERCHANT, "add_document", document=document) == "refused: not-asked-for"
    assert await appeal.give(MERCHANT, "resubmit") == "refused: documents-missing"
    await appeal.quiet()
    told = next(notice for notice in desk.hands.notices.values() if notice.notice == "supplement_requested")
    assert [(doc_type, why.en) for doc_type, why in told.items] == [("D06", WHY["en"])]


async def test_a_document_the_machine_rejects_goes_back_without_counting_as_a_round(desk: Desk) -> None:
    appeal = await desk.open()
    desk.hands.verdicts["D06"] = ports.Verified("failed", (Text("金额不符。", "The amounts differ."),))
    await appeal.draft()
    await appeal.file_all()
    await appeal.submit()
    case = await appeal.until("awaiting_supplement")
    assert (case.evidence.rounds, [item.doc_type for item in case.evidence.asked]) == (0, ["D06"])
    desk.hands.verdicts.clear()
    await appeal.resubmit()
    await appeal.until("in_review_1")
