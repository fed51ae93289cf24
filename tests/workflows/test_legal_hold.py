"""Legal holds: an authority's order stops a case wherever it stands, and only the authority's word lets it go on."""

from __future__ import annotations

import pytest

from tests.workflows.hands import VANISHED, refusing
from tests.workflows.world import (
    COMPLIANCE,
    COMPLIANCE_2,
    HELD,
    MERCHANT,
    REVIEWER_1,
    REVIEWER_2,
    SUPERVISOR,
    Desk,
    days,
    minutes,
)


async def test_an_order_during_review_stops_the_case_and_its_lifting_starts_the_review_anew_at_l3(desk: Desk) -> None:
    appeal = await desk.open()
    await appeal.in_review()
    await appeal.approve(REVIEWER_1)
    assert await appeal.legal_hold(1_000_000) == "LegalHoldPlaced"
    assert (await appeal.case()).status == "suspended_legal"
    assert await appeal.approve(REVIEWER_2) == "refused: legal-hold"
    assert await appeal.give(MERCHANT, "withdraw", reason="enough") == "refused: wrong-status"
    assert await appeal.lift_legal_hold() == "LegalHoldLifted"
    case = await appeal.case()
    assert (case.status, case.review.first) == ("in_review_1", None)
    assert await appeal.approve(REVIEWER_1) == "refused: tier-not-allowed"
    assert await appeal.approve(SUPERVISOR) == "FirstApproval"
    assert await appeal.approve(COMPLIANCE) == "refused: four-eyes"
    assert await appeal.approve(COMPLIANCE_2) == "SecondApproval"
    await appeal.until_sent()
    await appeal.bank_says()
    assert (await appeal.until("closed_released")).settled.release_fen == HELD


async def test_before_the_pivot_an_order_covers_money_that_is_already_held(desk: Desk) -> None:
    appeal = await desk.open()
    await appeal.in_review()
    await appeal.legal_hold(1_000_000)
    await appeal.quiet()
    case = await appeal.case()
    assert case.held_fen == HELD
    assert desk.hands.did().count("ledger.hold") == 1


async def test_an_order_before_the_pivot_reverses_what_was_done(desk: Desk) -> None:
    appeal = await desk.open()
    gate = desk.hands.hold("risk.lift_risk_rule")
    await appeal.approved()
    await gate.reached.wait()
    assert await appeal.legal_hold(HELD) == "LegalHoldPlaced"
    assert await appeal.lift_legal_hold() == "refused: out-of-order"
    gate.let_go()
    await appeal.until_event("StepUndone", times=2)
    assert desk.hands.did()[-2:] == ["risk.reinstate_risk_rule", "ledger.cancel_reservation"]
    assert (await appeal.case()).status == "suspended_legal"
    assert await appeal.lift_legal_hold() == "LegalHoldLifted"
    assert (await appeal.case()).status == "in_review_1"


async def test_an_order_while_the_first_step_is_refused_leaves_the_case_suspended(desk: Desk) -> None:
    appeal = await desk.open()
    gate = desk.hands.hold("ledger.reserve", refusing("insufficient-held"))
    await appeal.approved()
    await gate.reached.wait()
    await appeal.legal_hold(HELD)
    gate.let_go()
    await appeal.until_event("ExecutionFailed")
    assert (await appeal.quiet()).status == "suspended_legal"


async def test_an_order_while_the_pivot_is_in_flight_holds_anew_once_it_went_through(desk: Desk) -> None:
    appeal = await desk.open()
    gate = desk.hands.hold("ledger.ledger_release")
    await appeal.approved()
    await gate.reached.wait()
    assert await appeal.legal_hold(1_000_000) == "LegalHoldPlaced"
    await appeal.quiet()
    assert desk.hands.did().count("ledger.hold") == 1  # nothing is held anew before the pivot's end is known
    gate.let_go()
    await appeal.until(lambda case: all(control.in_force for control in case.standing_controls))
    assert desk.hands.order_of("ledger.hold").amount_fen == 1_000_000
    case = await appeal.quiet()
    assert (case.status, case.release.payout) == ("suspended_legal", "none")
    assert "ledger.book_payout" not in desk.hands.did()


async def test_an_order_while_nobody_knows_whether_the_pivot_took_place_asks_and_does_not_send_it_again(
    desk: Desk,
) -> None:
    appeal = await desk.open()
    desk.hands.next("ledger.ledger_release", VANISHED, VANISHED)
    await appeal.approved()
    await appeal.until_event("StepUnknown")
    await appeal.quiet()
    assert await appeal.legal_hold(HELD) == "LegalHoldPlaced"
    await desk.sleep(minutes(2))
    await appeal.until_event("StepUndone", times=2)
    case = await appeal.quiet()
    assert (case.status, case.held_fen, case.release.past_pivot) == ("suspended_legal", HELD, False)
    assert "ledger.ledger_release" not in desk.hands.did()


async def test_an_order_after_the_pivot_is_in_force_at_once_whoever_else_is_waited_for(desk: Desk) -> None:
    appeal = await desk.open()
    desk.hands.hold("status.report_status")
    await appeal.approved()
    await appeal.under_way("report_status")
    await appeal.legal_hold(1_000_000)
    await appeal.until(lambda case: all(control.in_force for control in case.standing_controls))
    assert desk.hands.order_of("ledger.hold").amount_fen == 1_000_000


