"""Holds that stand for months: justified anew every thirty days, at L3 from day 90, disposed of on day 180; and how a
closed case is taken up again."""

from __future__ import annotations

from tests.workflows.hands import refusing
from tests.workflows.world import (
    COMPLIANCE,
    COMPLIANCE_2,
    HELD,
    MERCHANT,
    OFFICER,
    OFFICER_2,
    REVIEWER_1,
    REVIEWER_2,
    SUPERVISOR,
    Appeal,
    Desk,
    days,
)


async def rejected(desk: Desk, held_fen: int = 3_000_000) -> Appeal:
    appeal = await desk.open(held_fen=held_fen)
    await appeal.in_review()
    rejection = {"reason_code": "R01", "reason": "nothing is proved"}
    assert await appeal.give(REVIEWER_1, "reject", **rejection) == "CaseRejected"
    return appeal


async def test_a_hold_is_justified_anew_every_thirty_days_by_someone_who_did_not_place_it(desk: Desk) -> None:
    appeal = await desk.open()
    assert await appeal.give(OFFICER_2, "rejustify", reason="still") == "refused: no-hold-due"
    await desk.sleep(days(30.1))
    case = await appeal.until_event("HoldRejustifyDue")
    assert case.controls[0].rejustify_tier == "L2"
    assert await appeal.give(OFFICER, "rejustify", reason="still") == "refused: four-eyes"
    assert await appeal.give(OFFICER_2, "rejustify", reason="still under inquiry") == "HoldRejustified"
    await desk.sleep(days(30))
    await appeal.until_event("HoldRejustifyDue", times=2)
    assert [body["day"] for body in await appeal.bodies("HoldRejustifyDue")] == [30, 60]


async def test_on_a_closed_case_too_the_hold_is_justified_and_from_day_90_by_the_compliance_head(desk: Desk) -> None:
    appeal = await rejected(desk)
    await desk.sleep(days(91))
    case = await appeal.until_event("HoldRejustifyDue", times=3)
    assert case.status == "closed_rejected"
    assert [body["tier"] for body in await appeal.bodies("HoldRejustifyDue")] == ["L2", "L2", "L3"]
    assert await appeal.give(SUPERVISOR, "rejustify", reason="still") == "refused: tier-not-allowed"
    assert await appeal.give(COMPLIANCE, "rejustify", reason="still") == "HoldRejustified"
    await appeal.quiet()
    assert [n.audience for n in desk.hands.notices.values() if n.notice == "hold_due"] == ["lead"] * 3


async def test_on_day_180_a_hold_comes_before_supervisor_and_compliance_head(desk: Desk) -> None:
    appeal = await rejected(desk)
    await desk.sleep(days(180.1))
    case = await appeal.until_event("DisposalDue")
    assert case.status == "in_review_1"
    assert case.remaining_fen == 3_000_000  # silence released nothing
    assert await appeal.approve(REVIEWER_1) == "refused: tier-not-allowed"
    assert await appeal.approve(SUPERVISOR, 0, claims_fen=3_000_000) == "FirstApproval"
    assert await appeal.approve(COMPLIANCE, 0, claims_fen=3_000_000) == "SecondApproval"
    closed = await appeal.until("closed_released")
    assert closed.settled.claims_fen == 3_000_000
    assert "bank.pay_out" not in desk.hands.did()


async def test_what_a_partial_release_left_is_disposed_of_on_day_180(desk: Desk) -> None:
    appeal = await desk.open()
    await appeal.sent(5_000_000)
    await appeal.bank_says()
    await appeal.until("closed_released")
    await desk.sleep(days(180.1))
    case = await appeal.until_event("DisposalDue")
    assert (case.status, case.remaining_fen) == ("in_review_1", 3_642_000)
    assert "review" in case.dues
    assert await appeal.approve(SUPERVISOR) == "FirstApproval"
    assert await appeal.approve(COMPLIANCE) == "SecondApproval"
    await appeal.until_sent()
    await appeal.bank_says()
    closed = await appeal.until("closed_released")
    assert (closed.settled.release_fen, closed.remaining_fen) == (HELD, 0)


