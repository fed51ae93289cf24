"""What reviewers decide, on what, and what voids it. Spec: transitions.csv; README, 1 and 12."""

import pytest

from domain import commands as c
from domain.case import Status
from domain.events import (
    Amounts,
    ApprovalVoided,
    CaseRejected,
    FirstApproval,
    PartyChanged,
    RejectProposed,
    ReviewReturned,
    SecondApproval,
)
from tests.domain.appeals import HELD, Appeal, a_control, a_document, approve, judge_all
from tests.domain.specification import (
    COMPLIANCE,
    MERCHANT,
    OFFICER,
    REVIEWER_1,
    REVIEWER_2,
    REVIEWER_3,
    ROBOT,
    SUPERVISOR,
    Past,
    given,
    like,
)

NO_PROOF = c.Reject("R01", "the slips are of another shop")

# --- approval -------------------------------------------------------------------------------------------------------


def test_at_l1_one_reviewer_decides(small_appeal_awaiting_review: Past) -> None:
    past = given(small_appeal_awaiting_review).when(approve(3_000_000), by=REVIEWER_1)
    past.then(like(FirstApproval, final=True, tier="L1")).now(Status.APPROVED)


def test_at_l2_a_first_approval_goes_to_a_second_reviewer(appeal_awaiting_first_review: Past) -> None:
    past = given(appeal_awaiting_first_review).when(approve(HELD), by=REVIEWER_1)
    past.then(like(FirstApproval, final=False, tier="L2")).now(Status.IN_REVIEW_2)


def test_the_second_approval_completes_the_first(appeal_awaiting_second_review: Past) -> None:
    past = given(appeal_awaiting_second_review).when(approve(HELD), by=REVIEWER_2).then(SecondApproval)
    assert "approval" in past.now(Status.APPROVED).case.dues
    assert "promise" not in past.case.dues, "the decision promised to the merchant is made"


def test_an_approval_binds_to_version_controls_and_amounts(appeal_awaiting_first_review: Past) -> None:
    past = given(appeal_awaiting_first_review)
    approval = past.when(approve(HELD - 500, 300, 200), by=REVIEWER_1).accepted.last(FirstApproval)
    assert approval.seen == past.case.version
    assert approval.control_ids == ("C1",)
    assert approval.amounts == Amounts(HELD - 500, 300, 200)


def test_a_decision_on_an_older_version_is_refused(appeal_awaiting_first_review: Past) -> None:
    version = appeal_awaiting_first_review.case.version
    past = given(appeal_awaiting_first_review)
    past.when(approve(HELD), by=REVIEWER_1, seen=version - 1).then("stale-version")
    past.when(approve(HELD), by=REVIEWER_1, seen=version).then(FirstApproval)


def test_nothing_is_approved_on_evidence_that_nobody_verified(appeal_just_checked: Past) -> None:
    refused = given(appeal_just_checked).when(approve(HELD), by=REVIEWER_1).refused
    assert refused.code == "document-unverified"
    assert dict(refused.facts)["documents"] == "D06, D07"


def test_nothing_is_approved_on_evidence_that_has_expired_since() -> None:
    past = Appeal(valid_until=(("D01", "2026-11-05"),)).awaiting_first_review()
    past.when(approve(3_000_000), by=REVIEWER_1, at="2026-11-06 09:00").then("document-unverified")


@pytest.mark.parametrize(
    ("amounts", "code"),
    [
        ((3_000_001, 0, 0), "amount-above-held"),
        ((2_000_000, 1_000_000, 1), "amount-above-held"),
        ((0, 0, 0), "nothing-to-release"),
        ((-1, 2, 0), "amount-below-zero"),
        ((4_000_000, -1_000_000, 0), "amount-below-zero"),
    ],
)
def test_only_what_is_held_can_be_given_away(
    small_appeal_awaiting_review: Past, amounts: tuple[int, int, int], code: str
) -> None:
    given(small_appeal_awaiting_review).when(approve(*amounts), by=REVIEWER_1).then(code)


def test_without_held_money_a_block_is_lifted_at_no_amount() -> None:
    past = Appeal.of("R02", kind="txn_block", held_fen=0).awaiting_first_review()
    past.when(approve(0), by=REVIEWER_1).then(FirstApproval).now(Status.APPROVED)


def test_a_penalty_needs_two_reviewers_whatever_the_amount(small_appeal_awaiting_review: Past) -> None:
    past = given(small_appeal_awaiting_review).when(approve(2_900_000, 100_000), by=REVIEWER_1)
    past = past.then(like(FirstApproval, final=False, tier="L2")).now(Status.IN_REVIEW_2)
    past.when(approve(2_900_000, 100_000), by=REVIEWER_2).then(SecondApproval)
    past.when(c.ReturnReview("too hard"), by=REVIEWER_2).then(ReviewReturned)
    past.when(NO_PROOF, by=REVIEWER_2).then(ReviewReturned)


