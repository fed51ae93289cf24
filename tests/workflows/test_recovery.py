"""Losing workers, the engine's memory, or the journal for a while: a case goes on from its journal, and nothing that
was done is done again."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from activities.journal import JournalHands
from domain import deadlines
from domain.case import Case
from tests.workflows.hands import LOST, refusing
from tests.workflows.stories import overdue_with_a_command_stored
from tests.workflows.world import (
    HELD,
    MERCHANT,
    OFFICER,
    OFFICER_2,
    REVIEWER_1,
    REVIEWER_2,
    Appeal,
    Desk,
    days,
    minutes,
)
from workflows import ports

WHOLE = [
    "ledger.hold",
    "ledger.reserve",
    "risk.lift_risk_rule",
    "ledger.ledger_release",
    "ledger.book_payout",
    "bank.pay_out",
    "status.report_status",
    "notices.send_notice",
    "ledger.settle_payout",
    "risk.monitor",
]


def running(case: Case) -> dict[str, str]:
    return {name: due.due for name, due in case.dues.items()}


async def lost_and_started_anew(appeal: Appeal) -> None:
    """The engine forgets the case; started from its journal, it waits for the same things until the same times."""
    before = await appeal.quiet()
    await appeal.start_anew()
    after = await appeal.quiet()
    assert after == before
    assert running(after) == running(before)


async def test_a_case_lost_by_the_engine_at_every_stage_still_ends_with_each_effect_done_once(desk: Desk) -> None:
    appeal = await desk.open()
    await lost_and_started_anew(appeal)
    await appeal.confirm()
    await lost_and_started_anew(appeal)
    await appeal.give(MERCHANT, "open_appeal", statement_ref="vault:1")
    await lost_and_started_anew(appeal)
    await appeal.file_all()
    await lost_and_started_anew(appeal)
    await appeal.submit()
    await appeal.until("in_review_1")
    await lost_and_started_anew(appeal)
    await appeal.approve(REVIEWER_1)
    await lost_and_started_anew(appeal)
    await appeal.approve(REVIEWER_2)
    await appeal.until_sent()
    await lost_and_started_anew(appeal)
    await appeal.bank_says()
    await appeal.until("closed_released")
    await lost_and_started_anew(appeal)
    await desk.sleep(days(31))
    await appeal.until(lambda case: case.finished)
    await appeal.quiet()
    assert await appeal.ended()
    assert desk.hands.did() == WHOLE
    assert (await appeal.types()).count("StepDone") == 8
    keys = [body["key"] for body in await appeal.bodies("NoticeSent")]
    assert keys == list(desk.hands.notices)


@pytest.mark.parametrize("effect", WHOLE[1:-1])
async def test_a_case_lost_in_the_middle_of_a_step_does_that_step_once(still_desk: Desk, effect: str) -> None:
    desk = still_desk
    appeal = await desk.open()
    gate = desk.hands.hold(effect)
    await appeal.in_review()
    await appeal.approve(REVIEWER_1)
    await appeal.approve(REVIEWER_2)
    if effect == "ledger.settle_payout":
        await appeal.until_sent()
        await appeal.bank_says()
    await gate.reached.wait()
    await appeal.start_anew()
    gate.let_go()
    if effect != "ledger.settle_payout":
        await appeal.until_sent()
        await appeal.bank_says()
    await appeal.until("closed_released")
    await appeal.quiet()
    assert [name for name in desk.hands.did() if name in WHOLE[:-1]] == WHOLE[:-1]
    assert len(set(desk.hands.tried(effect)) - {f"{appeal.case_id}:step:0"}) == 1
    steps = (await appeal.case()).release.steps
    assert [step.state for step in steps] == ["done"] * 8


async def compensating(appeal: Appeal) -> Case:
    appeal.desk.hands.next("ledger.ledger_release", refusing("insufficient-held"))
    appeal.desk.hands.next("risk.reinstate_risk_rule", refusing("rule-locked"))
    await appeal.approved()
    return await appeal.until("compensating")


async def pending_check(appeal: Appeal) -> Case:
    appeal.desk.hands.away.add("documents")
    await appeal.draft()
    await appeal.file_all()
    await appeal.submit()
    await appeal.desk.sleep(minutes(1))
    return await appeal.until("pending_check")


async def suspended(appeal: Appeal) -> Case:
    await appeal.in_review()
    await appeal.legal_hold(HELD)
    return await appeal.until("suspended_legal")


async def unknown(appeal: Appeal) -> Case:
    appeal.desk.hands.next("status.report_status", LOST)
    appeal.desk.hands.away.add("status")
    await appeal.approved()
    appeal.desk.hands.away.clear()
    return await appeal.until_event("StepStarted", times=6)


async def account_named(appeal: Appeal) -> Case:
    await appeal.sent()
    await appeal.bank_says("bounced")
    await appeal.until("post_actions")
    appeal.desk.hands.away.add("bank")
    await appeal.give(MERCHANT, "new_account", account_ref="vault:2")
    return await appeal.until(lambda case: case.release.payout == "account_named")


async def awaiting_supplement(appeal: Appeal) -> Case:
    await appeal.in_review()
    item = {"doc_type": "D06", "reason": {"zh": "看不清", "en": "cannot be read"}}
    await appeal.give(REVIEWER_1, "request_supplement", items=[item])
    return await appeal.until("awaiting_supplement")


Reached = Callable[[Case], bool]


@pytest.mark.parametrize(
    ("reach", "goes_on"),
    [
        (compensating, lambda case: case.status == "in_review_1"),
        (suspended, lambda case: case.status == "suspended_legal"),
        (unknown, lambda case: case.release.payout == "sent" and case.release.in_flight is None),
        (account_named, lambda case: case.release.payout == "account_checked"),
        (awaiting_supplement, lambda case: case.status == "awaiting_supplement"),
    ],
)
async def test_a_case_is_picked_up_from_its_journal_in_whatever_state_it_is(
    still_desk: Desk, reach: Callable[[Appeal], Awaitable[Case]], goes_on: Reached
) -> None:
    desk = still_desk
    appeal = await desk.open()
    await reach(appeal)
    await appeal.stop()
    desk.hands.away.clear()
    desk.hands.script.clear()
    await appeal.start()
    await appeal.until(goes_on)


async def test_a_case_that_waited_for_verification_is_picked_up_and_asks_again(desk: Desk) -> None:
    appeal = await desk.open()
    await pending_check(appeal)
    await appeal.stop()
    desk.hands.away.clear()
    await appeal.start()
    await appeal.until("in_review_1")


@pytest.mark.parametrize("status", ["closed_rejected", "closed_withdrawn", "closed_expired"])
async def test_a_closed_case_is_picked_up_to_be_watched(desk: Desk, status: str) -> None:
    appeal = await desk.open(held_fen=3_000_000)
    if status == "closed_rejected":
        await appeal.in_review()
        await appeal.give(REVIEWER_1, "reject", reason_code="R01", reason="nothing is proved")
    else:
        await appeal.draft()
        if status == "closed_withdrawn":
            await appeal.give(MERCHANT, "withdraw", reason="later")
        else:
            await desk.sleep(days(16))
    await appeal.until(status)
    await lost_and_started_anew(appeal)
    await desk.sleep(days(31))
    await appeal.until_event("ReopenWindowEnded")
    await appeal.until_event("HoldRejustifyDue")


async def test_a_deadline_that_passed_while_the_engine_was_away_is_met_when_it_returns(desk: Desk) -> None:
    appeal = await desk.open()
    await appeal.draft()
    due = running(await appeal.quiet())["evidence"]
    await appeal.stop()
    await desk.sleep(days(20))
    await appeal.start()
    await appeal.until("closed_expired")
    expired = next(entry for entry in await appeal.entries() if entry.type == "CaseExpired")
    assert expired.command_id == f"{appeal.case_id}:deadline:evidence:{due}"
    assert deadlines.earliest(await appeal.case()) is not None


@pytest.fixture
async def overdue(desk: Desk) -> Appeal:
    return await overdue_with_a_command_stored(desk)


async def test_what_was_given_in_time_comes_before_a_deadline_that_passed_while_the_engine_was_away(
    desk: Desk, overdue: Appeal
) -> None:
    await desk.sleep(minutes(5))
    assert (await overdue.case()).status == "draft"
    assert await overdue.give(MERCHANT, "submit", declaration=True) == "CaseSubmitted"
    await overdue.until("in_review_1")
    assert "CaseExpired" not in await overdue.types()


async def test_a_command_that_cannot_be_delivered_does_not_keep_a_deadline_from_passing(
    desk: Desk, overdue: Appeal
) -> None:
    await desk.sleep(minutes(11))
    await overdue.until("closed_expired")


# --- workers --------------------------------------------------------------------------------------------------------


@pytest.fixture
async def forgetful_desk(desk: Desk) -> AsyncIterator[Desk]:
    """Its worker keeps nothing in memory: every task replays the whole history, and any other worker can take it."""
    await desk.engine.restart_cases(remembers=0)
    yield desk
    await desk.engine.restart_cases()


async def test_a_worker_that_dies_while_people_are_waited_for_is_not_missed(forgetful_desk: Desk) -> None:
    appeal = await forgetful_desk.open()
    await appeal.in_review()
    await forgetful_desk.engine.restart_cases(remembers=0)
    assert await appeal.approve(REVIEWER_1) == "FirstApproval"


async def test_a_worker_that_dies_in_the_middle_of_a_step_is_not_missed(forgetful_desk: Desk) -> None:
    desk = forgetful_desk
    appeal = await desk.open()
    gate = desk.hands.hold("ledger.ledger_release")
    await appeal.approved()
    await gate.reached.wait()
    await desk.engine.restart_cases(remembers=0)
    gate.let_go()
    await appeal.until_sent()
    assert len(desk.hands.tried("ledger.ledger_release")) == 1


async def test_a_command_given_while_no_worker_runs_is_answered_when_one_does(forgetful_desk: Desk) -> None:
    desk = forgetful_desk
    appeal = await desk.open()
    await appeal.quiet()
    await desk.engine.stop_cases()
    waiting = asyncio.create_task(appeal.give(OFFICER, "confirm_reason", reason_code="R01"))
    await asyncio.sleep(0.1)
    assert not waiting.done()
    await desk.engine.start_cases(remembers=0)
    assert await waiting == "ReasonConfirmed"


async def test_a_whole_case_replays_at_every_task(forgetful_desk: Desk) -> None:
    """Whatever is not deterministic in the procedure shows here."""
    desk = forgetful_desk
    appeal = await desk.open("R03", kind="txn_block", held_fen=0)
    desk.hands.next("risk.lift_risk_rule", LOST)
    await appeal.in_review()
    await desk.sleep(days(4))
    await appeal.approve(REVIEWER_1)
    await appeal.approve(REVIEWER_2)
    await appeal.until("post_actions")
    await desk.sleep(days(8))
    await appeal.give(MERCHANT, "sign_agreement", signature_ref="vault:s")
    await desk.sleep(days(31))
    await appeal.until(lambda case: case.finished)


# --- the journal away -----------------------------------------------------------------------------------------------


async def test_a_journal_that_is_away_for_a_moment_delays_a_command_and_loses_nothing(desk: Desk) -> None:
    appeal = await desk.open()
    await appeal.quiet()
    desk.engine.door.shut = 3
    await appeal.confirm()
    assert (await appeal.types()).count("ReasonConfirmed") == 1


async def test_an_append_whose_answer_is_lost_is_recognised_and_not_written_twice(desk: Desk) -> None:
    appeal = await desk.open()
    await appeal.in_review()
    await appeal.quiet()
    desk.engine.door.loses = 1
    assert await appeal.approve(REVIEWER_1) == "FirstApproval"
    desk.engine.door.loses = 4
    assert await appeal.approve(REVIEWER_2) == "SecondApproval"
    await appeal.until_sent()
    assert (await appeal.types()).count("SecondApproval") == 1
    assert (await appeal.types()).count("StepStarted") == 7


# --- long histories -------------------------------------------------------------------------------------------------


async def runs(appeal: Appeal) -> int:
    """How many runs the case has had: each but the first continues one before."""
    count, history = 1, await appeal.handle.fetch_history()
    handle = appeal.handle
    while before := history.events[0].workflow_execution_started_event_attributes.continued_execution_run_id:
        handle = appeal.desk.engine.env.client.get_workflow_handle(appeal.case_id, run_id=before)  # type: ignore[assignment]
        history = await handle.fetch_history()
        count += 1
    return count


async def test_after_a_lost_answer_the_cases_whole_row_is_written_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    written, append = [], JournalHands.append

    async def and_seen(hands: JournalHands, request: str) -> str:
        written.append(json.loads(request))
        return await append(hands, request)

    appeal = await desk.open()
    await appeal.draft()
    await appeal.quiet()
    monkeypatch.setattr(JournalHands, "append", and_seen)
    await appeal.file("D03")
    desk.engine.door.loses = 1
    for _ in range(3):
        await appeal.file("D06")
    filed = [request for request in written if request["entries"][0]["type"] == "DocumentAdded"]
    assert ["status" in request["summary"] for request in filed] == [False, False, False, True, False]


async def test_a_long_history_goes_on_in_new_runs_with_each_effect_done_once(desk: Desk) -> None:
    appeal = await desk.open(continue_after=50)
    await appeal.in_review()
    dues = running(await appeal.quiet())
    for n in range(10):
        await appeal.give(OFFICER_2, "post_message", audience="internal", text_ref=f"vault:{n}")
    await appeal.approve(REVIEWER_1)
    assert running(await appeal.quiet()).items() >= {(n, d) for n, d in dues.items() if n != "review"}
    await appeal.approve(REVIEWER_2)
    await appeal.until_sent()
    await appeal.bank_says()
    await appeal.until("closed_released")
    await desk.sleep(days(31))
    await appeal.until(lambda case: case.finished)
    await appeal.quiet()
    assert await runs(appeal) >= 4
    assert desk.hands.did() == WHOLE
    keys = [body["key"] for body in await appeal.bodies("NoticeSent")]
    assert keys == list(desk.hands.notices)


async def test_a_run_is_continued_although_a_partner_does_not_answer(still_desk: Desk) -> None:
    desk = still_desk
    gates = [desk.hands.hold(ports.NOTICES_SEND), desk.hands.hold("ledger.hold")]
    appeal = await desk.open(continue_after=40)
    await appeal.confirm()
    for n in range(10):
        await appeal.give(OFFICER_2, "post_message", audience="internal", text_ref=f"vault:{n}")
    case = await appeal.quiet()
    assert await runs(appeal) > 1
    assert all(gate.holds for gate in gates)  # the calls of the first run never ended; those of the second did
    assert all(control.in_force for control in case.controls)
    assert len(set(desk.hands.tried("ledger.hold"))) == 1
    assert len(desk.hands.notices) == 2
