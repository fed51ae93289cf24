"""The release of a freeze appeal, carried out step by step: once each, reversed before the pivot, forward after it."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from domain.case import Case
from domain.commands import PostMessage
from tests.workflows.hands import LOST, VANISHED, refusing
from tests.workflows.world import HELD, MERCHANT, POLICY, REVIEWER_1, REVIEWER_2, Desk, days, minutes
from workflows import orders
from workflows.freeze_appeal import FreezeAppeal

WHOLE_RELEASE = [
    "ledger.reserve",
    "risk.lift_risk_rule",
    "ledger.ledger_release",
    "ledger.book_payout",
    "bank.pay_out",
    "status.report_status",
    "notices.send_notice",
    "ledger.settle_payout",
]


def steps_of(case: Case) -> list[tuple[str, str]]:
    """The steps of the last attempt, with how far each is."""
    return [(step.name, step.state) for step in case.release.attempt]


async def test_a_freeze_appeal_goes_from_first_notice_to_closed_books(desk: Desk) -> None:
    appeal = await desk.open()
    await appeal.in_review()
    assert await appeal.approve(REVIEWER_1) == "FirstApproval"
    assert await appeal.approve(REVIEWER_1) == "refused: four-eyes"
    assert await appeal.approve(REVIEWER_2) == "SecondApproval"
    await appeal.until_sent()
    assert (await appeal.bank_says()).startswith("PayoutAnswered")
    closed = await appeal.until("closed_released")
    assert closed.settled.release_fen == HELD
    assert closed.remaining_fen == 0
    await desk.sleep(days(31))
    await appeal.until(lambda case: case.finished)
    assert desk.hands.did() == ["ledger.hold", *WHOLE_RELEASE, "risk.monitor"]
    assert await appeal.ended()


async def test_every_step_is_journaled_before_and_after_it_and_the_next_start_with_the_end_of_the_last(
    desk: Desk,
) -> None:
    appeal = await desk.open()
    await appeal.released()
    entries = await appeal.entries()
    written = [entry for entry in entries if entry.type in {"StepStarted", "StepDone"}]
    numbers = [int(entry.data.partition('"n":')[2].rstrip("}")) for entry in written]
    assert numbers == [n for n in range(1, 9) for _ in ("started", "done")]
    assert [entry.type for entry in written] == ["StepStarted", "StepDone"] * 8
    ends = [entry.command_id for entry in written if entry.type == "StepDone"]
    starts = [entry.command_id for entry in written if entry.type == "StepStarted"]
    assert starts[1:7] == ends[:6]  # the last step starts with the bank's word, not with the end of the one before


async def test_each_step_asks_its_partner_with_the_amounts_that_were_approved(desk: Desk) -> None:
    appeal = await desk.open()
    await appeal.released()
    hands = desk.hands
    control = (await appeal.case()).controls[0].control_id
    reservation, release = hands.order_of("ledger.reserve"), hands.order_of("ledger.ledger_release")
    assert (reservation.amount_fen, reservation.control_ids) == (HELD, (control,))
    assert (release.release_fen, release.penalty_fen, release.claims_fen) == (HELD, 0, 0)
    assert release.related_key == reservation.key
    booking, settlement = hands.order_of("ledger.book_payout"), hands.order_of("ledger.settle_payout")
    assert hands.order_of("bank.pay_out").amount_fen == booking.amount_fen == HELD
    assert (settlement.related_key, settlement.outcome) == (booking.key, "confirmed")
    assert hands.order_of("risk.lift_risk_rule").external_ref.startswith("X-")


async def test_a_penalty_and_claims_are_kept_from_the_payout(desk: Desk) -> None:
    appeal = await desk.open()
    await appeal.sent(penalty_fen=500_000, claims_fen=142_000)
    order = desk.hands.order_of("ledger.ledger_release")
    assert (order.release_fen, order.penalty_fen, order.claims_fen) == (8_000_000, 500_000, 142_000)
    assert desk.hands.order_of("ledger.reserve").amount_fen == HELD
    assert desk.hands.order_of("bank.pay_out").amount_fen == 8_000_000
    await appeal.bank_says()
    closed = await appeal.until("closed_released")
    assert (closed.settled.total_fen, closed.remaining_fen) == (HELD, 0)


async def test_a_partial_release_keeps_its_control_and_the_rest_of_the_money(desk: Desk) -> None:
    appeal = await desk.open()
    await appeal.sent(5_000_000)
    await appeal.bank_says()
    closed = await appeal.until("closed_released")
    (control,) = closed.standing_controls
    assert (closed.settled.release_fen, control.remaining_fen) == (5_000_000, 3_642_000)
    assert "risk.lift_risk_rule" not in desk.hands.did()
    await desk.sleep(days(31))
    case = await appeal.until_event("HoldRejustifyDue")
    assert not case.finished
    assert not await appeal.ended()


async def test_a_blocked_terminal_is_unblocked_without_moving_money(desk: Desk) -> None:
    appeal = await desk.open(kind="txn_block", held_fen=0)
    await appeal.in_review()
    assert await appeal.approve(REVIEWER_1) == "FirstApproval"
    closed = await appeal.until("closed_released")
    assert desk.hands.did()[:5] == [
        "terminals.block",
        "risk.lift_risk_rule",
        "terminals.unblock_terminal",
        "status.report_status",
        "notices.send_notice",
    ]
    assert closed.release.payout == "none"
    assert [step.name for step in closed.release.steps if step.planned.pivot] == ["unblock_terminal"]


async def test_money_and_block_of_one_terminal_are_released_together(desk: Desk) -> None:
    appeal = await desk.open()
    assert await appeal.another_control("R02", kind="txn_block") == "ControlAttached"
    closed_or_post = await appeal.released()
    assert closed_or_post.status == "closed_released"
    assert closed_or_post.standing_controls == ()
    assert desk.hands.did().count("risk.lift_risk_rule") == 2
    names = desk.hands.did()
    assert names.index("ledger.ledger_release") < names.index("terminals.unblock_terminal")


async def test_a_release_refused_before_the_pivot_is_reversed_last_first_and_reviewed_again(desk: Desk) -> None:
    appeal = await desk.open()
    desk.hands.next("ledger.ledger_release", refusing("insufficient-held"))
    await appeal.approved()
    case = await appeal.until_event("ExecutionCompensated")
    assert case.status == "in_review_1"
    assert case.review.first is None
    assert desk.hands.did()[-2:] == ["risk.reinstate_risk_rule", "ledger.cancel_reservation"]
    assert steps_of(case)[:3] == [("reserve", "undone"), ("lift_risk_rule", "undone"), ("ledger_release", "undone")]
    assert desk.hands.order_of("ledger.cancel_reservation").related_key == f"{appeal.case_id}:step:1"
    await appeal.quiet()
    assert [n.audience for n in desk.hands.notices.values() if n.notice == "execution_failed"] == ["operations"]


async def test_a_release_that_was_reversed_can_be_approved_again_under_new_keys(desk: Desk) -> None:
    appeal = await desk.open()
    desk.hands.next("ledger.reserve", refusing("insufficient-held"))
    await appeal.approved()
    await appeal.until_event("ExecutionCompensated")
    assert await appeal.approve(REVIEWER_1) == "FirstApproval"
    assert await appeal.approve(REVIEWER_2) == "SecondApproval"
    await appeal.until_sent()
    await appeal.bank_says()
    closed = await appeal.until("closed_released")
    assert closed.settled.release_fen == HELD
    first, second = desk.hands.tried("ledger.reserve")
    assert first != second
    assert [name for name in desk.hands.did() if name in WHOLE_RELEASE] == WHOLE_RELEASE


async def test_a_reversal_that_is_refused_is_tried_again_every_hour(desk: Desk) -> None:
    appeal = await desk.open()
    desk.hands.next("ledger.ledger_release", refusing("insufficient-held"))
    desk.hands.next("risk.reinstate_risk_rule", refusing("rule-locked"))
    await appeal.approved()
    await appeal.until_event("DiscrepancyFound")
    assert (await appeal.quiet()).status == "compensating"
    assert "effect_refused" in [notice.notice for notice in desk.hands.notices.values()]
    assert "risk control refuses to reinstate the risk rule" in await appeal.details()
    await desk.sleep(minutes(61))
    case = await appeal.until("in_review_1")
    assert case.refused == ()
    assert (await appeal.types()).count("DiscrepancyResolved") == 1
    assert desk.hands.did().count("risk.reinstate_risk_rule") == 1
    assert [state for _, state in steps_of(case)[:3]] == ["undone"] * 3


async def test_a_reversal_that_is_refused_keeps_the_procedure_from_nothing_else(desk: Desk) -> None:
    appeal = await desk.open()
    desk.hands.next("ledger.ledger_release", refusing("insufficient-held"))
    desk.hands.next("risk.reinstate_risk_rule", refusing("rule-locked"), refusing("rule-locked"))
    await appeal.approved()
    await appeal.until_event("DiscrepancyFound")
    await appeal.quiet()
    written = await appeal.decided_elsewhere(PostMessage("merchant", "vault:message:1"), MERCHANT)
    await appeal.handle.signal(FreezeAppeal.resync)
    for _ in range(100):
        if await appeal.handle.query(FreezeAppeal.position) == written[-1].position:
            break
        await asyncio.sleep(0.02)
    assert await appeal.handle.query(FreezeAppeal.position) == written[-1].position
    await desk.sleep(minutes(125))
    await appeal.until("in_review_1")
    assert desk.hands.did().count("risk.reinstate_risk_rule") == 1


async def test_a_step_refused_after_the_pivot_goes_only_forward(desk: Desk) -> None:
    appeal = await desk.open()
    desk.hands.next("status.report_status", refusing("unknown-terminal"))
    await appeal.approved()
    case = await appeal.until_event("DiscrepancyFound")
    assert (case.status, case.release.past_pivot) == ("executing", True)
    await desk.sleep(minutes(70))
    await appeal.until_sent()
    await appeal.bank_says()
    closed = await appeal.until("closed_released")
    assert closed.settled.release_fen == HELD
    assert "ledger.cancel_reservation" not in desk.hands.did()
    assert desk.hands.did().count("status.report_status") == 1
    types = await appeal.types()
    assert (types.count("DiscrepancyFound"), types.count("DiscrepancyResolved")) == (1, 1)


async def test_a_lost_answer_is_asked_for_by_the_same_key_and_never_sent_under_another(desk: Desk) -> None:
    appeal = await desk.open()
    desk.hands.next("ledger.ledger_release", LOST)
    await appeal.released()
    assert (await appeal.types()).count("StepUnknown") == 1
    (key,) = desk.hands.tried("ledger.ledger_release")
    assert ("ledger.look_up", key) in desk.hands.calls
    assert (await appeal.case()).settled.release_fen == HELD


async def test_an_effect_that_never_took_place_is_asked_for_and_then_sent_again_under_the_same_key(desk: Desk) -> None:
    appeal = await desk.open()
    desk.hands.next("ledger.ledger_release", VANISHED)
    await appeal.released()
    first, second = desk.hands.tried("ledger.ledger_release")
    assert first == second
    looked = desk.hands.calls.index(("ledger.look_up", first))
    assert desk.hands.calls.index(("ledger.ledger_release", first)) < looked
    assert desk.hands.did().count("ledger.ledger_release") == 1


async def test_an_answer_lost_twice_is_asked_for_again_after_a_while(desk: Desk) -> None:
    appeal = await desk.open()
    desk.hands.next("ledger.reserve", VANISHED, VANISHED)
    await appeal.approved()
    await appeal.until_event("StepUnknown")
    await desk.sleep(minutes(3))
    await appeal.until_sent()
    assert len(set(desk.hands.tried("ledger.reserve"))) == 1
    assert desk.hands.did().count("ledger.reserve") == 1


async def test_a_partner_away_for_three_days_delays_the_release_and_nothing_is_doubled(desk: Desk) -> None:
    appeal = await desk.open()
    await appeal.in_review()
    desk.hands.away.add("risk")
    await appeal.approve(REVIEWER_1)
    await appeal.approve(REVIEWER_2)
    await appeal.under_way("lift_risk_rule")
    await desk.sleep(days(3.1))
    case = await appeal.until_event("StepDelayed", times=2)
    assert case.status == "executing"
    desk.hands.away.clear()
    await desk.sleep(minutes(61))
    await appeal.until_sent()
    await appeal.bank_says()
    await appeal.until("closed_released")
    await appeal.quiet()
    assert [name for name in desk.hands.did() if name in WHOLE_RELEASE] == WHOLE_RELEASE
    assert len(set(desk.hands.tried("risk.lift_risk_rule"))) == 1
    delayed = await appeal.bodies("StepDelayed")
    assert [body["days"] for body in delayed] == [0, 3]
    told = [(n.notice, n.audience) for n in desk.hands.notices.values() if "delayed" in n.notice]
    assert told == [("release_delayed", "merchant"), ("step_delayed", "operations"), ("step_delayed", "operations")]


async def test_withdrawing_while_a_step_is_in_flight_first_finds_out_and_then_reverses(desk: Desk) -> None:
    appeal = await desk.open()
    gate = desk.hands.hold("risk.lift_risk_rule")
    await appeal.approved()
    await gate.reached.wait()
    assert await appeal.give(MERCHANT, "withdraw", reason="changed my mind") == "WithdrawRequested"
    assert (await appeal.case()).status == "executing"
    assert await appeal.give(MERCHANT, "withdraw", reason="really") == "refused: already-done"
    gate.let_go()
    closed = await appeal.until("closed_withdrawn")
    assert desk.hands.did()[-3:] == [
        "risk.lift_risk_rule",
        "risk.reinstate_risk_rule",
        "ledger.cancel_reservation",
    ]
    assert closed.remaining_fen == HELD
    assert len(closed.standing_controls) == 1


async def test_withdrawing_while_the_answer_is_unknown_asks_and_sends_nothing_more(desk: Desk) -> None:
    appeal = await desk.open()
    desk.hands.next("risk.lift_risk_rule", VANISHED, VANISHED)
    await appeal.approved()
    await appeal.until_event("StepUnknown")
    await appeal.quiet()
    assert await appeal.give(MERCHANT, "withdraw", reason="changed my mind") == "WithdrawRequested"
    await desk.sleep(minutes(2))
    await appeal.until("closed_withdrawn")
    assert len(desk.hands.tried("risk.lift_risk_rule")) == 2
    assert desk.hands.did()[-2:] == ["ledger.reserve", "ledger.cancel_reservation"]


async def test_withdrawing_while_an_effect_took_place_unanswered_reverses_it(desk: Desk) -> None:
    appeal = await desk.open()
    desk.hands.next("risk.lift_risk_rule", VANISHED, LOST)
    await appeal.approved()
    await appeal.until_event("StepUnknown")
    await appeal.quiet()
    await appeal.give(MERCHANT, "withdraw", reason="changed my mind")
    await desk.sleep(minutes(2))
    await appeal.until("closed_withdrawn")
    assert desk.hands.did()[-2:] == ["risk.reinstate_risk_rule", "ledger.cancel_reservation"]


async def test_an_effect_that_still_arrives_after_a_withdrawal_is_found_and_reversed(desk: Desk) -> None:
    appeal = await desk.open()
    desk.hands.next("risk.lift_risk_rule", VANISHED, VANISHED)
    await appeal.approved()
    await appeal.until_event("StepUnknown")
    case = await appeal.quiet()
    await appeal.give(MERCHANT, "withdraw", reason="changed my mind")
    looks = len(desk.hands.tried("risk.look_up"))
    await desk.sleep(timedelta(seconds=POLICY.timers.step_backoff_first_seconds + 15))
    assert len(desk.hands.tried("risk.look_up")) == looks + 1
    assert (await appeal.under_way("lift_risk_rule")).release.in_flight.state == "unknown"  # type: ignore[union-attr]
    desk.hands.arrives("risk.lift_risk_rule", orders.for_step(case, case.release.in_flight))  # type: ignore[arg-type]
    await desk.sleep(minutes(2))
    await appeal.until("closed_withdrawn")
    assert desk.hands.did()[-3:] == ["risk.lift_risk_rule", "risk.reinstate_risk_rule", "ledger.cancel_reservation"]
    assert "StepFailed" not in await appeal.types()


async def test_withdrawing_during_a_step_that_is_refused_ends_withdrawn(desk: Desk) -> None:
    appeal = await desk.open()
    gate = desk.hands.hold("ledger.reserve", refusing("insufficient-held"))
    await appeal.approved()
    await gate.reached.wait()
    assert await appeal.give(MERCHANT, "withdraw", reason="changed my mind") == "WithdrawRequested"
    gate.let_go()
    assert (await appeal.until("closed_withdrawn")).remaining_fen == HELD
    assert "ledger.cancel_reservation" not in desk.hands.did()


async def test_withdrawal_is_free_until_the_release_begins_and_refused_after_the_pivot(desk: Desk) -> None:
    early = await desk.open()
    await early.in_review()
    assert await early.give(MERCHANT, "withdraw", reason="not worth it") == "CaseWithdrawn"
    late = await desk.open()
    await late.sent()
    assert await late.give(MERCHANT, "withdraw", reason="too late") == "refused: past-pivot"
    at_the_pivot = await desk.open()
    gate = desk.hands.hold("ledger.ledger_release")
    await at_the_pivot.approved()
    await gate.reached.wait()
    assert await at_the_pivot.give(MERCHANT, "withdraw", reason="stop") == "refused: past-pivot"
    gate.let_go()
    await at_the_pivot.until_sent()
