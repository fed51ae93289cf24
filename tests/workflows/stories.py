"""Whole cases as they go, for the recorded histories: each a short story over many stages."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from domain.business_time import parse_time
from journal.inbox import Inbox
from tests.workflows.hands import LOST, VANISHED, refusing
from tests.workflows.world import (
    COMPLIANCE_2,
    HELD,
    MERCHANT,
    OFFICER_2,
    REVIEWER_1,
    REVIEWER_2,
    SUPERVISOR,
    Appeal,
    Desk,
    days,
    minutes,
)

Story = Callable[[Desk], Awaitable[Appeal]]


async def released_in_full(desk: Desk) -> Appeal:
    appeal = await desk.open()
    await appeal.released()
    await desk.sleep(days(31))
    await appeal.until(lambda case: case.finished)
    return appeal


async def overdue_with_a_command_stored(desk: Desk) -> Appeal:
    """The engine was away when the papers were due; the merchant's command that came in time is stored."""
    appeal = await desk.open()
    await appeal.draft()
    await appeal.file_all()
    due = (await appeal.quiet()).dues["evidence"].due
    await appeal.stop()
    await Inbox(desk.journal.pool).put(appeal.case_id, appeal.case_id, "submit", {}, "merchant:merchant1")
    async with desk.journal.pool.connection() as connection:
        received = "update journal.commands set received_at = %s where case_id = %s"
        await connection.execute(received, [parse_time(due), appeal.case_id])
    await desk.sleep(days(20))
    await appeal.start()
    return appeal


async def given_in_time_and_delivered_late(desk: Desk) -> Appeal:
    appeal = await overdue_with_a_command_stored(desk)
    await desk.sleep(minutes(5))
    await appeal.submit()
    await appeal.until("in_review_1")
    return appeal


async def lost_answers_and_an_absent_partner(desk: Desk) -> Appeal:
    appeal = await desk.open()
    desk.hands.next("ledger.reserve", LOST)
    desk.hands.next("ledger.ledger_release", VANISHED, VANISHED)
    await appeal.approved()
    await desk.sleep(minutes(3))
    desk.hands.away.add("bank")
    await desk.sleep(minutes(90))
    desk.hands.away.clear()
    await desk.sleep(minutes(90))
    await appeal.until_sent()
    await appeal.bank_says()
    await appeal.until("closed_released")
    return appeal


async def refused_reversed_and_withdrawn(desk: Desk) -> Appeal:
    appeal = await desk.open()
    desk.hands.next("ledger.ledger_release", refusing("insufficient-held"))
    await appeal.approved()
    await appeal.until_event("ExecutionCompensated")
    gate = desk.hands.hold("risk.lift_risk_rule")
    await appeal.approve(REVIEWER_1)
    await appeal.approve(REVIEWER_2)
    await gate.reached.wait()
    await appeal.give(MERCHANT, "withdraw", reason="changed my mind")
    gate.let_go()
    await appeal.until("closed_withdrawn")
    return appeal


async def bounced_and_paid_to_another_account(desk: Desk) -> Appeal:
    appeal = await desk.open()
    await appeal.sent()
    await appeal.bank_says("bounced")
    await appeal.until("post_actions")
    await appeal.give(MERCHANT, "new_account", account_ref="vault:2")
    await appeal.until(lambda case: case.release.payout == "account_checked")
    await appeal.give(REVIEWER_1, "approve_account", reason="same name")
    await appeal.give(REVIEWER_2, "approve_account", reason="same name")
    await appeal.until_sent()
    await desk.sleep(minutes(25))
    await appeal.bank_says()
    await appeal.until("closed_released")
    return appeal


async def an_order_in_the_middle_of_the_release(desk: Desk) -> Appeal:
    appeal = await desk.open()
    gate = desk.hands.hold("ledger.ledger_release")
    await appeal.approved()
    await gate.reached.wait()
    await appeal.legal_hold(1_000_000)
    gate.let_go()
    await appeal.until(lambda case: all(control.in_force for control in case.standing_controls))
    await appeal.approve(SUPERVISOR, HELD - 1_000_000)
    await appeal.approve(COMPLIANCE_2, HELD - 1_000_000)
    await appeal.until_sent()
    await appeal.bank_says()
    await appeal.until_event("ReleaseExecuted")
    await appeal.lift_legal_hold()
    await appeal.until_sent()
    await appeal.bank_says()
    await appeal.until("closed_released")
    return appeal


