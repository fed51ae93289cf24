"""What happens when time passes: reminders, reassignments, expiry, and never a release. Spec: timers.csv; README, 8."""

from datetime import timedelta

import pytest

from domain import commands as c
from domain.case import Status
from domain.deadlines import earliest
from domain.events import (
    ActionDone,
    ApprovalVoided,
    CaseClosed,
    CaseExpired,
    CheckDeferred,
    DecisionLate,
    DisposalDue,
    EvidenceReminded,
    ExecutionStarted,
    FirstApproval,
    FreezeNoticeLate,
    HoldRejustified,
    HoldRejustifyDue,
    LapseLifted,
    LimitsReduced,
    LimitsRestored,
    ManualCheck,
    MonitoringEnded,
    PostActionLapsed,
    PostActionOverdue,
    PostActionReminded,
    PostActionsDone,
    ReasonConfirmed,
    ReopenWindowEnded,
    ReviewOverdue,
    SecondApproval,
    StepDelayed,
    StepStarted,
)
from domain.waiting import waiting_on
from tests.domain.appeals import HELD, Appeal, a_control, approve, carry_out, enforce, tell
from tests.domain.specification import (
    COMPLIANCE,
    MERCHANT,
    OFFICER,
    OFFICER_2,
    POLICY,
    REVIEWER_1,
    REVIEWER_2,
    SUPERVISOR,
    Past,
    given,
    in_shanghai,
    like,
)

TIMERS = POLICY.timers


def due(past: Past, name: str) -> str:
    return in_shanghai(past.case.dues[name].due)


def owed(past: Past) -> set[tuple[str, str]]:
    return {(notice.notice, notice.audience) for notice in past.case.owed}


# --- what a timer may do --------------------------------------------------------------------------------------------


def test_a_timer_that_fires_early_or_for_another_time_does_nothing(appeal_in_draft: Past) -> None:
    past = given(appeal_in_draft)
    deadline = past.case.dues["evidence"]
    past.when(c.PassDeadline("evidence", deadline.due)).then("not-due")
    past.when(c.PassDeadline("evidence", "2026-11-03T00:00:00.000000+00:00"), at="2027-01-01 00:00").then("not-due")
    past.when(c.PassDeadline("nonsense", deadline.due), at="2027-01-01 00:00").then("not-due")


def test_a_timer_that_fires_twice_does_nothing_the_second_time(appeal_in_draft: Past) -> None:
    deadline = appeal_in_draft.case.dues["evidence"]
    past = given(appeal_in_draft).when_due("evidence").then(CaseExpired)
    past.when(c.PassDeadline("evidence", deadline.due)).then("not-due")


def test_a_timer_that_fires_late_does_what_it_would_have_done(appeal_in_draft: Past) -> None:
    given(appeal_in_draft).when_due("evidence", late=timedelta(days=3)).then(CaseExpired)


EVERYWHERE = [
    "terminal_just_frozen", "terminal_frozen", "appeal_reason_confirmed", "appeal_in_draft", "appeal_submitted",
    "appeal_just_checked", "appeal_awaiting_supplement", "appeal_awaiting_first_review",
    "appeal_awaiting_second_review", "appeal_approved", "appeal_executing", "appeal_released", "appeal_rejected",
    "appeal_withdrawn", "appeal_expired",
]  # fmt: skip


@pytest.mark.parametrize("state", EVERYWHERE)
def test_silence_never_approves_or_releases(state: str, request: pytest.FixtureRequest) -> None:
    """A year of nobody doing anything."""
    past = start = given(request.getfixturevalue(state))
    for _ in range(120):
        deadline = earliest(past.case)
        if deadline is None:
            break
        past = past.when_due(deadline.name).accepted
    decided = (FirstApproval, SecondApproval, ExecutionStarted, StepStarted, CaseClosed)
    assert [past.count(kind) for kind in decided] == [start.count(kind) for kind in decided]
    assert past.case.settled == start.case.settled
    assert [control.lifted for control in past.case.controls] == [control.lifted for control in start.case.controls]


@pytest.mark.parametrize("state", EVERYWHERE)
def test_every_deadline_says_in_both_languages_how_it_was_computed(state: str, request: pytest.FixtureRequest) -> None:
    for deadline in request.getfixturevalue(state).case.dues.values():
        assert deadline.basis.zh
        assert deadline.basis.en