def test_the_second_reviewer_approves_the_same_amounts_or_none(appeal_awaiting_second_review: Past) -> None:
    past = given(appeal_awaiting_second_review)
    refused = past.when(approve(HELD - 1), by=REVIEWER_2).refused
    assert refused.code == "amounts-differ"
    assert "¥86,420.00" in refused.text.en


@pytest.mark.parametrize("reason_code", ["R07", "R09", "F01"])
def test_what_may_never_be_lifted_is_not_approved_by_anyone(reason_code: str) -> None:
    past = Appeal.of(reason_code).awaiting_first_review()
    past.when(approve(3_000_000), by=SUPERVISOR).then("not-releasable")


@pytest.mark.parametrize("reason_code", ["J01", "R10"])
def test_a_judicial_control_is_lifted_only_on_its_instrument(reason_code: str) -> None:
    appeal = Appeal.of(reason_code)
    past = appeal.awaiting_first_review()
    past.when(approve(3_000_000), by=SUPERVISOR).then(like(FirstApproval, tier="L3"))
    without = judge_all(appeal.checked(), SUPERVISOR)
    without = without.when(c.JudgeDocument("D24-1", "reject", "no court knows it"), by=SUPERVISOR).accepted
    without = without.when(c.Waive("D24", "?"), by=SUPERVISOR).accepted
    without.when(approve(3_000_000), by=SUPERVISOR).then("not-releasable")


def test_an_aml_control_is_lifted_by_nobody_here() -> None:
    past = Appeal.of("J02").awaiting_first_review()
    past.when(approve(3_000_000), by=SUPERVISOR).then("not-releasable")


# --- at L3 ----------------------------------------------------------------------------------------------------------


def test_at_l3_first_a_supervisor_then_the_compliance_head() -> None:
    past = Appeal.of("J01").awaiting_first_review()
    past.when(approve(3_000_000), by=REVIEWER_1).then("tier-not-allowed")
    past.when(approve(3_000_000), by=COMPLIANCE).then("tier-not-allowed")
    past = past.when(approve(3_000_000), by=SUPERVISOR).accepted.now(Status.IN_REVIEW_2)
    past.when(approve(3_000_000), by=REVIEWER_2).then("tier-not-allowed")
    past.when(approve(3_000_000), by=COMPLIANCE).then(SecondApproval).now(Status.APPROVED)


# --- the robot ------------------------------------------------------------------------------------------------------


def robot_case(**changes: object) -> Past:
    """A lock-out (S03, tier L0): the terminal is blocked, no money held, the identity card passed by machine."""
    return Appeal.of("S03", kind="txn_block", held_fen=0, **changes).checked()


def test_the_robot_decides_under_a_rule_and_says_which() -> None:
    past = robot_case().when(approve(0), by=ROBOT).then(like(FirstApproval, rule="L0-S03-identity", final=True))
    past.now(Status.APPROVED)
    assert past.entries[-1].actor == "robot:robot1"


def test_the_robot_does_not_decide_what_no_rule_covers(small_appeal_awaiting_review: Past) -> None:
    given(small_appeal_awaiting_review).when(approve(3_000_000), by=ROBOT).then("tier-not-allowed")
    held = Appeal.of("S03", held_fen=100).checked()
    held.when(approve(100), by=ROBOT).then("robot-rule")


def test_a_persons_judgement_does_not_stand_in_for_the_machines_where_the_robot_decides() -> None:
    past = Appeal.of("S03", kind="txn_block", held_fen=0).submitted()
    past = past.when(c.RecordChecks((c.CheckedDocument("D03-1", "unsure"),))).accepted
    past = past.when(c.JudgeDocument("D03-1", "accept", "it is them"), by=REVIEWER_1).accepted
    past.when(approve(0), by=ROBOT).then("robot-rule")
    past.when(approve(0), by=REVIEWER_1).then(like(FirstApproval, rule=""))


def test_the_robot_rejects_nothing() -> None:
    robot_case().when(NO_PROOF, by=ROBOT).then("role-not-allowed")


# --- rejection and return -------------------------------------------------------------------------------------------


def test_at_l1_one_reviewer_rejects_with_a_reason(small_appeal_awaiting_review: Past) -> None:
    past = given(small_appeal_awaiting_review).when(NO_PROOF, by=REVIEWER_1).then(CaseRejected)
    past.now(Status.CLOSED_REJECTED)
    assert "reopen" in past.case.dues
    assert [control.lifted for control in past.case.controls] == [False], "the controls stay"


