"""Review over time: reassigned when overdue, valid for five business days, void when what it rests on changes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from temporalio.client import WorkflowUpdateFailedError

from domain import listing
from domain.business_time import SHANGHAI, parse_time
from tests.workflows.world import (
    COMPLIANCE,
    HELD,
    MERCHANT,
    OFFICER,
    POLICY,
    REVIEWER_1,
    REVIEWER_2,
    REVIEWER_3,
    ROBOT,
    SUPERVISOR,
    Desk,
    days,
)
from workflows.freeze_appeal import FreezeAppeal

DeskOn = Callable[[str], AbstractAsyncContextManager[Desk]]


def shanghai(at: str) -> str:
    return parse_time(at).astimezone(SHANGHAI).strftime("%m-%d %H:%M")


async def test_a_review_nobody_makes_is_reassigned_and_the_lead_told_but_never_decided(desk: Desk) -> None:
    appeal = await desk.open()
    case = await appeal.in_review()
    (first_task,) = [task["task_id"] for task in listing.tasks(case, POLICY, case.since)]
    await desk.sleep(days(3.1))
    case = await appeal.until_event("ReviewOverdue")
    (second_task,) = [task["task_id"] for task in listing.tasks(case, POLICY, case.since)]
    assert first_task != second_task
    await desk.sleep(days(8.5))
    case = await appeal.until_event("ReviewOverdue", times=3)
    assert case.status == "in_review_1"
    assert (await appeal.types()).count("DecisionLate") == 1
    await appeal.quiet()
    late = [notice.audience for notice in desk.hands.notices.values() if notice.notice == "review_late"]
    assert late == ["lead"] * 4


async def test_the_second_review_has_one_business_day(desk: Desk) -> None:
    appeal = await desk.open()
    await appeal.in_review()
    await appeal.approve(REVIEWER_1)
    due = parse_time((await appeal.case()).dues["review"].due) - await desk.now()
    assert due.days == 0
    await desk.sleep(days(1.1))
    await appeal.until_event("ReviewOverdue")
    assert (await appeal.bodies("ReviewOverdue"))[0]["level"] == 2
    assert await appeal.approve(REVIEWER_2) == "SecondApproval"


async def test_a_licence_that_expires_between_the_two_approvals_voids_the_first(desk_on: DeskOn) -> None:
    """Scenario 2 of the specification: C's licence ends on Sunday, 15 November 2026."""
    async with desk_on("2026-11-10T09:30:00+08:00") as desk:
        appeal = await desk.open("R01")
        await appeal.draft()
        await appeal.file("D01", valid_until="2026-11-15")
        await appeal.file_all()
        await appeal.submit()
        await appeal.until("in_review_1")
        await desk.sleep_until("2026-11-13T16:00:00+08:00")
        assert await appeal.approve(REVIEWER_1) == "FirstApproval"
        await desk.sleep_until("2026-11-16T09:30:00+08:00")
        seen = (await appeal.case()).version
        assert await appeal.approve(REVIEWER_2, seen=seen, release_fen=HELD) == "refused: approval-voided"
        case = await appeal.case()
        assert (case.status, case.review.first) == ("awaiting_supplement", None)
        assert [item.doc_type for item in case.evidence.asked] == ["D01"]
        assert case.evidence.rounds == 0
        assert (await appeal.types()).count("ApprovalVoided") == 1
        await appeal.file("D01", valid_until="2036-11-15")
        assert await appeal.give(MERCHANT, "resubmit") == "EvidenceResubmitted"
        await appeal.until("in_review_1")
        assert await appeal.approve(REVIEWER_1) == "FirstApproval"
        assert await appeal.approve(REVIEWER_2) == "SecondApproval"
        await appeal.until_sent()


async def test_the_voiding_approval_gets_the_same_refusal_when_it_is_repeated(desk_on: DeskOn) -> None:
    async with desk_on("2026-11-13T10:00:00+08:00") as desk:
        appeal = await desk.open("R01")
        await appeal.draft()
        await appeal.file("D01", valid_until="2026-11-15")
        await appeal.file_all()
        await appeal.submit()
        await appeal.until("in_review_1")
        await appeal.approve(REVIEWER_1)
        await desk.sleep_until("2026-11-16T09:30:00+08:00")
        body = {"release_fen": HELD, "penalty_fen": 0, "claims_fen": 0, "reason": "fits"}
        assert await appeal.give(REVIEWER_2, "approve", command_id="once", **body) == "refused: approval-voided"
        await appeal.quiet()
        await appeal.start_anew()
        assert await appeal.give(REVIEWER_2, "approve", command_id="once", **body) == "refused: approval-voided"
        assert (await appeal.types()).count("ApprovalVoided") == 1


async def test_evidence_that_expires_before_the_release_starts_is_asked_for_again(desk_on: DeskOn) -> None:
    async with desk_on("2026-11-13T10:00:00+08:00") as desk:
        appeal = await desk.open("S01", held_fen=3_000_000)
        await appeal.draft()
        await appeal.file("D03", valid_until="2026-11-15")
        await appeal.submit()
        await appeal.until("in_review_1")
        await appeal.until(lambda case: all(control.in_force for control in case.standing_controls))
        assert await appeal.approve(REVIEWER_1) == "FirstApproval"
        await appeal.until("pre_release_actions")
        await desk.sleep_until("2026-11-16T09:30:00+08:00")
        done = await appeal.give(MERCHANT, "reset_credentials")
        assert done == "ActionDone, ApprovalVoided"
        assert (await appeal.case()).status == "awaiting_supplement"
        assert "ledger.reserve" not in desk.hands.did()