# --- freeze_notice --------------------------------------------------------------------------------------------------


def test_a_freeze_not_told_within_a_business_day_is_a_breach_the_lead_hears_of(terminal_just_frozen: Past) -> None:
    past = given(terminal_just_frozen).when_due("freeze_notice").then(FreezeNoticeLate)
    assert ("freeze_notice_late", "lead") in owed(past)
    assert ("freeze_notice", "merchant") in owed(past), "the merchant is still to be told"


def test_a_freeze_that_was_told_cannot_be_late(terminal_just_frozen: Past) -> None:
    assert "freeze_notice" not in tell(given(terminal_just_frozen)).case.dues


# --- merchant_evidence ----------------------------------------------------------------------------------------------


def test_the_merchant_has_ten_business_days_and_is_reminded_three_and_one_before(appeal_reason_confirmed: Past) -> None:
    assert due(appeal_reason_confirmed, "evidence") == "2026-11-17 00:00"
    assert due(appeal_reason_confirmed, "evidence_reminder:3") == "2026-11-11 09:00"
    assert due(appeal_reason_confirmed, "evidence_reminder:1") == "2026-11-13 09:00"


def test_a_reminder_reminds_once(appeal_in_draft: Past) -> None:
    past = given(appeal_in_draft).when_due("evidence_reminder:3").then(EvidenceReminded(3))
    assert "evidence_reminder:3" not in past.case.dues
    assert past.case.version == appeal_in_draft.case.version
    assert ("evidence_reminder", "merchant") in owed(past)


@pytest.mark.parametrize("state", ["appeal_reason_confirmed", "appeal_in_draft"])
def test_the_merchants_time_runs_out_and_the_controls_stay(state: str, request: pytest.FixtureRequest) -> None:
    past = given(request.getfixturevalue(state)).when_due("evidence").then(like(CaseExpired, deadline="evidence"))
    past.now(Status.CLOSED_EXPIRED)
    assert past.case.standing_controls
    assert set(past.case.dues) == {"hold:C1", "reopen"}
    assert ("expired", "merchant") in owed(past)


# --- supplement -----------------------------------------------------------------------------------------------------


def test_a_supplement_is_due_after_five_business_days_and_then_the_case_expires(
    appeal_awaiting_supplement: Past,
) -> None:
    assert due(appeal_awaiting_supplement, "supplement") == "2026-11-10 00:00"
    past = given(appeal_awaiting_supplement).when_due("supplement").then(like(CaseExpired, deadline="supplement"))
    past.now(Status.CLOSED_EXPIRED)


# --- auto_check -----------------------------------------------------------------------------------------------------


def test_a_check_that_takes_ten_minutes_is_deferred_and_after_a_working_day_a_person_looks(
    appeal_submitted: Past,
) -> None:
    past = given(appeal_submitted).when_due("auto_check").then(CheckDeferred).now(Status.PENDING_CHECK)
    past = past.when_due("manual_check").then(ManualCheck).now(Status.IN_REVIEW_1)
    assert {doc.standing for doc in past.case.evidence.documents} == {"unsure"}
    assert {"review", "promise"} <= past.case.dues.keys()
    past.when(approve(HELD), by=REVIEWER_1).then("document-unverified")


# --- review_1, review_2, the promise --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "level"), [("appeal_awaiting_first_review", 1), ("appeal_awaiting_second_review", 2)]
)
def test_a_late_review_is_reassigned_and_nothing_else(state: str, level: int, request: pytest.FixtureRequest) -> None:
    before = given(request.getfixturevalue(state))
    past = before.when_due("review").then(like(ReviewOverdue, level=level, times=1))
    assert past.case.status is before.case.status
    assert past.case.version == before.case.version
    assert ("review_late", "lead") in owed(past)
    past.when_due("review").then(like(ReviewOverdue, level=level, times=2))


def test_a_first_review_has_three_working_days_and_a_second_one(
    appeal_just_checked: Past, appeal_awaiting_second_review: Past
) -> None:
    checked = in_shanghai(appeal_just_checked.entries[-1].occurred_at)
    assert due(appeal_just_checked, "review") == checked.replace("11-02", "11-05")
    approved = in_shanghai(appeal_awaiting_second_review.entries[-1].occurred_at)
    assert due(appeal_awaiting_second_review, "review") == approved.replace("11-02", "11-03")