def test_at_l2_a_rejection_is_proposed_and_confirmed_by_another(appeal_awaiting_first_review: Past) -> None:
    past = given(appeal_awaiting_first_review).when(NO_PROOF, by=REVIEWER_1).then(RejectProposed)
    past = past.now(Status.IN_REVIEW_2)
    past.when(NO_PROOF, by=REVIEWER_1).then("four-eyes")
    past.when(NO_PROOF, by=REVIEWER_2).then(CaseRejected).now(Status.CLOSED_REJECTED)


def test_an_approval_against_a_proposed_rejection_sends_it_back(appeal_awaiting_first_review: Past) -> None:
    past = given(appeal_awaiting_first_review).when(NO_PROOF, by=REVIEWER_1).accepted
    past = past.when(approve(HELD), by=REVIEWER_2).then(ReviewReturned).now(Status.IN_REVIEW_1)
    assert past.case.review.rejection_by is None


def test_a_rejection_against_an_approval_sends_it_back_with_both_void(appeal_awaiting_second_review: Past) -> None:
    past = given(appeal_awaiting_second_review).when(NO_PROOF, by=REVIEWER_2).then(ReviewReturned)
    assert past.now(Status.IN_REVIEW_1).case.review.first is None


def test_the_second_reviewer_may_send_the_case_back(appeal_awaiting_second_review: Past) -> None:
    past = given(appeal_awaiting_second_review).when(c.ReturnReview("count again"), by=REVIEWER_2)
    after = past.then(like(ReviewReturned, reason="count again")).now(Status.IN_REVIEW_1)
    assert after.case.review.first is None
    after.when(approve(HELD), by=REVIEWER_3).then(FirstApproval)


def test_a_rejection_names_a_reason_that_exists(small_appeal_awaiting_review: Past) -> None:
    given(small_appeal_awaiting_review).when(c.Reject("Z99", "?"), by=REVIEWER_1).then("reason-not-for-kind")


# --- material change ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["appeal_awaiting_second_review", "appeal_approved"])
def test_a_changed_party_voids_approvals_and_is_no_rejection(state: str, request: pytest.FixtureRequest) -> None:
    past = given(request.getfixturevalue(state)).when(c.ChangeParty("legal_representative"), by=OFFICER)
    after = past.then(PartyChanged, like(ApprovalVoided, cause="party_changed", items=())).now(Status.IN_REVIEW_1)
    assert after.case.evidence.rounds == 0
    assert "promise" in after.case.dues, "the promised time runs on"


def test_a_changed_party_is_only_noted_while_nothing_is_approved(appeal_in_draft: Past) -> None:
    past = given(appeal_in_draft).when(c.ChangeParty("name"), by=OFFICER).then(PartyChanged)
    assert past.case.version == appeal_in_draft.case.version + 1


def test_a_changed_payee_needs_two_reviewers(small_appeal_approved: Past) -> None:
    past = given(small_appeal_approved).when(c.ChangeParty("settlement_account"), by=OFFICER)
    after = past.then(PartyChanged, ApprovalVoided)
    after.when(approve(3_000_000), by=REVIEWER_1).then(like(FirstApproval, tier="L2", final=False))


def test_a_closed_case_has_no_party_to_change(appeal_rejected: Past) -> None:
    given(appeal_rejected).when(c.ChangeParty("name"), by=OFFICER).then("case-closed")


def test_an_expired_document_found_at_execution_voids_the_approval() -> None:
    past = Appeal(valid_until=(("D03", "2026-11-05"),)).approved()
    past = past.when(c.Execute(), at="2026-11-06 00:00").then(like(ApprovalVoided, cause="document_expired"))
    past.now(Status.AWAITING_SUPPLEMENT)
    assert [asked.doc_type for asked in past.case.evidence.asked] == ["D03"]
    assert past.case.evidence.rounds == 0


def test_after_the_expired_document_is_replaced_the_case_is_reviewed_and_approved_anew() -> None:
    past = Appeal(valid_until=(("D03", "2026-11-05"),)).approved()
    past = past.when(c.Execute(), at="2026-11-06 00:00").accepted
    past = past.when(c.AddDocument(a_document("D03", 2, "2030-01-01")), by=MERCHANT).accepted
    past = past.when(c.Resubmit(), by=MERCHANT).accepted
    past = past.when(c.RecordChecks((c.CheckedDocument("D03-2", "passed", (), "2030-01-01"),))).accepted
    past = past.when(approve(3_000_000), by=REVIEWER_1).accepted.now(Status.APPROVED)
    past.when(c.Execute()).accepted.now(Status.EXECUTING)


def test_a_control_of_higher_tier_raises_the_case() -> None:
    past = Appeal().awaiting_first_review()
    worse = c.AddControl(a_control("C2", reason_code="J01", kind="judicial_freeze", held_fen=0, source="court"))
    past = past.when(worse, by=OFFICER).accepted
    past.when(approve(3_000_000), by=REVIEWER_1).then("tier-not-allowed")
