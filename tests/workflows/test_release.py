"""The release of a freeze appeal, carried out step by step."""

from __future__ import annotations

from datetime import timedelta

from temporalio.client import WorkflowExecutionStatus

from tests.workflows.world import REVIEWER_1, REVIEWER_2, Desk


async def test_a_freeze_appeal_goes_from_first_notice_to_closed_books(desk: Desk) -> None:
    appeal = await desk.open()
    await appeal.in_review()
    assert await appeal.approve(REVIEWER_1) == "FirstApproval"
    assert await appeal.approve(REVIEWER_1) == "refused: four-eyes"
    assert await appeal.approve(REVIEWER_2) == "SecondApproval"
    executing = await appeal.until("executing")
    while executing.case.release.payout != "sent" or executing.case.release.in_flight:
        executing = await appeal.until("executing")
    assert (await appeal.paid_out()).startswith("PayoutAnswered")
    closed = await appeal.until("closed_released")
    assert closed.case.settled.release_fen == 8_642_000
    assert closed.case.remaining_fen == 0
    await desk.sleep(timedelta(days=31))
    assert (await appeal.history()).case.finished
    assert (await appeal.handle.describe()).status is WorkflowExecutionStatus.COMPLETED
