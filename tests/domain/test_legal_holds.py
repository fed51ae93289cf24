"""A legal order stops a case wherever it stands. Spec: transitions.csv, judicial_hold, lift_legal_hold; README, 7."""

import pytest

from domain import commands as c
from domain.actors import Actor
from domain.case import Status
from domain.events import (
    Authority,
    CaseClosed,
    DocumentAdded,
    ExecutionFailed,
    ExecutionStarted,
    LegalHoldLifted,
    LegalHoldPlaced,
    PayoutAccountNamed,
    PayoutAccountNeeded,
    ReleaseExecuted,
    RemainderProposed,
    RemainderReleased,
    StepDone,
    StepStarted,
    StepUndone,
)
from tests.domain.appeals import (
    HELD,
    Appeal,
    a_control,
    a_document,
    approve,
    bank_says,
    carry_out,
    carry_out_until,
    enforce,
    finish,
    payout_key,
)
from tests.domain.specification import (
    COMPLIANCE,
    COMPLIANCE_2,
    MERCHANT,
    OFFICER,
    OFFICER_2,
    REVIEWER_1,
    SUPERVISOR,
    Outcome,
    Past,
    given,
    like,
)

ANYWHERE = [
    "terminal_just_frozen", "terminal_frozen", "appeal_reason_confirmed", "appeal_in_draft", "appeal_submitted",
    "appeal_awaiting_supplement", "appeal_awaiting_first_review", "appeal_awaiting_second_review", "appeal_approved",
    "appeal_executing",
]  # fmt: skip


def file_instrument(past: Past, number: int) -> Past:
    return past.when(c.AddDocument(a_document("D24", number)), by=OFFICER_2).then(DocumentAdded)


def order(past: Past, amount_fen: int = 1_000_000) -> Past:
    """A court's order is filed and entered, and what it asks for takes effect."""
    past = file_instrument(past, 80 + len(past.entries))
    number = past.case.evidence.documents[-1].document_id
    return enforce(past.when(c.PlaceLegalHold("J01", amount_fen, number), by=COMPLIANCE).then(LegalHoldPlaced))


def lift(past: Past) -> Past:
    past = file_instrument(past, 80 + len(past.entries))
    number = past.case.evidence.documents[-1].document_id
    return past.when(c.LiftLegalHold(number), by=COMPLIANCE).accepted


# --- placing it -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ANYWHERE)
def test_an_order_stops_the_case_wherever_it_stands(state: str, request: pytest.FixtureRequest) -> None:
    past = order(given(request.getfixturevalue(state))).now(Status.SUSPENDED_LEGAL)
    assert "legal_hold" in {owed.notice for owed in past.case.owed}
    assert "promise" not in past.case.dues, "the promised time stands still"


def test_only_compliance_enters_an_order_and_only_on_its_instrument(appeal_awaiting_first_review: Past) -> None:
    past = given(appeal_awaiting_first_review)
    past.when(c.PlaceLegalHold("J01", 100, "D24-1"), by=OFFICER).then("role-not-allowed")
    past.when(c.PlaceLegalHold("J01", 100, "D24-1"), by=COMPLIANCE).then("instrument-needed")
    past.when(c.PlaceLegalHold("J01", 100, "D06-1"), by=COMPLIANCE).then("instrument-needed")


@pytest.mark.parametrize(("reason_code", "amount_fen", "code"), [
    ("R01", 100, "reason-not-for-kind"),
    ("J02", 100, "reason-not-for-kind"),  # the merchant is told of an order, and never of this
    ("J01", -1, "amount-below-zero"),
])  # fmt: skip
def test_an_order_has_a_judicial_reason_and_an_amount(
    appeal_awaiting_first_review: Past, reason_code: str, amount_fen: int, code: str
) -> None:
    past = file_instrument(given(appeal_awaiting_first_review), 1)
    past.when(c.PlaceLegalHold(reason_code, amount_fen, "D24-1"), by=COMPLIANCE).then(code)


PUDONG = Authority("court", "上海市浦东新区人民法院", "(2026)沪0115执保1号")


def ordered_by(past: Past, authority: Authority | None) -> Past:
    """An order entered with what its instrument says of who issued it; its lifting instrument is filed as D24-99."""
    past = file_instrument(past, 80)
    hold = c.PlaceLegalHold("J01", 1_000_000, "D24-80", authority)
    past = enforce(past.when(hold, by=COMPLIANCE).then(like(LegalHoldPlaced, authority=authority)))
    return file_instrument(past, 99)


def lifted_by(past: Past, authority: Authority | None) -> Outcome:
    return past.when(c.LiftLegalHold("D24-99", authority), by=COMPLIANCE)