def test_a_decision_later_than_promised_is_told_to_the_lead(appeal_awaiting_first_review: Past) -> None:
    past = given(appeal_awaiting_first_review).when_due("promise").then(DecisionLate)
    assert ("review_late", "lead") in owed(past)
    assert "promise" not in past.case.dues


@pytest.mark.parametrize("state", ["appeal_awaiting_supplement", "appeal_approved"])
def test_no_promise_runs_while_the_merchant_is_waited_for_or_after_the_decision(
    state: str, request: pytest.FixtureRequest
) -> None:
    assert "promise" not in request.getfixturevalue(state).case.dues


def test_an_expired_document_found_at_the_second_review_stops_the_promised_time() -> None:
    past = Appeal(a_control(held_fen=HELD), valid_until=(("D01", "2026-11-04"),)).first_approved()
    past = past.when(approve(HELD), by=REVIEWER_2, at="2026-11-05 09:30").then("approval-voided", ApprovalVoided)
    assert "promise" not in past.case.dues
    assert past.case.sla_runs[-1][1] is not None


# --- approval_validity ----------------------------------------------------------------------------------------------


def test_an_approval_not_carried_out_within_five_business_days_is_void() -> None:
    past = Appeal.of("S01").approved().when(c.Execute()).accepted.now(Status.PRE_RELEASE_ACTIONS)
    assert due(past, "approval")[:10] == "2026-11-09"
    past = past.when_due("approval").then(like(ApprovalVoided, cause="validity_over", items=())).now(Status.IN_REVIEW_1)
    assert past.case.evidence.rounds == 0
    past.when(approve(3_000_000), by=REVIEWER_1).then(FirstApproval)


# --- hold_rejustify -------------------------------------------------------------------------------------------------


def test_every_thirty_days_a_hold_is_justified_anew(terminal_frozen: Past) -> None:
    past = given(terminal_frozen).when_due("hold:C1").then(like(HoldRejustifyDue, day=30, tier="L2"))
    assert due(past, "hold:C1") == "2027-01-01 10:00"
    assert ("hold_due", "lead") in owed(past)
    past = past.when(c.Rejustify("still looked into"), by=OFFICER).then(HoldRejustified)
    past.when(c.Rejustify("again"), by=OFFICER).then("no-hold-due")


def test_from_day_ninety_only_the_compliance_head_lets_a_hold_go_on(terminal_frozen: Past) -> None:
    past = given(terminal_frozen)
    for day in (30, 60):
        past = past.when_due("hold:C1").then(like(HoldRejustifyDue, day=day, tier="L2"))
    past = past.when_due("hold:C1").then(like(HoldRejustifyDue, day=90, tier="L3"))
    past.when(c.Rejustify("goes on"), by=SUPERVISOR).then("tier-not-allowed")
    past.when(c.Rejustify("goes on"), by=COMPLIANCE).then(HoldRejustified)


def hold_at_day_180(past: Past) -> Past:
    while not past.count(DisposalDue) and past.case.dues["hold:C1"].due < "2027-05-01":
        past = past.when_due("hold:C1").accepted
    return past


def test_on_day_180_a_hold_is_to_be_disposed_of_at_l3(appeal_just_checked: Past) -> None:
    past = given(appeal_just_checked)
    for _ in range(5):
        past = past.when_due("hold:C1").then(HoldRejustifyDue)
    past = past.when_due("hold:C1").then(like(DisposalDue, day=180)).now(Status.IN_REVIEW_1)
    past.when(c.Reject("R01", "no"), by=REVIEWER_1).then("tier-not-allowed")
    past.when(c.Rejustify("goes on for ever"), by=COMPLIANCE).then("must-dispose")
    assert past.case.standing_controls, "never a silent release"


