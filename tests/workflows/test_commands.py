"""How commands reach a case: as updates answered at once, as signals, late, twice, at once; each takes effect once."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from temporalio.api.enums.v1 import EventType
from temporalio.common import WorkflowIDConflictPolicy

from domain import commands as c
from domain.actors import SYSTEM, Actor
from domain.business_time import format_time
from domain.commands import Asked
from domain.freeze_appeal import decide
from domain.refusals import Refused
from tests.workflows.world import (
    COMPLIANCE,
    HELD,
    MERCHANT,
    OFFICER,
    OFFICER_2,
    POLICY,
    REVIEWER_1,
    REVIEWER_2,
    REVIEWER_3,
    Appeal,
    Desk,
    days,
)
from workflows.freeze_appeal import FreezeAppeal
from workflows.messages import CommandOrder


async def test_a_refused_command_leaves_no_trace(desk: Desk) -> None:
    appeal = await desk.open()
    await appeal.quiet()
    before = await appeal.types()
    assert await appeal.give(MERCHANT, "open_appeal", statement_ref="vault:1") == "refused: wrong-status"
    assert await appeal.give(COMPLIANCE, "confirm_reason", reason_code="R01") == "refused: role-not-allowed"
    assert await appeal.give(OFFICER, "confirm_reason", reason_code="R99") == "refused: reason-not-for-kind"
    assert await appeal.types() == before


async def test_a_command_that_makes_no_sense_is_refused_as_invalid(desk: Desk) -> None:
    appeal = await desk.open()
    assert await appeal.give(OFFICER, "confirm_reason", reason="R01") == "refused: invalid"
    assert await appeal.give(OFFICER, "unfreeze_everything") == "refused: invalid"


async def test_the_same_command_twice_is_carried_out_once_and_answered_the_same(desk: Desk) -> None:
    appeal = await desk.open()
    first = await appeal.give(OFFICER, "confirm_reason", command_id="K-1", reason_code="R01")
    again = await appeal.give(OFFICER, "confirm_reason", command_id="K-1", reason_code="R01")
    assert first == again == "ReasonConfirmed"
    assert (await appeal.types()).count("ReasonConfirmed") == 1


async def test_the_same_command_twice_at_once_is_carried_out_once(desk: Desk) -> None:
    appeal = await desk.open()
    order = appeal.order(OFFICER, "confirm_reason", None, "K-1", {"reason_code": "R01"})
    as_updates = [appeal.handle.execute_update(FreezeAppeal.give, order, id=f"K-1:{n}") for n in range(2)]
    one, other = await asyncio.gather(*as_updates)
    assert one == other
    assert (await appeal.types()).count("ReasonConfirmed") == 1


async def test_a_repeat_after_the_run_was_continued_gets_the_first_answer(desk: Desk) -> None:
    appeal = await desk.open(continue_after=40)
    first = await appeal.give(OFFICER, "confirm_reason", command_id="K-1", reason_code="R01")
    run_id = (await appeal.handle.describe()).run_id
    for n in range(12):
        await appeal.give(OFFICER_2, "post_message", audience="internal", text_ref=f"vault:{n}")
    await appeal.quiet()
    assert (await appeal.handle.describe()).run_id != run_id
    assert await appeal.give(OFFICER, "confirm_reason", command_id="K-1", reason_code="R01") == first
    assert (await appeal.types()).count("ReasonConfirmed") == 1
    assert (await appeal.types()).count("MessageRecorded") == 12


async def test_a_repeat_after_the_engine_lost_the_case_gets_the_first_answer(desk: Desk) -> None:
    appeal = await desk.open()
    first = await appeal.give(OFFICER, "confirm_reason", command_id="K-1", reason_code="R01")
    await appeal.quiet()
    await appeal.start_anew()
    assert await appeal.give(OFFICER, "confirm_reason", command_id="K-1", reason_code="R01") == first


async def test_of_two_commands_that_saw_one_version_the_second_is_stale(desk: Desk) -> None:
    appeal = await desk.open()
    await appeal.in_review()
    await appeal.approve(REVIEWER_1)
    seen = (await appeal.case()).version
    approve = appeal.approve(REVIEWER_2, HELD, seen=seen)
    returned = appeal.give(REVIEWER_3, "return_review", seen=seen, reason="look again")
    answers = await asyncio.gather(approve, returned)
    assert answers.count("refused: stale-version") == 1
    assert set(answers) & {"SecondApproval", "ReviewReturned"}


async def test_a_command_can_be_given_as_a_signal(desk: Desk) -> None:
    appeal = await desk.open()
    await appeal.ask(OFFICER, "confirm_reason", reason_code="R01")
    await appeal.until("reason_confirmed")


async def test_a_refused_signal_is_journaled_once_and_changes_nothing(desk: Desk) -> None:
    appeal = await desk.open()
    version = (await appeal.quiet()).version
    await appeal.ask(MERCHANT, "open_appeal", command_id="S-1", statement_ref="vault:1")
    await appeal.until_event("CommandRefused")
    await appeal.ask(MERCHANT, "open_appeal", command_id="S-1", statement_ref="vault:1")
    await appeal.ask(OFFICER, "do_magic")
    await appeal.until_event("CommandRefused", times=2)
    bodies = await appeal.bodies("CommandRefused")
    assert [(b["command"], b["code"]) for b in bodies] == [("open_appeal", "wrong-status"), ("do_magic", "invalid")]
    assert (await appeal.case()).version == version


async def test_a_signal_refused_once_stays_refused_when_it_comes_again_at_a_better_time(desk: Desk) -> None:
    appeal = await desk.open()
    await appeal.ask(MERCHANT, "open_appeal", command_id="S-1", statement_ref="vault:1")
    await appeal.until_event("CommandRefused")
    await appeal.confirm()
    await appeal.ask(MERCHANT, "open_appeal", command_id="S-1", statement_ref="vault:1")
    assert (await appeal.quiet()).status == "reason_confirmed"


async def test_a_command_delivered_late_answers_with_what_became_of_it(desk: Desk) -> None:
    appeal = await desk.open()
    order = appeal.order(OFFICER, "confirm_reason", None, "L-1", {"reason_code": "R01"})
    outcome = await appeal.handle.execute_update(FreezeAppeal.deliver, order, id="L-1")
    assert outcome.answer is not None
    assert outcome.answer.events == ("ReasonConfirmed",)
    early = CommandOrder("submit", '{"declaration": true}', "L-2", MERCHANT)
    refused = (await appeal.handle.execute_update(FreezeAppeal.deliver, early, id="L-2")).refused
    assert refused is not None
    assert (refused.code, refused.status) == ("wrong-status", 409)
    assert [body["code"] for body in await appeal.bodies("CommandRefused")] == ["wrong-status"]


async def test_a_command_the_journal_cannot_hold_is_refused_and_the_case_goes_on(desk: Desk) -> None:
    appeal = await desk.open()
    await appeal.confirm()
    await appeal.quiet()
    before = await appeal.types()
    body = {"statement_ref": "vault:1"}
    assert await appeal.give(MERCHANT, "open_appeal", command_id="L-\0", **body) == "refused: invalid"
    nobody = Actor("mer\0chant", ("merchant",), MERCHANT.merchant_no)
    order = appeal.order(nobody, "open_appeal", None, "L-1", body)
    refused = (await appeal.handle.execute_update(FreezeAppeal.deliver, order, id="L-1")).refused
    assert refused is not None
    assert (refused.code, refused.status) == ("invalid", 422)
    await appeal.ask(MERCHANT, "open_appeal", command_id="S-\0", **body)  # of this one not even the refusal can be
    assert await appeal.give(MERCHANT, "open_appeal", **body) == "AppealOpened"
    since = (await appeal.types())[len(before) :]
    assert [kind for kind in since if kind != "NoticeSent"] == ["CommandRefused", "AppealOpened"]


@pytest.mark.parametrize("way", ["give", "deliver"])
async def test_a_refusal_found_in_the_journal_stands_also_when_the_command_would_do_now(desk: Desk, way: str) -> None:
    appeal = await desk.open()
    await appeal.quiet()
    past = await appeal.history()
    asked = Asked(f"{appeal.case_id}:refused:L-1", SYSTEM, format_time(await desk.now()))
    events = decide(past.case, c.RecordRefusal("confirm_reason", "wrong-status", ""), asked, POLICY)
    assert not isinstance(events, Refused)
    await appeal.write(past, events, asked)  # by an earlier run; this one's memory lags behind
    if way == "give":
        assert await appeal.give(OFFICER, "confirm_reason", command_id="L-1", reason_code="R01") == (
            "refused: wrong-status"
        )
    else:
        order = appeal.order(OFFICER, "confirm_reason", None, "L-1", {"reason_code": "R01"})
        refused = (await appeal.handle.execute_update(FreezeAppeal.deliver, order, id="L-1")).refused
        assert refused is not None
        assert refused.code == "wrong-status"
    assert "ReasonConfirmed" not in await appeal.types()


async def test_a_case_that_is_running_is_not_started_twice(desk: Desk) -> None:
    appeal = await desk.open()
    client = desk.engine.env.client
    again = await client.start_workflow(
        FreezeAppeal.run,
        await appeal.input(),
        id=appeal.case_id,
        task_queue="cases",
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
    )
    await appeal.confirm()
    assert again.id == appeal.case_id
    assert (await appeal.types()).count("ReasonConfirmed") == 1


async def test_a_journal_that_is_ahead_wins_over_memory(desk: Desk) -> None:
    appeal = await desk.open()
    await appeal.quiet()
    await appeal.decided_elsewhere(c.ConfirmReason("R01"), OFFICER)
    assert await appeal.give(MERCHANT, "open_appeal", statement_ref="vault:1") == "refused: wrong-status"
    await appeal.handle.signal(FreezeAppeal.resync)  # what memory could not know, it now reads
    assert await appeal.give(MERCHANT, "open_appeal", statement_ref="vault:1") == "AppealOpened"


async def test_after_a_resync_the_procedure_goes_on_from_what_the_journal_says(desk: Desk) -> None:
    appeal = await desk.open()
    await appeal.draft()
    await appeal.file_all()
    await appeal.quiet()
    await appeal.decided_elsewhere(c.Submit(declaration=True), MERCHANT)
    await appeal.handle.signal(FreezeAppeal.resync)
    await appeal.until("in_review_1")
    position = len(await appeal.types())
    assert await appeal.handle.query(FreezeAppeal.position) == position


async def handed_in(appeal: Appeal, signals: int) -> None:
    """Wait until the procedure was given that many signals."""
    signal, task = EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED, EventType.EVENT_TYPE_WORKFLOW_TASK_STARTED
    for _ in range(500):
        types = [event.event_type for event in (await appeal.handle.fetch_history()).events]
        if types.count(signal) == signals and task in types[len(types) - types[::-1].index(signal) :]:
            return
        await asyncio.sleep(0.02)
    raise AssertionError("the signal was not handed in")


async def test_a_resync_that_comes_while_the_journal_is_read_is_not_lost(desk: Desk) -> None:
    appeal = await desk.open()
    await appeal.draft()
    await appeal.file_all()
    await appeal.quiet()
    await appeal.start_anew(task_timeout=timedelta(seconds=1))  # what comes during a read is handed in soon
    await appeal.quiet()
    door = desk.engine.door
    door.reading.clear()
    door.read_by = answered = asyncio.Event()
    await appeal.handle.signal(FreezeAppeal.resync)
    await asyncio.wait_for(door.reading.wait(), 10)  # what stands was read, and is on its way
    await appeal.decided_elsewhere(c.Submit(declaration=True), MERCHANT)
    await appeal.handle.signal(FreezeAppeal.resync)
    await handed_in(appeal, 2)
    answered.set()
    await appeal.until("in_review_1")


async def test_a_command_that_saw_a_newer_version_makes_the_procedure_read_first(desk: Desk) -> None:
    appeal = await desk.open()
    await appeal.quiet()
    await appeal.decided_elsewhere(c.ConfirmReason("R01"), OFFICER)
    seen = (await appeal.case()).version
    assert await appeal.give(MERCHANT, "open_appeal", seen=seen, statement_ref="vault:1") == "AppealOpened"


async def test_an_append_that_meets_a_longer_journal_folds_it_and_decides_again(desk: Desk) -> None:
    appeal = await desk.open()
    await appeal.in_review()
    await appeal.quiet()
    await appeal.decided_elsewhere(c.RequestSupplement(()), REVIEWER_2)
    assert await appeal.approve(REVIEWER_1) == "refused: wrong-status"
    assert (await appeal.quiet()).status == "awaiting_supplement"


async def test_deadlines_found_in_the_journal_are_kept(desk: Desk) -> None:
    appeal = await desk.open()
    await appeal.quiet()
    await appeal.decided_elsewhere(c.ConfirmReason("R01"), OFFICER)
    await appeal.handle.signal(FreezeAppeal.resync)
    await appeal.quiet()
    await desk.sleep(days(16))
    await appeal.until("closed_expired")


async def test_a_finished_case_takes_no_more_commands(desk: Desk) -> None:
    appeal = await desk.open(kind="txn_block", held_fen=0)
    await appeal.in_review()
    await appeal.approve(REVIEWER_1)
    await appeal.until("closed_released")
    assert await appeal.give(OFFICER_2, "post_message", audience="internal", text_ref="vault:9") == "MessageRecorded"
    assert await appeal.another_control("R02", held_fen=5) == "refused: case-closed"
