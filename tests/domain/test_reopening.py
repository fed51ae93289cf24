"""A closed appeal taken up again. Spec: transitions.csv, reopen; timers.csv, withdraw_cooldown."""

import pytest

from domain import commands as c
from domain.actors import Actor
from domain.case import Status
from domain.controls import tier_of
from domain.events import CaseReopened, CaseSubmitted, ReasonConfirmed
from domain.listing import allowed_commands
from domain.waiting import waiting_on
from tests.domain.appeals import Appeal, a_control, a_document, carry_out
from tests.domain.specification import (
    AGENT,
    MERCHANT,
    OFFICER,
    POLICY,
    REVIEWER_1,
    REVIEWER_2,
    SUPERVISOR,
    Past,
    given,
    like,
)
from workflows.orders import for_notice

AGAIN = c.Reopen("vault:statement-2")


@pytest.mark.parametrize("state", ["appeal_rejected", "appeal_withdrawn", "appeal_expired"])
@pytest.mark.parametrize("by", [MERCHANT, AGENT, OFFICER])
def test_a_closed_appeal_is_reopened_into_its_draft(state: str, by: Actor, request: pytest.FixtureRequest) -> None:
    past = given(request.getfixturevalue(state)).when(AGAIN, by=by).then(like(CaseReopened, on_behalf=by is OFFICER))
    assert "evidence" in past.now(Status.DRAFT).case.dues
    assert "reopen" not in past.case.dues
    assert past.case.owed[-1].notice == "reopened"


def test_a_reopened_appeal_is_at_least_l2() -> None:
    past = Appeal().rejected().when(AGAIN, by=MERCHANT).accepted
    assert tier_of(past.case, POLICY) == "L2"


def test_a_case_that_was_l3_stays_l3_when_it_is_reopened() -> None:
    appeal = Appeal()
    past = appeal.awaiting_first_review().when(c.AddDocument(a_document("D24")), by=OFFICER).accepted
    past = past.when(c.PlaceLegalHold("J01", 100, "D24-1"), by=Actor("head", ("compliance_head",))).accepted
    past = past.when(c.LiftLegalHold("D24-1"), by=Actor("head", ("compliance_head",))).accepted
    past = past.when(c.Withdraw("enough"), by=MERCHANT).accepted.when(AGAIN, by=MERCHANT).accepted
    assert tier_of(past.case, POLICY) == "L3"


def test_verified_documents_and_the_rounds_so_far_are_kept(appeal_awaiting_supplement: Past) -> None:
    past = given(appeal_awaiting_supplement).when(c.Withdraw("enough"), by=MERCHANT).accepted
    past = past.when(AGAIN, by=MERCHANT).accepted
    assert [doc.doc_type for doc in past.case.evidence.documents] == ["D01", "D03", "D07"], "D06 was asked for anew"
    assert past.case.evidence.rounds == 1
    past = past.when(c.AddDocument(a_document("D06", 2)), by=MERCHANT).accepted
    past.when(c.Submit(declaration=True), by=MERCHANT).then(CaseSubmitted)


def test_documents_that_expired_meanwhile_are_not_kept() -> None:
    past = (
        Appeal(valid_until=(("D01", "2026-11-20"),)).rejected().when(AGAIN, by=MERCHANT, at="2026-11-21 09:00").accepted
    )
    assert "D01" not in {doc.doc_type for doc in past.case.evidence.documents}


def test_the_extension_may_be_asked_for_again_after_reopening(appeal_in_draft: Past) -> None:
    past = given(appeal_in_draft).when(c.ExtendEvidence(), by=MERCHANT).accepted
    past = past.when(c.Withdraw("enough"), by=MERCHANT).accepted.when(AGAIN, by=MERCHANT).accepted
    past.when(c.ExtendEvidence(), by=MERCHANT).accepted.now(Status.DRAFT)