@pytest.mark.parametrize("state", ["appeal_rejected", "appeal_expired"])
def test_on_day_180_a_closed_case_is_taken_up_again_and_who_took_part_stays_known(
    state: str, request: pytest.FixtureRequest
) -> None:
    before = given(request.getfixturevalue(state))
    past = before.when_due("reopen").accepted
    while "hold:C1" in past.case.dues and not past.count(DisposalDue):
        past = past.when_due("hold:C1").accepted
    past.now(Status.IN_REVIEW_1)
    assert past.case.review.uploaded == before.case.review.uploaded
    assert past.case.review.handled >= before.case.review.handled
    assert past.case.review.first is None
    assert "review" in past.case.dues


def test_a_remainder_is_disposed_of_in_a_release_of_its_own() -> None:
    past = Appeal().awaiting_first_review().when(approve(2_000_000), by=REVIEWER_1).accepted
    past = carry_out(past.when(c.Execute()).accepted).now(Status.CLOSED_RELEASED)
    past = past.when_due("monitoring").accepted
    while past.case.status is Status.CLOSED_RELEASED:
        past = past.when_due("hold:C1").accepted
    assert "review" in past.now(Status.IN_REVIEW_1).case.dues
    past = past.when(approve(1_000_000), by=SUPERVISOR).accepted.when(approve(1_000_000), by=COMPLIANCE).accepted
    past = carry_out(past.when(c.Execute()).accepted).now(Status.CLOSED_RELEASED)
    assert past.case.settled.release_fen == 3_000_000
    assert past.case.remaining_fen == 0


def test_a_case_never_confirmed_is_confirmed_before_its_hold_is_disposed_of(terminal_frozen: Past) -> None:
    past = given(terminal_frozen).when(c.Withdraw("?"), by=MERCHANT).accepted.when_due("reopen").accepted
    while not past.count(DisposalDue):
        past = past.when_due("hold:C1").accepted
    past.now(Status.OPENED).when(c.ConfirmReason("R01"), by=OFFICER_2).then(ReasonConfirmed)


def test_a_disposal_that_falls_due_voids_approvals_of_a_lower_tier() -> None:
    past = Appeal(a_control(held_fen=HELD, placed_at="2026-05-06T02:00:00.000000+00:00")).just_frozen()
    deadline = past.case.dues["hold:C1"]
    assert in_shanghai(deadline.due) == "2026-06-05 10:00"
    appeal = Appeal(a_control(held_fen=HELD, placed_at="2026-05-06T02:00:00.000000+00:00"))
    past = appeal.first_approved().when_due("hold:C1", late=timedelta(days=180))
    past.then(like(DisposalDue, control_id="C1"), like(ApprovalVoided, cause="disposal_due")).now(Status.IN_REVIEW_1)


@pytest.mark.parametrize("reason_code", ["J01", "J02", "R10"])
def test_judicial_money_is_never_disposed_of_by_time(reason_code: str) -> None:
    past = Appeal.of(reason_code).frozen()
    for _ in range(8):
        past = past.when_due("hold:C1").then(HoldRejustifyDue)
    assert past.count(DisposalDue) == 0


# --- execution_step -------------------------------------------------------------------------------------------------


def test_a_release_that_hangs_is_told_to_the_merchant_within_the_hour_and_to_operations_daily_from_day_three(
    appeal_executing: Past,
) -> None:
    past = given(appeal_executing).when_due("step_alert").then(like(StepDelayed, n=1, days=0)).now(Status.EXECUTING)
    assert {("release_delayed", "merchant"), ("step_delayed", "operations")} <= owed(past)
    past = past.when_due("step_alert").then(like(StepDelayed, days=3))
    past = past.when_due("step_alert").then(like(StepDelayed, days=4))
    carry_out(past).now(Status.CLOSED_RELEASED)


# --- post_action ----------------------------------------------------------------------------------------------------


def awaiting_signature() -> Past:
    return carry_out(Appeal.of("R03").executing()).now(Status.POST_ACTIONS)


def bounced_with_an_agreement_to_sign() -> Past:
    past = Appeal.of("R03").executing()
    while past.case.release.payout != "sent" or past.case.release.in_flight:
        past = past.when(c.FinishStep(past.case.release.in_flight.n, "done")).accepted
    sent = next(step for step in reversed(past.case.release.steps) if step.name == "pay_out")
    past = past.when(c.AnswerPayout(sent.planned.key, "bounced", "bank-1", "account_closed")).accepted
    past = past.when(c.FinishStep(past.case.release.in_flight.n, "done")).accepted
    assert past.case.release.payout == "account_needed"
    return past