async def test_an_order_while_the_pivot_is_refused_covers_held_money_after_all(desk: Desk) -> None:
    appeal = await desk.open()
    gate = desk.hands.hold("ledger.ledger_release", refusing("insufficient-held"))
    await appeal.approved()
    await gate.reached.wait()
    await appeal.legal_hold(1_000_000)
    gate.let_go()
    await appeal.until_event("StepUndone", times=2)
    case = await appeal.quiet()
    assert (case.status, case.held_fen) == ("suspended_legal", HELD)
    assert desk.hands.did().count("ledger.hold") == 1


async def test_after_the_pivot_the_rest_leaves_by_a_fresh_decision_of_supervisor_and_compliance_head(
    desk: Desk,
) -> None:
    appeal = await desk.open()
    gate = desk.hands.hold("ledger.ledger_release")
    await appeal.approved()
    await gate.reached.wait()
    await appeal.legal_hold(1_000_000)
    gate.let_go()
    await appeal.until(lambda case: all(control.in_force for control in case.standing_controls))
    rest = HELD - 1_000_000
    assert await appeal.approve(REVIEWER_1, rest) == "refused: tier-not-allowed"
    assert await appeal.approve(SUPERVISOR, rest) == "RemainderProposed"
    assert await appeal.approve(SUPERVISOR, rest) == "refused: four-eyes"
    assert await appeal.approve(COMPLIANCE, rest) == "refused: four-eyes"
    assert await appeal.approve(COMPLIANCE_2, rest) == "RemainderReleased, StepStarted"
    await appeal.until_sent()
    assert desk.hands.order_of("bank.pay_out").amount_fen == rest
    await appeal.bank_says()
    case = await appeal.until_event("ReleaseExecuted")
    assert case.status == "suspended_legal"
    assert [control.remaining_fen for control in case.standing_controls] == [1_000_000]


async def test_what_an_order_held_anew_is_paid_out_once_it_is_lifted(desk: Desk) -> None:
    appeal = await desk.open()
    gate = desk.hands.hold("ledger.ledger_release")
    await appeal.approved()
    await gate.reached.wait()
    await appeal.legal_hold(1_000_000)
    gate.let_go()
    await appeal.until(lambda case: all(control.in_force for control in case.standing_controls))
    assert (await appeal.lift_legal_hold()).startswith("LegalHoldLifted")
    await appeal.until_sent()
    names = desk.hands.did()
    assert names.index("ledger.release_legal_hold") < names.index("ledger.book_payout")
    assert desk.hands.order_of("bank.pay_out").amount_fen == HELD
    await appeal.bank_says()
    closed = await appeal.until("closed_released")
    assert closed.standing_controls == ()
    keys = [step.planned.key for step in closed.release.steps]
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize("amount_fen", [0, 1_000_000])
async def test_an_order_after_the_payout_waits_for_the_authority_and_then_the_case_closes(
    desk: Desk, amount_fen: int
) -> None:
    appeal = await desk.open()
    await appeal.sent()
    await appeal.legal_hold(amount_fen)
    await appeal.bank_says()
    await appeal.until(lambda case: all(control.in_force for control in case.standing_controls))
    case = await appeal.quiet()
    assert case.status == "suspended_legal"
    assert (await appeal.lift_legal_hold()).startswith("LegalHoldLifted")
    closed = await appeal.until("closed_released")
    assert closed.standing_controls == ()
    freed = ("ledger.release_legal_hold", "terminals.unblock_terminal")
    assert [name for name in desk.hands.did() if name in freed] == [freed[0] if amount_fen else freed[1]]


async def test_an_order_while_another_account_is_awaited_does_not_lose_the_payout(desk: Desk) -> None:
    appeal = await desk.open()
    await appeal.sent()
    await appeal.bank_says("bounced")
    await appeal.until(lambda case: case.release.payout == "account_needed")
    await appeal.legal_hold(1_000_000)
    await appeal.until(lambda case: all(control.in_force for control in case.standing_controls))
    await appeal.lift_legal_hold()
    case = await appeal.until("post_actions")
    assert case.release.payout == "account_needed"


async def test_an_order_stands_through_every_deadline_and_nothing_is_released_by_silence(desk: Desk) -> None:
    appeal = await desk.open()
    await appeal.in_review()
    await appeal.approve(REVIEWER_1)
    await appeal.legal_hold(HELD)
    await desk.sleep(days(100))
    await appeal.until_event("HoldRejustifyDue", times=3)
    case = await appeal.quiet()
    assert case.status == "suspended_legal"
    assert case.held_fen == HELD
    assert "ledger.ledger_release" not in desk.hands.did()


async def test_an_order_whose_hold_the_ledger_cannot_cover_records_what_there_was(desk: Desk) -> None:
    appeal = await desk.open()
    await appeal.sent()
    desk.hands.next("ledger.hold", refusing("insufficient-payable", available_fen=12_345))
    await appeal.legal_hold(1_000_000)
    await appeal.until_event("HoldRefused")
    assert (await appeal.bodies("HoldRefused"))[0]["available_fen"] == 12_345
    await appeal.bank_says()
    await desk.sleep(minutes(1))
    assert (await appeal.lift_legal_hold()).startswith("LegalHoldLifted")
    assert (await appeal.until("closed_released")).standing_controls == ()
