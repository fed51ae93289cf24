"""The release: outside effects, each once under its own key. Spec: transitions.csv, approved to post_actions."""

import pytest

from domain import commands as c
from domain.case import Status
from domain.events import (
    ActionDone,
    ActionsRequired,
    CallbackIgnored,
    CaseClosed,
    CaseWithdrawn,
    DiscrepancyFound,
    ExecutionCompensated,
    ExecutionFailed,
    ExecutionStarted,
    MonitoringEnded,
    PayoutAccountChecked,
    PayoutAccountNamed,
    PayoutAccountNeeded,
    PayoutAnswered,
    PostActionsDone,
    ReleaseExecuted,
    StepDone,
    StepStarted,
    StepUndone,
    StepUnknown,
    WithdrawRequested,
)
from domain.release import approved_since
from domain.text import Text
from tests.domain.appeals import (
    HELD,
    Appeal,
    a_control,
    approve,
    bank_says,
    carry_out,
    carry_out_until,
    check,
    enforce,
    file_all,
    finish,
    judge_all,
    payout_key,
    tell,
)
from tests.domain.specification import (
    CASE_ID,
    MERCHANT,
    OFFICER,
    POLICY,
    REVIEWER_1,
    REVIEWER_2,
    REVIEWER_3,
    Past,
    given,
    like,
)

SAME_NAME = Text("同名。", "The same name.")


def names(past: Past) -> list[str]:
    return [step.name for step in past.case.release.attempt]


def in_flight(past: Past) -> int:
    step = past.case.release.in_flight
    assert step is not None
    return step.n


def fail(past: Past, code: str = "rule-unknown") -> c.FailStep:
    return c.FailStep(in_flight(past), code)


# --- the plan -------------------------------------------------------------------------------------------------------


def test_an_approved_release_starts_with_its_whole_plan_and_its_first_step(appeal_approved: Past) -> None:
    past = given(appeal_approved).when(c.Execute()).then(ExecutionStarted, StepStarted(1)).now(Status.EXECUTING)
    assert names(past) == [
        "reserve",
        "lift_risk_rule",
        "ledger_release",
        "book_payout",
        "pay_out",
        "report_status",
        "send_notice",
        "settle_payout",
    ]
    assert [step.name for step in past.case.release.steps if step.planned.pivot] == ["ledger_release"]
    assert [step.planned.key for step in past.case.release.steps][:2] == [f"{CASE_ID}:step:1", f"{CASE_ID}:step:2"]


def test_each_block_has_a_step_of_its_own_after_the_money_is_released() -> None:
    past = Appeal().awaiting_first_review()
    block = c.AddControl(a_control("C2", kind="txn_block", held_fen=0, source="system"))
    past = enforce(past.when(block).accepted)
    past = past.when(approve(3_000_000), by=REVIEWER_1).accepted.when(c.Execute()).accepted
    assert names(past)[2:4] == ["ledger_release", "unblock_terminal"]
    past = finish(carry_out_until(past, "ledger_release"))
    assert [control.lifted for control in past.case.controls] == [True, False], "blocked until it is unblocked"
    past = finish(past)
    assert [control.lifted for control in past.case.controls] == [True, True]
    assert not [name for name in past.case.dues if name.startswith("hold:")]


def test_without_money_the_first_effect_that_cannot_be_undone_is_the_pivot() -> None:
    past = Appeal.of("R02", kind="txn_block", held_fen=0).executing()
    assert names(past) == ["lift_risk_rule", "unblock_terminal", "report_status", "send_notice"]
    assert past.case.release.pivot.name == "unblock_terminal"


def test_a_control_whose_money_the_ledger_did_not_have_is_lifted_without_money() -> None:
    appeal = Appeal()
    past = appeal.just_frozen().when(c.RecordEnforcement("C1", "hold", available_fen=0)).accepted
    past = enforce(past).when(c.ConfirmReason("R01"), by=OFFICER).accepted
    past = file_all(past.when(c.OpenAppeal("vault:s"), by=MERCHANT).accepted, appeal)
    past = judge_all(check(past.when(c.Submit(declaration=True), by=MERCHANT).accepted), REVIEWER_1)
    past = past.when(approve(0), by=REVIEWER_1).accepted.when(c.Execute()).accepted
    assert names(past) == ["lift_risk_rule", "report_status", "send_notice"]
    assert all(control.lifted for control in carry_out(past).now(Status.CLOSED_RELEASED).case.controls)