def test_post_actions_are_reminded_of_then_limits_are_reduced_then_the_terminal_is_blocked_again() -> None:
    past = awaiting_signature()
    past = past.when_due("post_action_reminder:3").then(PostActionReminded(3))
    past = past.when_due("post_action_reminder:6").then(PostActionReminded(6))
    past = past.when_due("post_action").then(PostActionOverdue(("sign_agreement",))).now(Status.POST_ACTIONS)
    assert past.case.post_overdue
    past = past.when_due("post_action_lapse").then(PostActionLapsed)
    assert past.case.standing_controls[-1].owed == ("block",)
    kinds = [notice.notice for notice in past.case.owed][-4:]
    assert kinds == ["post_action_reminder", "post_action_reminder", "post_action_overdue", "post_action_lapsed"]


def test_post_actions_done_late_lift_the_block_for_them() -> None:
    past = awaiting_signature().when_due("post_action").accepted.when_due("post_action_lapse").accepted
    past = enforce(past).when(c.SignAgreement("signature-1"), by=MERCHANT).accepted
    assert past.count(LapseLifted) == 1
    past.now(Status.CLOSED_RELEASED)
    assert past.case.controls[-1].owed == ("unblock",)
    assert enforce(past).case.controls[-1].owed == ()


def test_post_actions_done_late_give_the_usual_limits_back_and_the_case_waits_for_it() -> None:
    past = awaiting_signature().when_due("post_action").accepted
    assert past.case.limits_owed == "reduced"
    past.when(c.RecordLimits("restored", "M1")).then("already-done")
    past = past.when(c.RecordLimits("reduced", "M1")).then(LimitsReduced)
    past.when(c.RecordLimits("reduced", "M1")).then("already-done")
    assert past.case.limits_owed is None
    past = past.when(c.SignAgreement("signature-1"), by=MERCHANT).then(ActionDone, PostActionsDone, CaseClosed)
    assert waiting_on(past.case, POLICY).who == "partner"
    past = past.when(c.RecordLimits("restored", "M1")).then(LimitsRestored)
    assert past.case.limits_owed is None
    assert waiting_on(past.case, POLICY).who == "desk"


def test_what_is_signed_before_the_limits_were_reduced_is_reduced_and_restored_in_turn() -> None:
    past = awaiting_signature().when_due("post_action").accepted
    past = past.when(c.SignAgreement("signature-1"), by=MERCHANT).accepted
    assert past.case.limits_owed == "reduced"
    assert past.when(c.RecordLimits("reduced", "M1")).accepted.case.limits_owed == "restored"


def test_signed_while_another_account_is_awaited_nothing_is_overdue_any_more() -> None:
    past = bounced_with_an_agreement_to_sign()
    past = past.when(c.SignAgreement("signature-1"), by=MERCHANT).then(ActionDone, PostActionsDone)
    past.now(Status.POST_ACTIONS)
    assert not [name for name in past.case.dues if name.startswith("post_action")]


def test_a_block_for_lateness_goes_with_the_signature_although_the_money_still_waits_for_an_account() -> None:
    past = given(
        bounced_with_an_agreement_to_sign(), PostActionLapsed(a_control("LAPSE", kind="txn_block", held_fen=0))
    )
    past = enforce(past).when(c.SignAgreement("signature-1"), by=MERCHANT).accepted
    past.now(Status.POST_ACTIONS)
    assert past.case.controls[-1].owed == ("unblock",)


# --- monitoring, reopening ------------------------------------------------------------------------------------------


def test_monitoring_ends_after_thirty_days(appeal_released: Past) -> None:
    closed = in_shanghai(appeal_released.case.closed_at)
    assert due(appeal_released, "monitoring")[11:] == closed[11:]
    given(appeal_released).when_due("monitoring").then(MonitoringEnded)


def test_the_time_to_reopen_ends_after_thirty_days(appeal_rejected: Past) -> None:
    past = given(appeal_rejected).when_due("reopen").then(ReopenWindowEnded)
    assert "reopen" not in past.case.dues
    past.when(c.Reopen("vault:s"), by=MERCHANT).then("reopen-window-over")
