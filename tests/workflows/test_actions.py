"""What the reason asks of the merchant: before the release it waits for them, after it they have their time."""

from __future__ import annotations

import policies
from domain.business_time import SHANGHAI, parse_time
from domain.policy import Policy
from tests.workflows.hands import LOST
from tests.workflows.world import HELD, MERCHANT, POLICY, REVIEWER_1, REVIEWER_2, Appeal, Desk, days, minutes


async def days_of(appeal: Appeal, kind: str) -> list[str]:
    times = [entry.occurred_at for entry in await appeal.entries() if entry.type == kind]
    return [parse_time(at).astimezone(SHANGHAI).strftime("%m-%d") for at in times]


async def test_a_leaked_log_in_is_reset_before_anything_is_released(desk: Desk) -> None:
    appeal = await desk.open("S01", held_fen=3_000_000)
    await appeal.in_review()
    assert await appeal.approve(REVIEWER_1) == "FirstApproval"
    await appeal.until("pre_release_actions")
    await desk.sleep(minutes(30))
    assert await appeal.give(MERCHANT, "sign_agreement", signature_ref="vault:s") == "refused: wrong-status"
    assert "ledger.reserve" not in desk.hands.did()
    done = await appeal.give(MERCHANT, "reset_credentials")
    assert done == "ActionDone, ExecutionStarted, StepStarted"
    await appeal.until_sent()
    await appeal.bank_says()
    await appeal.until("closed_released")
    await appeal.quiet()
    told = {notice.notice: notice.facts for notice in desk.hands.notices.values()}
    assert told["actions_required"]["actions"] == "reset_credentials"


async def released_with_agreement_to_sign(desk: Desk, policy: Policy = POLICY) -> Appeal:
    """A fictitious-transactions case: released on 2 November, the new agreement unsigned."""
    appeal = await desk.open("R03", kind="txn_block", held_fen=0, policy=policy)
    await appeal.in_review()
    assert await appeal.approve(REVIEWER_1) == "FirstApproval"
    assert await appeal.approve(REVIEWER_2) == "SecondApproval"
    await appeal.until("post_actions")
    return appeal


async def test_an_agreement_signed_in_time_closes_the_case(desk: Desk) -> None:
    appeal = await released_with_agreement_to_sign(desk)
    await desk.sleep(days(1.5))  # at a whole day it would just be asking contract signing
    assert (
        await appeal.give(MERCHANT, "sign_agreement", signature_ref="vault:s")
        == "ActionDone, PostActionsDone, CaseClosed"
    )
    assert (await appeal.case()).status == "closed_released"
    await desk.sleep(days(15))
    assert not {"PostActionReminded", "PostActionOverdue", "PostActionLapsed"} & set(await appeal.types())


async def test_an_agreement_left_unsigned_is_reminded_of_then_limits_then_blocks(desk: Desk) -> None:
    policy = policies.load("2026-11-01+1(limits.reduced_limits_percent=30)")
    appeal = await released_with_agreement_to_sign(desk, policy)
    await desk.sleep(days(8))
    await appeal.until_event("PostActionOverdue")
    case = await appeal.quiet()
    assert await days_of(appeal, "PostActionReminded") == ["11-05", "11-08"]
    assert await days_of(appeal, "PostActionOverdue") == ["11-09"]
    assert desk.hands.did().count("risk.reduce_limits") == 1
    assert desk.hands.order_of("risk.reduce_limits").limits_percent == 30, "as the case's own policy says"
    assert case.standing_controls == ()  # still live, with reduced limits
    await desk.sleep(days(7))
    case = await appeal.until(lambda case: bool(case.standing_controls) and case.standing_controls[0].in_force)
    assert await days_of(appeal, "PostActionLapsed") == ["11-16"]
    assert desk.hands.did().count("terminals.block") == 2
    (lapse,) = case.standing_controls
    assert lapse.placed.kind == "txn_block"
    await appeal.quiet()
    told = [notice.notice for notice in desk.hands.notices.values() if notice.notice.startswith("post_action")]
    assert told == ["post_action_reminder", "post_action_reminder", "post_action_overdue", "post_action_lapsed"]