def test_done_and_started_are_one_append(appeal_executing: Past) -> None:
    given(appeal_executing).when(c.FinishStep(1, "reservation-1")).then(StepDone(1, "reservation-1"), StepStarted(2))


def test_no_step_is_finished_out_of_turn(appeal_executing: Past) -> None:
    past = given(appeal_executing)
    for command in (c.FinishStep(2, "?"), c.StartStep(2), c.LoseStep(3, "?"), c.FailStep(2, "?"), c.UndoStep(1, "?")):
        past.when(command).then("out-of-order")
    again = finish(past)
    again.when(c.FinishStep(1, "again")).then("out-of-order")
    assert again.case.release.steps[0].answer == "ref-1"


def test_held_equals_released_and_kept_and_claimed_and_remaining() -> None:
    past = Appeal(a_control(held_fen=HELD)).awaiting_first_review()
    part = approve(5_000_000, 400_000, 300_000)
    past = past.when(part, by=REVIEWER_1).accepted.when(part, by=REVIEWER_2).accepted
    past = carry_out(past.when(c.Execute()).accepted).now(Status.CLOSED_RELEASED)
    settled = past.case.settled
    assert (settled.release_fen, settled.penalty_fen, settled.claims_fen) == (5_000_000, 400_000, 300_000)
    assert past.case.remaining_fen == HELD - 5_700_000
    assert [control.lifted for control in past.case.controls] == [False], "a remainder keeps its control"
    assert "hold:C1" in past.case.dues


def test_a_penalty_alone_pays_nothing_out() -> None:
    past = Appeal().awaiting_first_review()
    part = approve(0, 3_000_000)
    past = past.when(part, by=REVIEWER_1).accepted.when(part, by=REVIEWER_2).accepted.when(c.Execute()).accepted
    assert "pay_out" not in names(past)
    carry_out(past).now(Status.CLOSED_RELEASED)


# --- what goes wrong before the pivot -------------------------------------------------------------------------------


def test_a_definite_refusal_before_the_pivot_reverses_what_was_done_last_first(appeal_executing: Past) -> None:
    past = carry_out_until(given(appeal_executing), "ledger_release")
    past = past.when(fail(past, "insufficient-held")).then(like(ExecutionFailed, n=3, code="insufficient-held"))
    past = past.now(Status.COMPENSATING)
    past.when(c.UndoStep(1, "too early")).then("out-of-order")
    past = past.when(c.UndoStep(2, "rule-back")).then(StepUndone)
    past = past.when(c.UndoStep(1, "cancelled")).then(StepUndone, like(ExecutionCompensated, withdrawn=False))
    assert past.now(Status.IN_REVIEW_1).case.review.first is None
    assert {"review", "promise"} <= past.case.dues.keys()
    assert "execution_failed" in {owed.notice for owed in past.case.owed if owed.audience == "operations"}


def test_when_the_first_step_is_refused_there_is_nothing_to_reverse(appeal_executing: Past) -> None:
    past = given(appeal_executing)
    past.when(fail(past)).then(ExecutionFailed, ExecutionCompensated).now(Status.IN_REVIEW_1)


def test_a_later_attempt_has_numbers_and_keys_of_its_own(appeal_executing: Past) -> None:
    past = given(appeal_executing)
    past = past.when(fail(past)).accepted
    past = past.when(approve(HELD), by=REVIEWER_1).accepted.when(approve(HELD), by=REVIEWER_2).accepted
    past = past.when(c.Execute()).then(ExecutionStarted, StepStarted(9))
    keys = [step.planned.key for step in past.case.release.steps]
    assert len(set(keys)) == len(keys) == 16
    carry_out(past).now(Status.CLOSED_RELEASED)