async def three_rounds_and_a_rejection(desk: Desk) -> Appeal:
    appeal = await desk.open(held_fen=3_000_000)
    await appeal.in_review()
    item = {"doc_type": "D06", "reason": {"zh": "看不清。", "en": "It cannot be read."}}
    for _ in range(3):
        await appeal.give(REVIEWER_1, "request_supplement", items=[item])
        await desk.sleep(days(1))
        await appeal.resubmit()
        await appeal.until("in_review_1")
    await appeal.give(REVIEWER_1, "reject", reason_code="R01", reason="nothing is proved")
    await desk.sleep(days(95))
    await appeal.until_event("HoldRejustifyDue", times=3)
    await appeal.give(COMPLIANCE_2, "rejustify", reason="still under inquiry")
    return appeal


async def verification_away_and_a_manual_check(desk: Desk) -> Appeal:
    appeal = await desk.open("S01", held_fen=3_000_000)
    desk.hands.away.add("documents")
    await appeal.draft()
    await appeal.file_all()
    await appeal.submit()
    await desk.sleep(days(1.1))
    case = await appeal.until("in_review_1")
    desk.hands.away.clear()
    for document in case.evidence.documents:
        judged = {"document_id": document.document_id, "verdict": "accept", "reason": "seen"}
        await appeal.give(REVIEWER_1, "judge_document", **judged)
    await appeal.approve(REVIEWER_1)
    await appeal.until("pre_release_actions")
    await desk.sleep(days(8))
    await appeal.until("in_review_1")
    await appeal.approve(REVIEWER_1)
    await appeal.give(MERCHANT, "reset_credentials")
    await appeal.until_sent()
    return appeal


async def unsigned_then_signed(desk: Desk) -> Appeal:
    appeal = await desk.open("R03", kind="txn_block", held_fen=0)
    await appeal.in_review()
    await appeal.approve(REVIEWER_1)
    await appeal.another_control("R02", held_fen=500)
    await appeal.until(lambda case: all(control.in_force for control in case.standing_controls))
    await appeal.approve(REVIEWER_1)
    await appeal.approve(REVIEWER_2)
    await appeal.until_sent()
    await appeal.bank_says()
    await appeal.until("post_actions")
    await desk.sleep(days(15))
    await appeal.until(lambda case: bool(case.standing_controls) and case.standing_controls[0].in_force)
    await appeal.give(MERCHANT, "sign_agreement", signature_ref="vault:s")
    await appeal.until("closed_released")
    return appeal


async def a_block_and_limits_refused_and_put_right(desk: Desk) -> Appeal:
    desk.hands.next("terminals.block", refusing("terminal-retired"))
    appeal = await desk.open("R03", kind="txn_block", held_fen=0)
    await desk.sleep(minutes(61))
    await appeal.in_review()
    await appeal.approve(REVIEWER_1)
    await appeal.approve(REVIEWER_2)
    await appeal.until("post_actions")
    await desk.sleep(days(8))
    await appeal.until_event("LimitsReduced")
    desk.hands.next("risk.restore_limits", refusing("merchant-locked"))
    await appeal.give(MERCHANT, "sign_agreement", signature_ref="vault:s")
    await appeal.until_event("DiscrepancyFound", times=2)
    await desk.sleep(minutes(61))
    await appeal.until_event("LimitsRestored")
    return appeal


async def signals_and_a_silent_merchant(desk: Desk) -> Appeal:
    appeal = await desk.open()
    await appeal.ask(MERCHANT, "open_appeal", statement_ref="vault:1")
    await appeal.until_event("CommandRefused")
    await appeal.draft()
    await appeal.give(MERCHANT, "extend_evidence")
    await desk.sleep(days(25))
    await appeal.until("closed_expired")
    await appeal.give(MERCHANT, "reopen", statement_ref="vault:2")
    return appeal


async def continued_in_a_new_run(desk: Desk) -> Appeal:
    appeal = await desk.open(continue_after=60)
    await appeal.in_review()
    for n in range(8):
        await appeal.give(OFFICER_2, "post_message", audience="internal", text_ref=f"vault:{n}")
    await appeal.approve(REVIEWER_1)
    await appeal.approve(REVIEWER_2)
    await appeal.until_sent()
    return appeal


STORIES: Mapping[str, Story] = {
    story.__name__: story
    for story in (
        released_in_full,
        lost_answers_and_an_absent_partner,
        refused_reversed_and_withdrawn,
        bounced_and_paid_to_another_account,
        an_order_in_the_middle_of_the_release,
        three_rounds_and_a_rejection,
        verification_away_and_a_manual_check,
        unsigned_then_signed,
        a_block_and_limits_refused_and_put_right,
        signals_and_a_silent_merchant,
        continued_in_a_new_run,
        given_in_time_and_delivered_late,
    )
}
