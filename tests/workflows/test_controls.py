"""Controls brought into force: held at the ledger, blocked at the terminal, whatever the partners say at first."""

from __future__ import annotations

from tests.workflows.hands import LOST, AwayError, refusing
from tests.workflows.world import MERCHANT, OFFICER, REVIEWER_1, REVIEWER_2, Desk, minutes
from workflows import ports


async def test_a_hold_and_a_block_take_effect_each_at_its_partner(desk: Desk) -> None:
    appeal = await desk.open()
    await appeal.another_control("R02", kind="txn_block")
    case = await appeal.until(lambda case: len(case.controls) == 2 and not any(c.owed for c in case.controls))
    assert [sorted(control.enforced) for control in case.controls] == [["hold", "questions"], ["block", "questions"]]
    assert sorted(desk.hands.did()) == ["ledger.hold", "terminals.block"]
    assert desk.hands.order_of("ledger.hold").control_id == case.controls[0].control_id


async def test_one_partners_absence_holds_up_no_other(desk: Desk) -> None:
    desk.hands.away.add("ledger")
    appeal = await desk.open()
    await appeal.another_control("R02", kind="txn_block")
    await appeal.until_event("ControlEnforced", times=3)
    assert desk.hands.did() == ["terminals.block"]
    desk.hands.away.clear()
    await desk.sleep(minutes(10))
    await appeal.until(lambda case: all(control.in_force for control in case.controls))


async def test_a_hold_above_what_the_merchant_has_is_recorded_with_what_there_was(desk: Desk) -> None:
    desk.hands.next("ledger.hold", refusing("insufficient-payable", available_fen=120))
    appeal = await desk.open()
    case = await appeal.until_event("HoldRefused")
    assert (case.held_fen, await appeal.bodies("HoldRefused")) == (
        0,
        [{"control_id": case.controls[0].control_id, "available_fen": 120}],
    )
    await appeal.quiet()
    assert "hold_refused" in [notice.notice for notice in desk.hands.notices.values()]
    await appeal.in_review()
    assert await appeal.approve(REVIEWER_1, 0) == "FirstApproval"


async def test_a_hold_refused_without_a_word_of_what_there_is_is_tried_again_and_never_taken_for_an_empty_account(
    desk: Desk,
) -> None:
    desk.hands.next("ledger.hold", refusing("invalid", status=422), refusing("insufficient-payable", available_fen=120))
    appeal = await desk.open()
    case = await appeal.until_event("DiscrepancyFound")
    assert (case.controls[0].in_force, "HoldRefused" in await appeal.types()) == (False, False)
    await desk.sleep(minutes(65))
    case = await appeal.until_event("HoldRefused")
    assert [refused["available_fen"] for refused in await appeal.bodies("HoldRefused")] == [120]
    assert len(set(desk.hands.tried("ledger.hold"))) == 1
    assert case.refused == ()


async def test_a_hold_whose_look_up_is_refused_is_asked_for_until_the_ledger_says(desk: Desk) -> None:
    desk.hands.next("ledger.hold", LOST)
    desk.hands.next("ledger.look_up", refusing("not-you", status=403))
    appeal = await desk.open()
    await desk.sleep(minutes(5))
    await appeal.until(lambda case: case.controls[0].in_force)
    assert len(desk.hands.tried("ledger.hold")) == 1
    assert "HoldRefused" not in await appeal.types()


async def test_a_block_the_terminal_system_refuses_is_tried_every_hour_until_it_stands(desk: Desk) -> None:
    desk.hands.next("terminals.block", refusing("no-such-terminal"), refusing("no-such-terminal"))
    appeal = await desk.open(kind="txn_block", held_fen=0)
    await appeal.until_event("DiscrepancyFound")
    assert not (await appeal.quiet()).controls[0].in_force
    await desk.sleep(minutes(125))
    await appeal.until(lambda case: case.controls[0].in_force)
    types = await appeal.types()
    assert (types.count("DiscrepancyFound"), types.count("DiscrepancyResolved")) == (1, 1)
    assert len(set(desk.hands.tried("terminals.block"))) == 1
    assert "HoldRefused" not in await appeal.types()


async def test_a_hold_whose_answer_is_lost_is_asked_for_by_its_key(desk: Desk) -> None:
    desk.hands.next("ledger.hold", LOST)
    appeal = await desk.open()
    await appeal.until(lambda case: case.controls[0].in_force)
    (key,) = desk.hands.tried("ledger.hold")
    assert ("ledger.look_up", key) in desk.hands.calls


async def test_what_risk_control_questions_is_kept_with_the_control(desk: Desk) -> None:
    asked = ports.Questioned("T-1", 4_980_00, "2026-10-31T23:10:00+08:00", "4321", "12345678")
    desk.hands.questioned = (asked,)
    desk.hands.next(ports.RISK_QUESTIONS, AwayError("risk"))
    appeal = await desk.open()
    await desk.sleep(minutes(1))
    case = await appeal.until_event("TransactionsQuestioned")
    (kept,) = case.controls[0].placed.transactions
    assert (kept.ref, kept.amount_fen, kept.last4) == ("T-1", 4_980_00, "4321")


async def test_an_attacked_terminal_is_seen_by_a_technician_first(desk: Desk) -> None:
    appeal = await desk.open("S02", kind="txn_block", held_fen=0)
    await appeal.confirm()
    assert await appeal.give(OFFICER, "dispatch_field", note="altered software") == "FieldServiceRequested"
    case = await appeal.case()
    assert (case.status, "evidence" in case.dues) == ("awaiting_field", False)
    await appeal.file("D23")
    assert await appeal.give(OFFICER, "field_done", note="cleaned") == "FieldServiceDone"
    await appeal.submit()
    await appeal.until("in_review_1")
    await appeal.until(lambda case: case.controls[0].in_force)
    assert await appeal.approve(REVIEWER_1) == "FirstApproval"
    assert await appeal.approve(REVIEWER_2) == "SecondApproval"
    await appeal.until("pre_release_actions")
    await appeal.give(MERCHANT, "reset_credentials")
    await appeal.until("closed_released")


async def test_a_case_is_not_reopened_while_another_one_is_open_on_its_terminal(desk: Desk) -> None:
    closed = await desk.open(held_fen=3_000_000)
    await closed.draft()
    await closed.give(MERCHANT, "withdraw", reason="later")
    other = await desk.open(held_fen=1_000_000, terminal_sn=closed.terminal_sn)
    assert await closed.give(MERCHANT, "reopen", statement_ref="vault:2") == "refused: another-case-open"
    assert (await closed.quiet()).status == "closed_withdrawn"
    await other.draft()
    await other.give(MERCHANT, "withdraw", reason="later")
    assert await closed.give(MERCHANT, "reopen", statement_ref="vault:2") == "CaseReopened"
