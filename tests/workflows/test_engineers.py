"""What engineers see of a case in Temporal: one sentence, and attributes to search by."""

from __future__ import annotations

import json

from domain.waiting import waiting_on
from tests.workflows.hands import VANISHED
from tests.workflows.world import HELD, MERCHANT, POLICY, REVIEWER_1, REVIEWER_2, Appeal, Desk, days
from workers.stack.temporal import SEARCH_ATTRIBUTES
from workflows.showing import AT_WORK


async def agrees(appeal: Appeal) -> str:
    """The sentence engineers see is the sentence of the case, and the attributes are the case's. Returns its status.
    (While a release is at work its due time is written with the next status.)"""
    case = await appeal.quiet()
    waiting = waiting_on(case, POLICY)
    assert await appeal.details() == waiting.sentence.en
    _, attributes = await appeal.described()
    due = attributes.pop("ThawDue", None)
    if case.status not in AT_WORK:
        assert (due is None) == (waiting.until is None)
        assert not due or due.replace("Z", "+00:00")[:19] == (waiting.until or "")[:19]
    assert attributes["ThawStatus"] == case.status
    assert attributes["ThawReason"] == case.reason_code
    return case.status


async def test_at_every_stage_the_details_say_what_the_case_waits_for(desk: Desk) -> None:
    appeal = await desk.open("S01", held_fen=3_000_000)
    seen = [await agrees(appeal)]
    await appeal.confirm()
    seen.append(await agrees(appeal))
    await appeal.give(MERCHANT, "open_appeal", statement_ref="vault:1")
    seen.append(await agrees(appeal))
    await appeal.file_all()
    seen.append(await agrees(appeal))
    await appeal.give(MERCHANT, "extend_evidence")
    seen.append(await agrees(appeal))
    desk.hands.away.add("documents")
    await appeal.submit()
    await desk.sleep(days(0.01))
    seen.append(await agrees(appeal))
    desk.hands.away.clear()
    await desk.sleep(days(0.01))
    seen.append(await agrees(appeal))
    await appeal.approve(REVIEWER_1)
    seen.append(await agrees(appeal))
    desk.hands.next("ledger.ledger_release", VANISHED, VANISHED)
    await appeal.give(MERCHANT, "reset_credentials")
    await appeal.until_event("StepUnknown")
    seen.append(await agrees(appeal))
    await desk.sleep(days(0.01))
    await appeal.until_sent()
    seen.append(await agrees(appeal))
    await appeal.bank_says("bounced")
    await appeal.until("post_actions")
    seen.append(await agrees(appeal))
    await appeal.give(MERCHANT, "new_account", account_ref="vault:a")
    await appeal.until(lambda case: case.release.payout == "account_checked")
    seen.append(await agrees(appeal))
    await appeal.give(REVIEWER_1, "approve_account", reason="same name")
    await appeal.give(REVIEWER_2, "approve_account", reason="same name")
    await appeal.until_sent()
    await appeal.bank_says()
    await appeal.until("closed_released")
    seen.append(await agrees(appeal))
    await desk.sleep(days(31))
    assert "nothing is waited for" in waiting_on(await appeal.case(), POLICY).sentence.en
    assert seen == [
        *("opened", "reason_confirmed", "draft", "draft", "draft", "pending_check", "in_review_1"),
        *("pre_release_actions", "executing", "executing", "post_actions", "post_actions", "closed_released"),
    ]


async def test_a_case_under_an_order_says_so(desk: Desk) -> None:
    appeal = await desk.open()
    await appeal.in_review()
    await appeal.legal_hold(HELD)
    assert await agrees(appeal) == "suspended_legal"
    assert "the authority" in await appeal.details()


async def test_a_case_can_be_found_by_kind_terminal_merchant_and_tier(desk: Desk) -> None:
    appeal = await desk.open()
    await appeal.confirm()
    await appeal.quiet()
    _, attributes = await appeal.described()
    assert attributes["ThawKind"] == "freeze_appeal"
    assert attributes["ThawTerminal"] == f"SN-{appeal.case_id}"
    assert attributes["ThawMerchant"] == MERCHANT.merchant_no
    assert attributes["ThawTier"] == "L2"
    assert set(attributes) == set(SEARCH_ATTRIBUTES), "an attribute that is registered and never set says nothing"


async def test_a_change_of_status_writes_all_attributes_together_and_a_start_writes_none(desk: Desk) -> None:
    appeal = await desk.open()
    await appeal.in_review()
    await appeal.approve(REVIEWER_1)
    await appeal.approve(REVIEWER_2)
    await appeal.until_sent()
    await appeal.bank_says()
    await appeal.until("closed_released")
    await appeal.quiet()
    events = (await appeal.handle.fetch_history()).events
    writes = [event.upsert_workflow_search_attributes_event_attributes.search_attributes for event in events]
    assert [json.loads(write.indexed_fields["ThawStatus"].data) for write in writes if write.ByteSize()] == [
        *("reason_confirmed", "draft", "submitted", "in_review_1", "in_review_2", "executing", "closed_released"),
    ]


async def test_timers_and_calls_say_what_they_are_for(desk: Desk) -> None:
    appeal = await desk.open()
    await appeal.in_review()
    events = (await appeal.handle.fetch_history()).events
    summaries = [event.user_metadata.summary.data.decode() for event in events if event.HasField("user_metadata")]
    assert any("freeze_notice until" in summary or "review until" in summary for summary in summaries)
    assert any("read D01" in summary for summary in summaries)