async def test_a_watch_that_risk_control_refuses_does_not_keep_what_is_left_from_being_disposed_of(desk: Desk) -> None:
    appeal = await desk.open()
    await appeal.in_review()
    await desk.sleep(days(179))
    desk.hands.next("risk.monitor", *(refusing("merchant-unknown") for _ in range(60)))
    assert await appeal.approve(REVIEWER_1, 5_000_000) == "FirstApproval"
    assert await appeal.approve(REVIEWER_2, 5_000_000) == "SecondApproval"
    await appeal.until_sent()
    await appeal.bank_says()
    await appeal.until_event("DiscrepancyFound")
    await desk.sleep(days(1.1))
    await appeal.until_event("DisposalDue")
    assert (await appeal.quiet()).refused == ()  # nobody needs the watch any more
    assert await appeal.approve(SUPERVISOR) == "FirstApproval"
    assert await appeal.approve(COMPLIANCE) == "SecondApproval"
    await appeal.until_sent()
    desk.hands.script.clear()
    await appeal.bank_says()
    await appeal.until("closed_released")
    await appeal.quiet()
    assert desk.hands.did().count("risk.monitor") == 1
    assert len(set(desk.hands.tried("risk.monitor"))) == 1


async def test_a_disposal_waits_while_another_case_is_open_on_the_terminal_and_is_tried_every_day(desk: Desk) -> None:
    appeal = await rejected(desk)
    await desk.sleep(days(170))
    other = await desk.open(held_fen=1_000_000, terminal_sn=appeal.terminal_sn)
    await other.draft()
    await desk.sleep(days(11))
    await appeal.quiet()
    assert (await appeal.case()).status == "closed_rejected"
    await other.give(MERCHANT, "withdraw", reason="later")
    await desk.sleep(days(1))
    await appeal.until_event("DisposalDue")
    assert (await appeal.case()).status == "in_review_1"


async def test_a_judicial_freeze_is_never_ours_to_dispose_of(desk: Desk) -> None:
    appeal = await desk.open("J01", kind="judicial_freeze")
    await desk.sleep(days(211))
    case = await appeal.until_event("HoldRejustifyDue", times=7)
    assert (case.status, case.held_fen) == ("opened", HELD)
    assert "DisposalDue" not in await appeal.types()


async def test_a_closed_case_can_be_reopened_within_thirty_days_and_then_needs_four_eyes(desk: Desk) -> None:
    appeal = await rejected(desk)
    await desk.sleep(days(29))
    assert await appeal.give(MERCHANT, "reopen", statement_ref="vault:2") == "CaseReopened"
    case = await appeal.case()
    assert (case.status, len(case.evidence.documents)) == ("draft", 4)
    await appeal.submit()
    await appeal.until("in_review_1")
    assert await appeal.approve(REVIEWER_1) == "FirstApproval"
    assert (await appeal.case()).status == "in_review_2"
    assert await appeal.approve(REVIEWER_2) == "SecondApproval"
    await appeal.until_sent()


async def test_after_thirty_days_a_closed_case_stays_closed(desk: Desk) -> None:
    appeal = await rejected(desk)
    await desk.sleep(days(30.1))
    await appeal.until_event("ReopenWindowEnded")
    assert await appeal.give(MERCHANT, "reopen", statement_ref="vault:2") == "refused: reopen-window-over"


async def test_false_papers_close_a_case_for_good(desk: Desk) -> None:
    appeal = await desk.open(held_fen=3_000_000)
    await appeal.in_review()
    rejection = {"reason_code": "F01", "reason": "the invoices are forged"}
    assert await appeal.give(REVIEWER_1, "reject", **rejection) == "CaseRejected"
    assert await appeal.give(MERCHANT, "reopen", statement_ref="vault:2") == "refused: not-reopenable"


async def test_a_withdrawn_case_keeps_its_control_and_can_come_back(desk: Desk) -> None:
    appeal = await desk.open(held_fen=3_000_000)
    await appeal.draft()
    assert await appeal.give(MERCHANT, "withdraw", reason="later") == "CaseWithdrawn"
    case = await appeal.quiet()
    assert (len(case.standing_controls), case.remaining_fen) == (1, 3_000_000)
    assert await appeal.give(MERCHANT, "reopen", statement_ref="vault:2") == "CaseReopened"
    assert await appeal.approve(COMPLIANCE_2) == "refused: wrong-status"