def test_an_unknown_answer_is_asked_for_under_the_same_key(appeal_executing: Past) -> None:
    past = given(appeal_executing)
    key = past.case.release.in_flight.planned.key
    past = past.when(c.LoseStep(1, "timeout")).then(StepUnknown(1, "timeout")).now(Status.EXECUTING)
    past.when(c.LoseStep(1, "timeout")).then("out-of-order")
    assert past.case.release.in_flight.planned.key == key
    past.when(c.FinishStep(1, "it had taken place")).then(StepDone, StepStarted(2))
    past.when(c.FailStep(1, "never arrived")).then(ExecutionFailed, ExecutionCompensated)


# --- what goes wrong after it ---------------------------------------------------------------------------------------


def test_after_the_pivot_nothing_is_reversed_a_refusal_is_looked_into(appeal_executing: Past) -> None:
    past = carry_out_until(given(appeal_executing), "report_status")
    past = past.when(fail(past, "no-such-merchant")).then(DiscrepancyFound).now(Status.EXECUTING)
    past.when(c.UndoStep(2, "?")).then("out-of-order")
    assert "effect_refused" in {owed.notice for owed in past.case.owed}
    carry_out(past).now(Status.CLOSED_RELEASED)


# --- the payout -----------------------------------------------------------------------------------------------------


def test_the_case_waits_for_the_banks_word_before_it_settles_the_payout(appeal_executing: Past) -> None:
    past = finish(carry_out_until(given(appeal_executing), "send_notice"))
    assert past.case.release.in_flight is None
    past = bank_says(past, "confirmed").then(PayoutAnswered, StepStarted)
    past = past.when(c.FinishStep(in_flight(past), "settled")).then(StepDone, ReleaseExecuted, CaseClosed)
    past.now(Status.CLOSED_RELEASED)


def test_a_banks_word_that_comes_before_our_own_record_of_the_payout_counts(appeal_executing: Past) -> None:
    past = carry_out_until(given(appeal_executing), "pay_out")
    past = bank_says(past, "confirmed").then(PayoutAnswered)
    carry_out(past).now(Status.CLOSED_RELEASED)


def test_the_same_word_of_the_bank_again_changes_nothing(appeal_released: Past) -> None:
    past = bank_says(given(appeal_released), "confirmed", "bank-2").then(CallbackIgnored)
    assert past.case.version == appeal_released.case.version
    assert past.case.release == appeal_released.case.release


def test_a_contradicting_word_of_the_bank_goes_to_a_person(appeal_released: Past) -> None:
    past = bank_says(given(appeal_released), "bounced", "bank-2").then(
        like(DiscrepancyFound, recorded="confirmed", claimed="bounced")
    )
    past.now(Status.CLOSED_RELEASED)


@pytest.mark.parametrize("key", ["no-such-key", f"{CASE_ID}:step:1"])
def test_an_answer_to_no_payout_goes_to_a_person(appeal_released: Past, key: str) -> None:
    given(appeal_released).when(c.AnswerPayout(key, "confirmed", "bank-2")).then(DiscrepancyFound)


def test_an_answer_to_a_payout_that_was_not_sent_yet_goes_to_a_person(appeal_executing: Past) -> None:
    bank_says(given(appeal_executing), "confirmed").then(DiscrepancyFound)


def test_a_refusal_of_the_payout_after_its_confirmation_goes_to_a_person(appeal_executing: Past) -> None:
    past = bank_says(carry_out_until(given(appeal_executing), "pay_out"), "confirmed").accepted
    past = past.when(fail(past, "account_closed")).then(StepDone, DiscrepancyFound, StepStarted)
    carry_out(past).now(Status.CLOSED_RELEASED)


@pytest.mark.parametrize("how", ["bounced later", "refused at once"])
def test_a_payout_refused_for_good_asks_for_another_account_while_the_terminal_stays_live(how: str) -> None:
    past = carry_out_until(Appeal().executing(), "pay_out")
    past = past.when(fail(past, "account_closed")).accepted if how == "refused at once" else past
    past = carry_out(past, "bounced").now(Status.POST_ACTIONS)
    assert past.count(PayoutAccountNeeded) == 1
    assert past.case.release.payout == "account_needed"
    assert all(control.lifted for control in past.case.controls)
    assert past.case.settled.release_fen == 3_000_000
    assert past.case.owed[-1].notice == "payout_account_needed"


