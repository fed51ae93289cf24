"""A control opens a case; more controls join it; an officer confirms why. Spec: transitions.csv; README."""

import pytest

from domain import commands as c
from domain.case import Status
from domain.controls import tier_of
from domain.events import (
    AppealOpened,
    ApprovalVoided,
    ControlAttached,
    ControlEnforced,
    FieldServiceDone,
    FieldServiceRequested,
    HoldRefused,
    QuestionedTransaction,
    ReasonConfirmed,
    TerminalFrozen,
    TransactionsQuestioned,
)
from tests.domain.appeals import (
    Appeal,
    a_control,
    a_document,
    approve,
    carry_out,
    carry_out_until,
    enforce,
    finish,
    frozen_by,
)
from tests.domain.specification import (
    FIRST_MOMENT,
    MERCHANT,
    OFFICER,
    POLICY,
    REVIEWER_1,
    REVIEWER_2,
    Past,
    given,
    in_shanghai,
    like,
    rfc3339,
)

# --- the freeze -----------------------------------------------------------------------------------------------------


def test_a_control_freezes_the_terminal_and_opens_the_case_under_the_policy_of_the_day() -> None:
    past = frozen_by(Appeal(), at=FIRST_MOMENT).then(like(TerminalFrozen, policy_version=POLICY.version))
    past.now(Status.OPENED)
    assert past.case.held_fen == 3_000_000
    assert past.case.controls[0].owed == ("questions", "hold")


def test_a_freeze_is_to_be_told_at_once_and_is_late_after_a_business_day(terminal_just_frozen: Past) -> None:
    dues = terminal_just_frozen.case.dues
    assert in_shanghai(dues["freeze_notice"].due) == "2026-11-03 10:00"
    assert in_shanghai(dues["hold:C1"].due) == "2026-12-02 10:00"
    assert [owed.notice for owed in terminal_just_frozen.case.owed] == ["freeze_notice"]


@pytest.mark.parametrize("reason_code", ["A01", "Q05", "N01", "M01", "Z99"])
def test_a_reason_of_another_kind_of_case_opens_no_appeal(reason_code: str) -> None:
    frozen_by(Appeal(a_control(reason_code=reason_code)), at=FIRST_MOMENT).then("reason-not-for-kind")


@pytest.mark.parametrize(
    ("kind", "held_fen", "effects"),
    [
        ("settlement_hold", 100, ("hold",)),  # money only in the ledger
        ("txn_block", 0, ("block",)),  # only the terminal
        ("judicial_freeze", 100, ("hold",)),
        ("judicial_freeze", 0, ("block",)),
    ],
)
def test_each_kind_of_control_asks_for_its_own_effects(kind: str, held_fen: int, effects: tuple[str, ...]) -> None:
    past = Appeal(a_control(kind=kind, held_fen=held_fen, source="system")).just_frozen()
    assert past.case.controls[0].owed == effects


def test_a_control_takes_effect_once(terminal_just_frozen: Past) -> None:
    held = c.RecordEnforcement("C1", "hold")
    past = given(terminal_just_frozen).when(held).then(ControlEnforced("C1", "hold"))
    assert past.case.version == terminal_just_frozen.case.version
    past.when(held).then("already-done")
    past.when(c.RecordEnforcement("C9", "hold")).then("already-done")


def test_risk_control_names_the_transactions_it_questions(terminal_just_frozen: Past) -> None:
    asked = (QuestionedTransaction("t-1", 500_000, rfc3339("2026-11-01 03:00"), "0001", "12345678"),)
    past = (
        given(terminal_just_frozen)
        .when(c.RecordEnforcement("C1", "questions", None, asked))
        .then(TransactionsQuestioned("C1", asked), ControlEnforced("C1", "questions"))
    )
    assert past.case.controls[0].placed.transactions == asked


def test_a_hold_the_ledger_cannot_make_holds_nothing_and_operations_hear_of_it(terminal_just_frozen: Past) -> None:
    refused = c.RecordEnforcement("C1", "hold", available_fen=1_200)
    past = given(terminal_just_frozen).when(refused).then(HoldRefused("C1", 1_200))
    assert past.case.held_fen == 0
    assert past.case.controls[0].owed == ("questions",)
    assert ("hold_refused", "operations") in {(owed.notice, owed.audience) for owed in past.case.owed}


# --- the reason -----------------------------------------------------------------------------------------------------


def test_an_officer_confirms_the_reason_and_the_checklist_follows(terminal_frozen: Past) -> None:
    past = given(terminal_frozen).when(c.ConfirmReason("R01"), by=OFFICER).then(ReasonConfirmed)
    past.now(Status.REASON_CONFIRMED)
    assert past.case.evidence.requirements == (("D01",), ("D03",), ("D06",), ("D07",))


def test_the_reason_may_be_corrected_when_it_is_confirmed(terminal_frozen: Past) -> None:
    past = given(terminal_frozen).when(c.ConfirmReason("R02"), by=OFFICER).then(ReasonConfirmed)
    assert past.case.reason_code == "R02"
    assert past.case.evidence.requirements == (("D06",), ("D08",))


def test_for_an_individual_other_documents_stand_in_for_the_licence() -> None:
    past = Appeal(merchant_type="individual").reason_confirmed()
    assert past.case.evidence.requirements == (("D03",), ("D12",), ("D06",), ("D07",))


