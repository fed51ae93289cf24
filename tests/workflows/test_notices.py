"""Notices: each owed one goes out once, in order, and none names what the merchant must not know."""

from __future__ import annotations

from dataclasses import replace

from tests.workflows.hands import quiet, refusing
from tests.workflows.world import (
    COMPLIANCE,
    MERCHANT,
    OFFICER_2,
    POLICY,
    REVIEWER_1,
    REVIEWER_2,
    SUPERVISOR,
    Desk,
    days,
    minutes,
)
from workflows.ports import CASES, Resend
from workflows.resending import Resending


async def test_notices_go_out_in_order_each_once_and_are_journaled(desk: Desk) -> None:
    appeal = await desk.open()
    await appeal.released()
    await appeal.quiet()
    sent = [(notice.notice, notice.audience) for notice in desk.hands.notices.values()]
    assert sent == [
        ("freeze_notice", "merchant"),
        ("reason_confirmed", "merchant"),
        ("submitted", "merchant"),
        ("case_closed", "merchant"),
    ]
    journaled = [body["key"] for body in await appeal.bodies("NoticeSent")]
    assert journaled == list(desk.hands.notices)
    assert desk.hands.tried("notices.send") == journaled


async def test_notices_wait_for_the_gateway_and_the_case_does_not(desk: Desk) -> None:
    appeal = await desk.open()
    desk.hands.away.add("notices")
    await appeal.in_review()
    await appeal.approve(REVIEWER_1)
    assert len((await appeal.case()).owed) >= 1
    desk.hands.away.clear()
    await desk.sleep(minutes(3))
    await appeal.until(lambda case: not case.owed)
    assert [notice.notice for notice in desk.hands.notices.values()] == [
        "freeze_notice",
        "reason_confirmed",
        "submitted",
    ]


async def test_a_notice_the_gateway_refuses_is_tried_again_and_the_next_wait_their_turn(desk: Desk) -> None:
    desk.hands.next("notices.send", refusing("unknown-address"), refusing("unknown-address"))
    appeal = await desk.open()
    await appeal.confirm()
    await desk.sleep(minutes(125))
    await appeal.until(lambda case: not case.owed)
    assert [notice.notice for notice in desk.hands.notices.values()] == ["freeze_notice", "reason_confirmed"]


async def test_what_quiet_hours_hold_back_goes_out_when_they_end(desk: Desk) -> None:
    appeal = await desk.open()
    await appeal.quiet()
    desk.hands.next("notices.send", quiet(9 * 3600))
    await appeal.confirm()
    await desk.sleep(minutes(8 * 60))
    assert "reason_confirmed" not in [notice.notice for notice in desk.hands.notices.values()]
    await desk.sleep(minutes(70))
    await appeal.until(lambda case: not case.owed)
    assert [notice.notice for notice in desk.hands.notices.values()] == ["freeze_notice", "reason_confirmed"]


async def test_something_urgent_takes_along_what_quiet_hours_hold_back_before_it(desk: Desk) -> None:
    appeal = await desk.open()
    await appeal.quiet()
    desk.hands.next("notices.send", quiet(9 * 3600))
    await appeal.confirm()
    await appeal.until(lambda case: bool(case.owed))
    await appeal.another_control()
    await appeal.until(lambda case: not case.owed)
    told = list(desk.hands.notices.values())
    assert [notice.notice for notice in told] == ["freeze_notice", "reason_confirmed", "control_added"]
    assert [notice.at_once for notice in told] == [True, True, True]


async def test_a_release_told_at_night_takes_along_what_quiet_hours_hold_back_before_it(desk: Desk) -> None:
    appeal = await desk.open()
    await appeal.draft()
    await appeal.quiet()
    desk.hands.next("notices.send", quiet(9 * 3600))
    await appeal.file_all()
    await appeal.submit()
    await appeal.until(lambda case: all(control.in_force for control in case.standing_controls))
    await appeal.until("in_review_1")
    assert [owed.notice for owed in (await appeal.case()).owed] == ["submitted"]
    await appeal.approve(REVIEWER_1)
    await appeal.approve(REVIEWER_2)
    await appeal.until_sent()
    delivered = [name for name, key in desk.hands.calls if name in {"notices.send", "notices.send_notice"}]
    assert delivered[-2:] == ["notices.send", "notices.send_notice"]
    assert desk.hands.notices[(await appeal.bodies("NoticeSent"))[-1]["key"]].at_once
    assert [body["notice"] for body in await appeal.bodies("NoticeSent")][-1] == "submitted"