async def test_a_second_control_in_mid_review_voids_the_approval_given_before_it(desk: Desk) -> None:
    appeal = await desk.open()
    await appeal.in_review()
    await appeal.approve(REVIEWER_1)
    assert await appeal.another_control("R02", held_fen=1_000_000) == "ControlAttached, ApprovalVoided"
    case = await appeal.until(lambda case: all(control.in_force for control in case.standing_controls))
    assert (case.status, case.review.first, case.held_fen) == ("in_review_1", None, HELD + 1_000_000)
    assert desk.hands.order_of("ledger.hold").amount_fen == 1_000_000
    assert await appeal.approve(REVIEWER_1) == "FirstApproval"
    assert await appeal.approve(REVIEWER_2) == "SecondApproval"
    await appeal.until_sent()
    assert desk.hands.order_of("ledger.ledger_release").release_fen == HELD + 1_000_000


async def test_an_approval_waits_until_every_control_is_in_force(desk: Desk) -> None:
    desk.hands.away.add("ledger")
    appeal = await desk.open()
    await appeal.draft()
    await appeal.file_all()
    await appeal.submit()
    await appeal.until("in_review_1")
    assert await appeal.approve(REVIEWER_1) == "refused: controls-not-enforced"


async def test_a_changed_party_voids_the_approval(desk: Desk) -> None:
    appeal = await desk.open()
    await appeal.in_review()
    await appeal.approve(REVIEWER_1)
    changed = await appeal.give(OFFICER, "change_party", what="legal_representative")
    assert changed == "PartyChanged, ApprovalVoided"
    assert (await appeal.case()).status == "in_review_1"


async def test_an_approval_is_valid_for_five_business_days(desk: Desk) -> None:
    appeal = await desk.open("S01", held_fen=3_000_000)
    await appeal.in_review()
    await appeal.approve(REVIEWER_1)
    await appeal.until("pre_release_actions")
    await desk.sleep(days(6.9))
    assert (await appeal.case()).status == "pre_release_actions"
    await desk.sleep(days(0.3))
    case = await appeal.until("in_review_1")
    assert (await appeal.bodies("ApprovalVoided"))[0]["cause"] == "validity_over"
    assert case.review.first is None


async def test_at_l2_a_rejection_needs_two_and_against_an_approval_sends_the_case_back(desk: Desk) -> None:
    appeal = await desk.open()
    await appeal.in_review()
    await appeal.approve(REVIEWER_1)
    rejection = {"reason_code": "R01", "reason": "the slips do not fit"}
    assert await appeal.give(REVIEWER_2, "reject", **rejection) == "ReviewReturned"
    assert (await appeal.case()).status == "in_review_1"
    assert await appeal.give(REVIEWER_2, "reject", **rejection) == "RejectProposed"
    assert await appeal.give(REVIEWER_2, "reject", **rejection) == "refused: four-eyes"
    assert await appeal.give(REVIEWER_3, "reject", **rejection) == "CaseRejected"
    case = await appeal.case()
    assert (case.status, len(case.standing_controls)) == ("closed_rejected", 1)


async def test_the_robot_decides_an_l0_case_under_the_rule_that_lets_it(desk: Desk) -> None:
    appeal = await desk.open("S03", kind="txn_block", held_fen=0)
    await appeal.in_review()
    assert await appeal.approve(ROBOT) == "FirstApproval"
    assert (await appeal.bodies("FirstApproval"))[0]["rule"] == "L0-S03-identity"
    await appeal.until("closed_released")
    other = await desk.open()
    await other.in_review()
    assert (await other.approve(ROBOT)).startswith("refused: ")


async def test_two_decisions_at_one_version_end_in_one_decision_and_one_stale_version(desk: Desk) -> None:
    appeal = await desk.open()
    await appeal.in_review()
    await appeal.approve(SUPERVISOR)
    seen = (await appeal.case()).version
    approval = appeal.approve(REVIEWER_1, HELD, seen=seen)
    rejection = appeal.give(REVIEWER_2, "reject", seen=seen, reason_code="R01", reason="no")
    decided, refused = sorted(await asyncio.gather(approval, rejection))
    assert (decided in {"SecondApproval", "ReviewReturned"}, refused) == (True, "refused: stale-version")


async def test_a_refusal_says_its_code_status_and_words_in_both_languages(desk: Desk) -> None:
    appeal = await desk.open()
    order = appeal.order(COMPLIANCE, "confirm_reason", None, None, {"reason_code": "R01"})
    try:
        await appeal.handle.execute_update(FreezeAppeal.give, order, id=order.command_id)
    except WorkflowUpdateFailedError as error:
        cause = error.cause
    assert cause.type == "role-not-allowed"  # type: ignore[attr-defined]
    status, zh, en = cause.details  # type: ignore[attr-defined]
    assert (status, "角色" in zh, "role" in en) == (403, True, True)