def test_it_can_be_reopened_for_thirty_days(appeal_rejected: Past) -> None:
    given(appeal_rejected).when(AGAIN, by=MERCHANT, at="2026-12-02 10:00").then(CaseReopened)
    past = given(appeal_rejected).when_due("reopen").accepted
    past.when(AGAIN, by=MERCHANT).then("reopen-window-over")


def test_a_released_appeal_is_not_reopened(appeal_released: Past) -> None:
    given(appeal_released).when(AGAIN, by=MERCHANT).then("wrong-status")


@pytest.mark.parametrize("reason_code", ["J01", "J02", "R10", "F01"])
def test_what_the_law_or_forged_papers_closed_stays_closed(reason_code: str) -> None:
    past = Appeal.of(reason_code).rejected()
    past.when(AGAIN, by=MERCHANT).then("not-reopenable")
    assert "reopen" not in allowed_commands(past.case, MERCHANT, POLICY)
    assert "reopened" not in waiting_on(past.case, POLICY).sentence.en
    rejected = next(owed for owed in past.case.owed if owed.notice == "rejected")
    assert for_notice(past.case, rejected, POLICY).facts["reopenable"] == "no"


def test_an_appeal_rejected_for_forged_papers_stays_closed(appeal_awaiting_first_review: Past) -> None:
    forged = c.Reject("F01", "the invoices are forged")
    past = given(appeal_awaiting_first_review).when(forged, by=REVIEWER_1).accepted
    past = past.when(forged, by=REVIEWER_2).accepted.now(Status.CLOSED_REJECTED)
    past.when(AGAIN, by=MERCHANT).then("not-reopenable")


def test_without_a_control_on_there_is_nothing_to_appeal() -> None:
    past = Appeal(a_control(source="system")).executing()
    past = carry_out(past)
    assert not past.case.standing_controls
    assert "reopen" not in past.case.dues


def test_a_case_whose_reason_nobody_confirmed_gets_it_confirmed_first(terminal_frozen: Past) -> None:
    """It could otherwise be submitted, and approved, without a single document."""
    past = given(terminal_frozen).when(c.Withdraw("enough"), by=MERCHANT).accepted
    past = past.when(AGAIN, by=MERCHANT).accepted.now(Status.OPENED)
    past.when(c.ConfirmReason("R01"), by=OFFICER).then(ReasonConfirmed)


def test_a_reopened_appeal_is_decided_by_two_again() -> None:
    past = Appeal().rejected().when(AGAIN, by=MERCHANT).accepted
    past = past.when(c.Submit(declaration=True), by=MERCHANT).accepted.when(c.RecordChecks(())).accepted
    past = past.when(c.Approve(3_000_000, 0, 0, "proved now"), by=REVIEWER_1).accepted.now(Status.IN_REVIEW_2)
    past.when(c.Approve(3_000_000, 0, 0, "agreed"), by=SUPERVISOR).accepted.now(Status.APPROVED)


def test_a_confirmed_reason_that_asks_for_no_document_is_not_confirmed_twice() -> None:
    past = Appeal.of("R07").rejected().when(AGAIN, by=MERCHANT).accepted
    assert past.now(Status.DRAFT).case.evidence.requirements == ()


def test_a_complaint_that_was_upheld_has_it_reopened_at_l3_whenever_that_is() -> None:
    order = c.OrderReopening("CP-1", "vault:complaint")
    rejected = Appeal().rejected()
    rejected.when(order, by=REVIEWER_1).then("role-not-allowed")
    late = rejected.when_due("reopen").accepted
    late.when(c.Reopen("vault:s"), by=MERCHANT).then("reopen-window-over")
    again = late.when(order, by=SUPERVISOR).then(like(CaseReopened, complaint_id="CP-1", on_behalf=True))
    assert (again.now(Status.DRAFT).case.tier_floor, "supervisor1" in again.case.review.handled) == ("L3", True)
    again.when(order, by=SUPERVISOR).then("wrong-status")