def test_a_new_account_checked_and_approved_by_two_gets_the_money() -> None:
    past = carry_out(Appeal().executing(), "bounced")
    past = past.when(c.NewAccount("vault:account-2"), by=MERCHANT).then(PayoutAccountNamed("vault:account-2"))
    past = past.when(c.RecordAccountCheck(matches=True, finding=SAME_NAME)).then(PayoutAccountChecked)
    past = past.when(c.ApproveAccount("theirs"), by=REVIEWER_3).accepted
    past = past.when(c.ApproveAccount("theirs"), by=REVIEWER_2).accepted.now(Status.EXECUTING)
    assert names(past)[-3:] == ["resend_payout", "pay_out", "settle_payout"]
    assert past.case.dues["step_alert"], "a bank that hangs is noticed here as well"
    past = carry_out(past).now(Status.CLOSED_RELEASED)
    assert past.case.settled.release_fen == 3_000_000


def test_an_account_in_another_name_is_not_taken() -> None:
    past = carry_out(Appeal().executing(), "bounced")
    past.when(c.RecordAccountCheck(matches=True, finding=SAME_NAME)).then("no-account-needed")
    past = past.when(c.NewAccount("vault:account-2"), by=MERCHANT).accepted
    past = past.when(c.RecordAccountCheck(matches=False, finding=Text("不同名。", "Another."))).accepted
    assert past.case.release.payout == "account_needed"
    assert past.case.owed[-1].notice == "payout_account_refused"


def test_a_second_bounce_asks_for_yet_another_account() -> None:
    past = carry_out(Appeal().executing(), "bounced")
    past = past.when(c.NewAccount("vault:account-2"), by=MERCHANT).accepted
    past = past.when(c.RecordAccountCheck(matches=True, finding=SAME_NAME)).accepted
    past = past.when(c.ApproveAccount("theirs"), by=REVIEWER_3).accepted
    past = carry_out(past.when(c.ApproveAccount("theirs"), by=REVIEWER_2).accepted, "bounced").now(Status.POST_ACTIONS)
    assert past.case.release.bounces == 2
    assert payout_key(past) != next(step.planned.key for step in past.case.release.steps if step.name == "pay_out")


def test_nobody_needs_a_new_account_when_the_payout_went_well() -> None:
    past = carry_out(Appeal.of("R03").executing()).now(Status.POST_ACTIONS)
    past.when(c.NewAccount("vault:account-2"), by=MERCHANT).then("no-account-needed")


# --- withdrawal -----------------------------------------------------------------------------------------------------

FREE = [
    "terminal_just_frozen", "terminal_frozen", "appeal_reason_confirmed", "appeal_in_draft", "appeal_submitted",
    "appeal_awaiting_supplement", "appeal_awaiting_first_review", "appeal_awaiting_second_review", "appeal_approved",
]  # fmt: skip


@pytest.mark.parametrize("state", FREE)
def test_withdrawal_is_free_until_execution_and_the_controls_stay(state: str, request: pytest.FixtureRequest) -> None:
    past = given(request.getfixturevalue(state)).when(c.Withdraw("enough"), by=MERCHANT).then(CaseWithdrawn)
    past.now(Status.CLOSED_WITHDRAWN)
    assert past.case.standing_controls
    assert set(past.case.dues) == {"hold:C1", "reopen"}


def test_while_the_release_runs_the_call_in_flight_is_resolved_before_the_withdrawal(appeal_executing: Past) -> None:
    past = finish(given(appeal_executing))
    past = past.when(c.Withdraw("enough"), by=MERCHANT).then(WithdrawRequested).now(Status.EXECUTING)
    past.when(c.Withdraw("enough"), by=MERCHANT).then("already-done")
    past = past.when(c.FinishStep(2, "lifted")).then(StepDone, like(ExecutionFailed, code="withdrawn"))
    past = past.now(Status.COMPENSATING).when(c.UndoStep(2, "back")).then(StepUndone)
    past = past.when(c.UndoStep(1, "cancelled")).then(
        StepUndone, like(ExecutionCompensated, withdrawn=True), CaseWithdrawn
    )
    assert past.now(Status.CLOSED_WITHDRAWN).case.remaining_fen == HELD