def test_an_order_is_lifted_by_another_instrument_of_the_same_authority(appeal_awaiting_first_review: Past) -> None:
    past = ordered_by(given(appeal_awaiting_first_review), PUDONG)
    assert past.case.standing_controls[-1].authority == PUDONG
    lifting = Authority("court", "上海市浦东新区 人民法院", "(2026)沪0115执保1号之一")
    lifted_by(past, lifting).then(like(LegalHoldLifted, authority=lifting)).now(Status.IN_REVIEW_1)


@pytest.mark.parametrize(("lifting", "code"), [
    (Authority("court", "上海市徐汇区人民法院", "(2026)沪0104执保7号"), "another-authority"),
    (Authority("police", "上海市浦东新区人民法院", "沪公(经)冻字1号"), "another-authority"),
    (None, "authority-needed"),
])  # fmt: skip
def test_no_other_authority_lifts_an_order(
    appeal_awaiting_first_review: Past, lifting: Authority | None, code: str
) -> None:
    past = ordered_by(given(appeal_awaiting_first_review), PUDONG)
    lifted_by(past, lifting).then(code).now(Status.SUSPENDED_LEGAL)


@pytest.mark.parametrize("lifting", [None, PUDONG])
def test_for_an_order_entered_without_its_authority_the_compliance_head_answers(
    appeal_awaiting_first_review: Past, lifting: Authority | None
) -> None:
    past = ordered_by(given(appeal_awaiting_first_review), None)
    lifted_by(past, lifting).then(like(LegalHoldLifted, authority=lifting)).now(Status.IN_REVIEW_1)


def test_a_closed_case_takes_no_order_a_new_one_is_opened_for_it(appeal_released: Past) -> None:
    past = Appeal.of("J01").withdrawn()
    past.when(c.PlaceLegalHold("J01", 100, "D24-1"), by=COMPLIANCE).then("instrument-needed")
    given(appeal_released).when(c.AddDocument(a_document("D24")), by=OFFICER).then("wrong-status")


def test_nobody_but_compliance_goes_on_with_a_suspended_case(appeal_approved: Past) -> None:
    past = order(given(appeal_approved))
    past.when(c.Execute()).then("wrong-status")
    past.when(approve(HELD), by=SUPERVISOR).then("legal-hold")
    past.when(c.Withdraw("enough"), by=MERCHANT).then("wrong-status")
    past.when(c.LiftLegalHold("D24-1"), by=SUPERVISOR).then("role-not-allowed")


# --- before the pivot -----------------------------------------------------------------------------------------------


def test_before_the_pivot_the_order_covers_what_is_held_and_holds_nothing_more(appeal_approved: Past) -> None:
    past = order(given(appeal_approved), 1_000_000)
    assert past.case.held_fen == HELD
    assert past.case.controls[-1].covers_fen == 1_000_000


@pytest.mark.parametrize(
    "state", ["appeal_awaiting_first_review", "appeal_awaiting_second_review", "appeal_approved", "appeal_in_draft"]
)
def test_lifted_before_the_pivot_the_case_is_reviewed_anew_at_l3(state: str, request: pytest.FixtureRequest) -> None:
    past = order(given(request.getfixturevalue(state)))
    past = lift(past).now(Status.IN_REVIEW_1)
    assert past.case.review.first is None, "approvals given before are void"
    assert {"review", "promise"} <= past.case.dues.keys()
    past.when(approve(HELD), by=REVIEWER_1).then("tier-not-allowed")


@pytest.mark.parametrize("state", ["terminal_just_frozen", "terminal_frozen"])
def test_a_case_whose_reason_nobody_confirmed_gets_it_confirmed_after_the_order(
    state: str, request: pytest.FixtureRequest
) -> None:
    past = lift(order(given(request.getfixturevalue(state)))).now(Status.OPENED)
    past.when(approve(HELD), by=SUPERVISOR).then("wrong-status")
    past.when(c.ConfirmReason("R01"), by=OFFICER).accepted.now(Status.REASON_CONFIRMED)


def test_an_order_in_mid_saga_lets_the_step_in_flight_end_and_reverses_what_was_done(appeal_executing: Past) -> None:
    past = order(finish(given(appeal_executing)))
    past = past.when(c.FinishStep(2, "lifted")).then(StepDone).now(Status.SUSPENDED_LEGAL)
    past.when(c.LiftLegalHold(past.case.evidence.documents[-1].document_id), by=COMPLIANCE).then("out-of-order")
    past = past.when(c.UndoStep(2, "back")).then(StepUndone).when(c.UndoStep(1, "cancelled")).then(StepUndone)
    lift(past.now(Status.SUSPENDED_LEGAL)).now(Status.IN_REVIEW_1)