async def test_a_notice_is_sent_once_more_after_the_quiet_hours(desk: Desk) -> None:
    appeal = await desk.open()
    await appeal.quiet()
    desk.hands.next("notices.resend", quiet(3600))
    first = next(iter(desk.hands.notices.values()))
    delivered = await desk.engine.env.client.execute_workflow(
        Resending.run, Resend(replace(first, key=f"{first.key}:again:1"), "sms"), id="resend:1", task_queue=CASES
    )
    assert delivered.channel == "sms"
    assert desk.hands.tried("notices.resend") == [f"{first.key}:again:1"] * 2


async def test_a_freeze_nobody_was_told_of_in_a_business_day_is_a_breach(desk: Desk) -> None:
    desk.hands.away.add("notices")
    appeal = await desk.open()
    await desk.sleep(days(1.1))
    await appeal.until_event("FreezeNoticeLate")
    desk.hands.away.clear()
    await desk.sleep(minutes(3))
    await appeal.until(lambda case: not case.owed)
    told = [(notice.notice, notice.audience) for notice in desk.hands.notices.values()]
    assert told == [("freeze_notice", "merchant"), ("freeze_notice_late", "lead")]


async def test_a_freeze_told_in_time_is_no_breach(desk: Desk) -> None:
    appeal = await desk.open()
    await appeal.quiet()
    await desk.sleep(days(2))
    await appeal.quiet()
    assert "FreezeNoticeLate" not in await appeal.types()


async def test_no_notice_of_an_aml_case_names_its_reason_or_the_due_diligence_form(desk: Desk) -> None:
    appeal = await desk.open("J02", held_fen=3_000_000)
    await appeal.draft()
    await appeal.file_all()
    await appeal.submit()
    await appeal.until("in_review_1")
    asked = await appeal.give(
        SUPERVISOR, "request_supplement", items=[{"doc_type": "D12", "reason": {"zh": "不清楚", "en": "unclear"}}]
    )
    assert asked == "SupplementRequested"
    await appeal.resubmit()
    await appeal.until("in_review_1")
    rejection = {"reason_code": "J02", "reason": "suspicion stands"}
    assert await appeal.give(SUPERVISOR, "reject", **rejection) == "RejectProposed"
    assert await appeal.give(COMPLIANCE, "reject", **rejection) == "CaseRejected"
    await desk.sleep(days(35))
    await appeal.quiet()
    told = [notice for notice in desk.hands.notices.values() if notice.audience == "merchant"]
    assert "rejected" in [notice.notice for notice in told]
    for notice in told:
        assert notice.public_reason == "Q05"
        assert "J02" not in str(notice)
        assert "D25" not in str(notice)
    waiting = (await appeal.details(), *(await appeal.bodies("NoticeSent")))
    assert "J02" not in str(waiting)


async def test_an_aml_case_asks_the_merchant_for_what_a_routine_review_asks(desk: Desk) -> None:
    appeal = await desk.open("J02", held_fen=3_000_000)
    await appeal.draft()
    for doc_type in ("D03", "D12"):
        await appeal.file(doc_type)
    assert await appeal.give(MERCHANT, "submit", declaration=True) == "CaseSubmitted"
    await appeal.until("in_review_1")
    await appeal.until(lambda case: all(control.in_force for control in case.standing_controls))
    assert await appeal.approve(SUPERVISOR) == "refused: document-unverified"  # D25 is the desk's to file
    form = await appeal.file("D25", by=OFFICER_2)
    judged = {"document_id": form, "verdict": "accept", "reason": "cleared"}
    assert await appeal.give(SUPERVISOR, "judge_document", **judged) == "DocumentJudged"
    assert await appeal.approve(SUPERVISOR) == "refused: not-releasable"  # its own desk lifts it, nobody here
    await appeal.quiet()
    public = {notice.public_reason for notice in desk.hands.notices.values()}
    assert public == {POLICY.reasons["J02"].public_code}


async def test_a_notice_says_when_its_deadline_is(desk: Desk) -> None:
    appeal = await desk.open()
    await appeal.confirm()
    case = await appeal.quiet()
    told = next(notice for notice in desk.hands.notices.values() if notice.notice == "reason_confirmed")
    assert told.facts["due"] == case.dues["evidence"].due