def test_once_the_money_is_on_its_way_it_is_too_late_to_withdraw(appeal_executing: Past) -> None:
    pivot = carry_out_until(given(appeal_executing), "ledger_release")
    pivot.when(c.Withdraw("enough"), by=MERCHANT).then("past-pivot")
    finish(pivot).when(c.Withdraw("enough"), by=MERCHANT).then("past-pivot")


# --- actions before and after the release ---------------------------------------------------------------------------


def test_stolen_credentials_are_reset_before_anything_is_lifted() -> None:
    past = Appeal.of("S01").approved().when(c.Execute()).then(ActionsRequired(("reset_credentials",)))
    past = past.now(Status.PRE_RELEASE_ACTIONS)
    assert "approval" in past.case.dues, "the approval's validity runs on"
    assert past.case.owed[-1].notice == "actions_required"
    past.when(c.SignAgreement("signature-1"), by=MERCHANT).then("wrong-status")
    past = past.when(c.ResetCredentials(), by=MERCHANT).then(ActionDone, ExecutionStarted, StepStarted)
    past.now(Status.EXECUTING)


def test_documents_are_looked_at_again_when_the_actions_are_done() -> None:
    past = Appeal.of("S01", valid_until=(("D03", "2026-11-04"),)).approved().when(c.Execute()).accepted
    past = past.when(c.ResetCredentials(), by=MERCHANT, at="2026-11-05 00:00").accepted
    assert past.now(Status.AWAITING_SUPPLEMENT).count(ExecutionStarted) == 0


def test_a_settlement_account_that_is_no_longer_the_approved_one_goes_the_way_of_another_account() -> None:
    past = carry_out_until(Appeal.of("R01").executing(), "pay_out")
    past = past.when(fail(past, "account-changed")).accepted
    past = finish(finish(past))
    past = past.when(c.FinishStep(past.case.release.in_flight.n, "booked back")).then(
        StepDone, PayoutAccountNeeded("account-changed")
    )
    assert dict(past.case.owed[-1].facts) == {"why": "account-changed"}
    past.when(c.ApproveAccount("same"), by=REVIEWER_3).then("no-account-needed")


def test_what_the_payout_rests_on_is_as_old_as_the_first_consent(appeal_approved: Past) -> None:
    assert approved_since(appeal_approved.case) == appeal_approved.case.review.first.at
    assert appeal_approved.case.review.first.at < appeal_approved.case.review.second.at


def test_an_agreement_to_be_signed_anew_keeps_a_released_case_open() -> None:
    past = carry_out(Appeal.of("R03").executing()).now(Status.POST_ACTIONS)
    assert {"post_action_reminder:3", "post_action_reminder:6", "post_action", "post_action_lapse"} <= set(
        past.case.dues
    )
    past.when(c.ResetCredentials(), by=MERCHANT).then("wrong-status")
    past = past.when(c.SignAgreement("signature-1"), by=MERCHANT).then(ActionDone, PostActionsDone, CaseClosed)
    assert set(past.now(Status.CLOSED_RELEASED).case.dues) == {"monitoring"}


def test_a_reason_without_actions_goes_straight_to_its_close(appeal_released: Past) -> None:
    assert [type(event) for event in appeal_released.events[-3:]] == [StepDone, ReleaseExecuted, CaseClosed]
    assert not POLICY.reasons["R01"].actions_after


def test_actions_nobody_asked_for_are_not_taken() -> None:
    past = Appeal.of("S01").approved().when(c.Execute()).accepted
    past = carry_out(past.when(c.ResetCredentials(), by=MERCHANT).accepted).now(Status.CLOSED_RELEASED)
    bounced = carry_out(Appeal().executing(), "bounced")
    bounced.when(c.SignAgreement("signature-1"), by=MERCHANT).then("action-not-required")


# --- the end --------------------------------------------------------------------------------------------------------


def test_a_released_terminal_is_watched_for_thirty_days_and_then_all_is_done(appeal_released: Past) -> None:
    past = tell(given(appeal_released))
    assert not past.case.finished
    past = past.when_due("monitoring").then(MonitoringEnded)
    assert past.case.finished


def test_the_release_of_a_case_judged_at_every_tier_goes_the_same_way() -> None:
    for reason_code in ("S03", "R02", "R05", "J01"):
        past = carry_out(Appeal.of(reason_code).executing())
        assert past.case.status is Status.CLOSED_RELEASED, reason_code