def test_a_step_refused_under_an_order_does_not_end_the_suspension(appeal_executing: Past) -> None:
    past = order(given(appeal_executing)).when(c.FailStep(1, "no")).then(ExecutionFailed)
    past.now(Status.SUSPENDED_LEGAL)
    lift(past).now(Status.IN_REVIEW_1)


def test_an_order_is_not_lifted_while_a_call_is_in_flight(appeal_executing: Past) -> None:
    past = file_instrument(order(given(appeal_executing)), 1)
    past.when(c.LiftLegalHold("D24-1"), by=COMPLIANCE).then("out-of-order")


def test_when_the_ledger_release_in_flight_fails_the_order_covers_the_held_money_after_all(
    appeal_executing: Past,
) -> None:
    past = file_instrument(carry_out_until(given(appeal_executing), "ledger_release"), 1)
    past = past.when(c.PlaceLegalHold("J01", 1_000_000, "D24-1"), by=COMPLIANCE).accepted
    past = past.when(c.FailStep(3, "insufficient-held")).then(ExecutionFailed).now(Status.SUSPENDED_LEGAL)
    assert past.case.held_fen == HELD
    assert past.case.controls[-1].covers_fen == 1_000_000


# --- after the pivot ------------------------------------------------------------------------------------------------


def past_the_pivot() -> Past:
    """The money has left the hold; the payout has not begun."""
    past = Appeal(a_control(held_fen=HELD)).awaiting_first_review()
    block = c.AddControl(a_control("C2", kind="txn_block", held_fen=0, source="system"))
    past = enforce(past.when(block).accepted)
    past = past.when(approve(HELD), by=REVIEWER_1).accepted
    past = past.when(approve(HELD), by=Actor("reviewer2", ("reviewer",))).accepted.when(c.Execute()).accepted
    return carry_out_until(past, "unblock_terminal")


def test_after_the_pivot_what_the_order_names_is_held_anew_out_of_the_payout() -> None:
    past = order(past_the_pivot(), 1_000_000)
    assert past.case.remaining_fen == 1_000_000
    assert past.case.release.payout_fen == HELD - 1_000_000
    past = finish(past).now(Status.SUSPENDED_LEGAL)
    assert past.case.release.in_flight is None, "no further step begins"


def test_lifted_after_the_pivot_the_release_goes_on_and_pays_everything() -> None:
    past = lift(finish(order(past_the_pivot(), 1_000_000))).now(Status.EXECUTING)
    assert past.case.release.in_flight.name == "release_legal_hold"
    assert past.case.release.payout_fen == HELD
    past = carry_out(past).now(Status.CLOSED_RELEASED)
    assert all(control.lifted for control in past.case.controls)
    assert past.case.remaining_fen == 0


def test_the_rest_leaves_while_the_order_stands_only_by_a_supervisor_and_the_compliance_head() -> None:
    past = finish(order(past_the_pivot(), 1_000_000))
    rest = approve(HELD - 1_000_000)
    past.when(approve(HELD), by=SUPERVISOR).then("amount-above-held")
    past.when(rest, by=REVIEWER_1).then("tier-not-allowed")
    past.when(rest, by=COMPLIANCE_2).then("tier-not-allowed")
    past = past.when(rest, by=SUPERVISOR).then(RemainderProposed).now(Status.SUSPENDED_LEGAL)
    past.when(rest, by=SUPERVISOR).then("four-eyes")
    past.when(rest, by=COMPLIANCE).then("four-eyes")  # who entered the order
    past = past.when(rest, by=COMPLIANCE_2).then(RemainderReleased, StepStarted).now(Status.EXECUTING)
    assert past.case.dues["step_alert"]


def remainder_released() -> Past:
    past = finish(order(past_the_pivot(), 1_000_000))
    rest = approve(HELD - 1_000_000)
    return past.when(rest, by=SUPERVISOR).accepted.when(rest, by=COMPLIANCE_2).accepted


def test_after_the_rest_is_paid_the_case_waits_for_the_authority_and_does_not_close() -> None:
    past = carry_out(remainder_released()).now(Status.SUSPENDED_LEGAL)
    assert past.count(ReleaseExecuted) == 1
    assert past.count(CaseClosed) == 0
    assert past.case.remaining_fen == 1_000_000


def test_what_the_order_kept_back_is_paid_by_itself_when_it_is_lifted_at_last() -> None:
    past = lift(carry_out(remainder_released())).now(Status.EXECUTING)
    assert [step.name for step in past.case.release.steps][-4:] == [
        "release_legal_hold",
        "book_payout",
        "pay_out",
        "settle_payout",
    ]
    assert past.case.release.payout_fen == 1_000_000
    past = carry_out(past).now(Status.CLOSED_RELEASED)
    assert all(control.lifted for control in past.case.controls)