async def test_a_block_for_an_unsigned_agreement_goes_when_it_is_signed(desk: Desk) -> None:
    appeal = await released_with_agreement_to_sign(desk)
    await desk.sleep(days(15.1))
    await appeal.until(lambda case: bool(case.standing_controls) and case.standing_controls[0].in_force)
    signed = await appeal.give(MERCHANT, "sign_agreement", signature_ref="vault:s")
    assert signed == "ActionDone, PostActionsDone, LapseLifted, CaseClosed"
    await appeal.until(lambda case: not any(control.owed for control in case.controls))
    assert desk.hands.order_of("terminals.unblock_terminal").control_id == f"{appeal.case_id}:lapse"
    await appeal.until_event("LimitsRestored")
    await desk.sleep(days(31))
    await appeal.until(lambda case: case.finished)


async def test_limits_reduced_for_an_unsigned_agreement_are_restored_once_it_is_signed(desk: Desk) -> None:
    appeal = await released_with_agreement_to_sign(desk)
    await desk.sleep(days(8.1))
    await appeal.until_event("LimitsReduced")
    signed = await appeal.give(MERCHANT, "sign_agreement", signature_ref="vault:s")
    assert signed == "ActionDone, PostActionsDone, CaseClosed"
    await appeal.until_event("LimitsRestored")
    await appeal.start_anew()
    await appeal.quiet()
    assert [name for name in desk.hands.did() if "limits" in name] == ["risk.reduce_limits", "risk.restore_limits"]
    assert desk.hands.order_of("risk.restore_limits").key == f"{appeal.case_id}:limits:restored"


async def test_limits_are_restored_although_the_answer_is_lost_and_the_watch_begins_meanwhile(desk: Desk) -> None:
    appeal = await released_with_agreement_to_sign(desk)
    await desk.sleep(days(8.1))
    await appeal.until_event("LimitsReduced")
    desk.hands.next("risk.restore_limits", LOST)
    desk.hands.away.add("risk")
    await appeal.give(MERCHANT, "sign_agreement", signature_ref="vault:s")
    await desk.sleep(days(31))
    assert not await appeal.ended()  # nothing is watched any more, but the limits are still reduced
    desk.hands.away.clear()
    await desk.sleep(minutes(90))
    await appeal.until(lambda case: case.finished)
    assert desk.hands.did().count("risk.restore_limits") == 1


async def test_limits_are_reduced_once_although_risk_control_is_away_at_first(desk: Desk) -> None:
    appeal = await released_with_agreement_to_sign(desk)
    desk.hands.away.add("risk")
    await desk.sleep(days(7.1))
    await appeal.until_event("PostActionOverdue")
    desk.hands.away.clear()
    await desk.sleep(days(0.1))
    await appeal.quiet()
    await appeal.start_anew()
    await appeal.quiet()
    assert desk.hands.did().count("risk.reduce_limits") == 1


async def test_money_is_paid_before_the_agreement_is_signed(desk: Desk) -> None:
    appeal = await desk.open("R03")
    await appeal.released()
    case = await appeal.case()
    assert (case.status, case.settled.release_fen) == ("post_actions", HELD)
    assert (
        await appeal.give(MERCHANT, "sign_agreement", signature_ref="vault:s")
        == "ActionDone, PostActionsDone, CaseClosed"
    )


async def test_a_released_terminal_is_watched_for_thirty_days(desk: Desk) -> None:
    appeal = await desk.open(kind="txn_block", held_fen=0)
    await appeal.in_review()
    await appeal.approve(REVIEWER_1)
    case = await appeal.until("closed_released")
    await appeal.quiet()
    assert desk.hands.order_of("risk.monitor").until == case.dues["monitoring"].due
    await desk.sleep(days(29))
    assert not await appeal.ended()
    await desk.sleep(days(2))
    await appeal.until_event("MonitoringEnded")
    await appeal.quiet()
    assert await appeal.ended()