def test_a_reason_of_another_kind_cannot_be_confirmed(terminal_frozen: Past) -> None:
    given(terminal_frozen).when(c.ConfirmReason("A01"), by=OFFICER).then("reason-not-for-kind")
    given(terminal_frozen).when(c.ConfirmReason("nonsense"), by=OFFICER).then("reason-not-for-kind")


def test_only_an_officer_confirms_the_reason_and_only_once(terminal_frozen: Past) -> None:
    given(terminal_frozen).when(c.ConfirmReason("R01"), by=REVIEWER_1).then("role-not-allowed")
    past = given(terminal_frozen).when(c.ConfirmReason("R01"), by=OFFICER).accepted
    past.when(c.ConfirmReason("R01"), by=OFFICER).then("wrong-status")


def test_what_is_already_held_and_verified_is_not_asked_for_again(terminal_frozen: Past) -> None:
    on_file = (a_document("D01", 7, "2027-05-01"), a_document("D20", 8))
    past = given(terminal_frozen).when(c.ConfirmReason("R01", on_file=on_file), by=OFFICER).accepted
    past = past.when(c.OpenAppeal("vault:s"), by=MERCHANT).then(AppealOpened)
    refused = past.when(c.Submit(declaration=True), by=MERCHANT).refused
    assert dict(refused.facts)["missing"] == "D03, D06, D07"
    assert [doc.doc_type for doc in past.case.evidence.documents] == ["D01"], "D20 is of no use in this case"


# --- field service --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("reason_code", ["R06", "S02"])
def test_field_service_goes_where_the_reason_offers_it_and_what_it_found_opens_the_draft(reason_code: str) -> None:
    past = Appeal.of(reason_code).reason_confirmed()
    past = past.when(c.DispatchField("see the shop"), by=OFFICER).then(FieldServiceRequested)
    assert not {name for name in past.now(Status.AWAITING_FIELD).case.dues if name.startswith("evidence")}
    past = past.when(c.FieldDone("found at its address"), by=OFFICER).then(FieldServiceDone).now(Status.DRAFT)
    assert "evidence" in past.case.dues


def test_no_field_service_for_a_reason_that_does_not_offer_it(appeal_reason_confirmed: Past) -> None:
    given(appeal_reason_confirmed).when(c.DispatchField(), by=OFFICER).then("field-not-offered")


# --- more controls --------------------------------------------------------------------------------------------------


def another(control_id: str = "C2", **changes: object) -> c.AddControl:
    return c.AddControl(a_control(control_id, **{"held_fen": 100_000, "source": "system", **changes}))


def test_a_further_control_joins_the_open_case(terminal_frozen: Past) -> None:
    past = given(terminal_frozen).when(another(), by=OFFICER).then(ControlAttached)
    assert past.case.held_fen == 8_742_000
    assert past.case.version == terminal_frozen.case.version + 1
    assert "hold:C2" in past.case.dues


def test_the_tier_counts_the_sum_of_the_open_holds() -> None:
    past = Appeal(a_control(held_fen=4_900_000)).frozen()
    assert tier_of(past.case, POLICY) == "L1"
    past = past.when(another(), by=OFFICER).accepted
    assert tier_of(past.case, POLICY) == "L2"


@pytest.mark.parametrize("state", ["appeal_awaiting_second_review", "appeal_approved"])
def test_a_new_control_voids_approvals_given_before_it(state: str, request: pytest.FixtureRequest) -> None:
    past = given(request.getfixturevalue(state)).when(another(), by=OFFICER)
    after = past.then(ControlAttached, like(ApprovalVoided, cause="control_added", subject="C2", items=()))
    assert after.now(Status.IN_REVIEW_1).case.review.first is None
    assert after.case.evidence.rounds == 0


def test_a_control_placed_while_the_release_runs_stays_on_when_it_ends(appeal_executing: Past) -> None:
    past = given(appeal_executing).when(another(kind="txn_block", held_fen=0), by=OFFICER).then(ControlAttached)
    past = carry_out(enforce(past)).now(Status.CLOSED_RELEASED)
    assert [control.control_id for control in past.case.standing_controls] == ["C2"]


def test_a_hold_refused_while_the_release_runs_is_not_lifted_with_the_others(appeal_executing: Past) -> None:
    past = given(appeal_executing).when(another(), by=OFFICER).accepted
    past = past.when(c.RecordEnforcement("C2", "hold", available_fen=0)).accepted
    past = finish(carry_out_until(past, "ledger_release"))
    assert [control.control_id for control in past.case.standing_controls] == ["C2"]


def test_a_closed_case_takes_no_more_controls(appeal_released: Past) -> None:
    given(appeal_released).when(another(), by=OFFICER).then("case-closed")


def test_a_control_of_another_kind_of_case_does_not_join(terminal_frozen: Past) -> None:
    given(terminal_frozen).when(another(reason_code="A01"), by=OFFICER).then("reason-not-for-kind")


def test_nothing_is_approved_before_the_controls_are_in_force() -> None:
    past = Appeal(a_control(held_fen=100)).awaiting_first_review()
    past = past.when(another(kind="txn_block", held_fen=0), by=OFFICER).accepted
    past.when(approve(100), by=REVIEWER_1).then("controls-not-enforced")
    enforce(past).when(approve(100), by=REVIEWER_2).accepted.now(Status.APPROVED)