def test_an_order_for_all_of_it_leaves_no_rest_to_release() -> None:
    past = finish(order(past_the_pivot(), 2 * HELD))
    assert past.case.remaining_fen == HELD
    past.when(approve(0), by=SUPERVISOR).then("legal-hold")


def test_the_rest_waits_until_the_ledger_holds_what_the_order_names() -> None:
    past = file_instrument(past_the_pivot(), 1)
    past = past.when(c.PlaceLegalHold("J01", 1_000_000, "D24-1"), by=COMPLIANCE).accepted
    finish(past).when(approve(HELD - 1_000_000), by=SUPERVISOR).then("controls-not-enforced")
    file_instrument(finish(past), 2).when(c.LiftLegalHold("D24-2"), by=COMPLIANCE).then("controls-not-enforced")


def test_an_order_without_amount_after_the_pivot_blocks_the_terminal_and_its_lifting_unblocks_it() -> None:
    past = finish(order(past_the_pivot(), 0))
    assert past.case.controls[-1].enforced == {"block"}
    past = lift(past)
    assert past.case.release.in_flight.name == "unblock_terminal"
    assert all(control.lifted for control in carry_out(past).now(Status.CLOSED_RELEASED).case.controls)


def test_an_order_for_money_already_sent_out_holds_other_money_if_there_is_any() -> None:
    past = order(carry_out_until(Appeal().executing(), "report_status"), 500_000)
    assert past.case.remaining_fen == 500_000
    assert past.case.release.payout_fen == 3_000_000, "what is sent is sent"
    past.when(approve(3_000_000), by=SUPERVISOR).then("legal-hold")
    past = bank_says(finish(past), "confirmed").accepted
    past = carry_out(lift(past)).now(Status.CLOSED_RELEASED)
    assert len([step for step in past.case.release.steps if step.name == "pay_out"]) == 1
    assert payout_key(past)


def test_when_there_is_no_other_money_the_order_holds_nothing_and_can_still_be_lifted() -> None:
    past = file_instrument(carry_out(Appeal.of("R03").executing()).now(Status.POST_ACTIONS), 1)
    past = past.when(c.PlaceLegalHold("J01", 500_000, "D24-1"), by=COMPLIANCE).accepted
    control = past.case.controls[-1].control_id
    past = past.when(c.RecordEnforcement(control, "hold", available_fen=0)).accepted
    past = lift(past).now(Status.POST_ACTIONS)
    past.when(c.SignAgreement("signature-1"), by=MERCHANT).accepted.now(Status.CLOSED_RELEASED)


def test_post_actions_keep_their_time_over_an_order() -> None:
    past = carry_out(Appeal.of("R03").executing()).now(Status.POST_ACTIONS)
    due = past.case.dues["post_action"]
    past = carry_out(lift(order(past, 500_000))).now(Status.POST_ACTIONS)
    assert past.case.dues["post_action"] == due


def test_an_account_still_needed_before_the_order_is_needed_after_it() -> None:
    past = carry_out(Appeal().executing(), "bounced").now(Status.POST_ACTIONS)
    past = carry_out(lift(order(past, 500_000))).now(Status.POST_ACTIONS)
    assert past.count(PayoutAccountNeeded) == 2
    past.when(c.NewAccount("vault:account-2"), by=MERCHANT).then(PayoutAccountNamed)


def test_a_second_order_waits_until_the_first_is_lifted() -> None:
    past = file_instrument(remainder_released(), 1)
    past.when(c.PlaceLegalHold("J01", 100, "D24-1"), by=COMPLIANCE).then("legal-hold")


def test_orders_one_after_the_other_use_no_step_number_twice() -> None:
    past = past_the_pivot()
    for _ in range(3):
        past = lift(finish(order(past, 1_000_000)))
    numbers = [step.n for step in past.case.release.steps]
    assert len(set(numbers)) == len(numbers)
    assert past.count(ExecutionStarted) == 1
    assert past.last(LegalHoldLifted).steps
    carry_out(past).now(Status.CLOSED_RELEASED)


def test_a_hold_by_order_may_be_due_for_justification_while_it_is_lifted() -> None:
    past = finish(order(past_the_pivot(), 1_000_000))
    control = past.case.controls[-1].control_id
    past = lift(past.when_due(f"hold:{control}").accepted)
    assert not [name for name in past.case.dues if name.startswith(f"hold:{control}")]


def test_the_lifting_takes_the_orders_own_control_by_name() -> None:
    past = finish(order(past_the_pivot(), 1_000_000))
    placed = past.last(LegalHoldPlaced)
    past = (
        file_instrument(past, 2)
        .when(c.LiftLegalHold("D24-2"), by=COMPLIANCE)
        .then(like(LegalHoldLifted, control_id=placed.control.control_id), StepStarted)
    )
    assert past.now(Status.EXECUTING)
