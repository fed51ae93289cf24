"""What a merchant proves, how it is checked, and what is asked for anew. Spec: transitions.csv, draft to resubmit."""

import pytest

from domain import commands as c
from domain.actors import Actor
from domain.case import Status
from domain.events import (
    AppealOpened,
    CaseSubmitted,
    CheckDeferred,
    CheckResumed,
    ChecksPassed,
    DocumentAdded,
    DocumentChecked,
    DocumentJudged,
    EvidenceExtended,
    EvidenceResubmitted,
    RequirementWaived,
    SupplementRequested,
)
from domain.evidence import to_check, unverified
from domain.text import Text
from tests.domain.appeals import Appeal, a_document, approve, check, item
from tests.domain.specification import (
    AGENT,
    AUDITOR,
    COMPLIANCE,
    MERCHANT,
    OFFICER,
    OTHER_MERCHANT,
    REVIEWER_1,
    REVIEWER_2,
    SUPERVISOR,
    Past,
    given,
    in_shanghai,
    like,
)

UNREADABLE = Text("照片不清晰。", "The photo is blurred.")


# --- the appeal and its documents -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("by", "on_behalf"), [(MERCHANT, False), (AGENT, False), (OFFICER, True)])
def test_the_merchant_opens_the_appeal_or_someone_for_them_and_the_record_says_which(
    appeal_reason_confirmed: Past, by: Actor, on_behalf: bool
) -> None:
    past = given(appeal_reason_confirmed).when(c.OpenAppeal("vault:s"), by=by).then(AppealOpened("vault:s", on_behalf))
    past.now(Status.DRAFT)
    assert past.case.dues == appeal_reason_confirmed.case.dues, "the merchant's time goes on"


def test_nobody_opens_the_appeal_of_another_merchant(appeal_reason_confirmed: Past) -> None:
    given(appeal_reason_confirmed).when(c.OpenAppeal("vault:s"), by=OTHER_MERCHANT).then("not-your-merchant")
    given(appeal_reason_confirmed).when(c.OpenAppeal("vault:s"), by=AUDITOR).then("role-not-allowed")


def test_a_document_is_filed_and_the_version_rises(appeal_in_draft: Past) -> None:
    past = (
        given(appeal_in_draft)
        .when(c.AddDocument(a_document("D06")), by=MERCHANT)
        .then(DocumentAdded(a_document("D06"), on_behalf=False))
    )
    assert past.case.version == appeal_in_draft.case.version + 1


def test_submitting_needs_the_declaration(appeal_with_documents: Past) -> None:
    given(appeal_with_documents).when(c.Submit(declaration=False), by=MERCHANT).then("declaration-needed")


def test_submitting_needs_every_document_that_is_asked_for(appeal_in_draft: Past) -> None:
    past = given(appeal_in_draft).when(c.AddDocument(a_document("D01")), by=MERCHANT).accepted
    refused = past.when(c.Submit(declaration=True), by=MERCHANT).refused
    assert refused.code == "documents-missing"
    assert dict(refused.facts)["missing"] == "D03, D06, D07"


def test_an_expired_document_counts_as_missing_from_the_day_after_its_last() -> None:
    past = Appeal(valid_until=(("D01", "2026-11-05"),)).with_documents()
    past.when(c.Submit(declaration=True), by=MERCHANT, at="2026-11-05 23:59").then(CaseSubmitted)
    past.when(c.Submit(declaration=True), by=MERCHANT, at="2026-11-06 00:00").then("documents-missing")


@pytest.mark.parametrize("by", [MERCHANT, AGENT, OFFICER])
def test_a_complete_appeal_is_submitted_and_the_promised_time_starts(appeal_with_documents: Past, by: Actor) -> None:
    at = "2026-11-03 10:00"
    past = given(appeal_with_documents).when(c.Submit(declaration=True), by=by, at=at).then(CaseSubmitted)
    past.now(Status.SUBMITTED)
    assert in_shanghai(past.case.dues["auto_check"].due) == "2026-11-03 10:10"
    assert in_shanghai(past.case.dues["promise"].due) == "2026-11-06 10:00"
    assert "submitted" in {owed.notice for owed in past.case.owed}
    assert "evidence" not in past.case.dues


def test_after_submission_the_merchant_files_nothing_more_but_staff_file_instruments(appeal_submitted: Past) -> None:
    past = given(appeal_submitted)
    past.when(c.AddDocument(a_document("D06", 2)), by=MERCHANT).then("wrong-status")
    past.when(c.AddDocument(a_document("D24")), by=MERCHANT).then("wrong-status")
    past.when(c.AddDocument(a_document("D24")), by=COMPLIANCE).then(DocumentAdded)


def test_the_merchants_time_is_extended_once_by_five_business_days(appeal_in_draft: Past) -> None:
    past = given(appeal_in_draft)
    assert in_shanghai(past.case.dues["evidence"].due) == "2026-11-17 00:00"
    past = past.when(c.ExtendEvidence(), by=MERCHANT).then(EvidenceExtended)
    assert in_shanghai(past.case.dues["evidence"].due) == "2026-11-24 00:00"
    assert {"evidence_reminder:3", "evidence_reminder:1"} < past.case.dues.keys()
    past.when(c.ExtendEvidence(), by=MERCHANT).then("already-extended")


# --- what the machine finds -----------------------------------------------------------------------------------------


def test_checks_that_find_nothing_wrong_bring_the_case_to_review(appeal_submitted: Past) -> None:
    past = check(given(appeal_submitted)).now(Status.IN_REVIEW_1)
    assert isinstance(past.events[-1], ChecksPassed)
    assert "review" in past.case.dues
    assert "auto_check" not in past.case.dues


def test_a_doubt_of_the_machine_goes_to_a_person_and_never_back_to_the_merchant(appeal_submitted: Past) -> None:
    found = c.CheckedDocument("D06-1", "unsure", (UNREADABLE,))
    given(appeal_submitted).when(c.RecordChecks((found,))).then(DocumentChecked, ChecksPassed).now(Status.IN_REVIEW_1)


def test_a_failed_document_goes_back_with_its_reason_and_is_no_rejection(appeal_submitted: Past) -> None:
    found = c.CheckedDocument("D01-1", "failed", (UNREADABLE,))
    past = given(appeal_submitted).when(c.RecordChecks((found,))).then(DocumentChecked, SupplementRequested)
    past.now(Status.AWAITING_SUPPLEMENT)
    assert [(asked.doc_type, asked.reason) for asked in past.case.evidence.asked] == [("D01", UNREADABLE)]
    assert past.case.evidence.rounds == 0, "only a reviewer's request counts"
    assert "supplement_requested" in {owed.notice for owed in past.case.owed}


def test_what_a_document_makes_necessary_is_asked_for_once_and_required(appeal_submitted: Past) -> None:
    owing = c.CheckedDocument("D03-1", "unsure", (), None, ("D17", "D25"))
    past = given(appeal_submitted).when(c.RecordChecks((owing,))).then(DocumentChecked, SupplementRequested)
    past.now(Status.AWAITING_SUPPLEMENT)
    assert [asked.doc_type for asked in past.case.evidence.asked] == ["D17"], "of D25 merchants are never told"
    assert ("D17",) in past.case.evidence.requirements
    assert "D17" in " ".join(unverified(past.case, "2026-11-09"))
    past = past.when(c.AddDocument(a_document("D17")), by=MERCHANT).then(DocumentAdded)
    past = past.when(c.Resubmit(), by=MERCHANT).then(EvidenceResubmitted)
    again = c.CheckedDocument("D17-1", "passed", (), None, ("D17",))
    past.when(c.RecordChecks((again,))).then(DocumentChecked, ChecksPassed)


def test_results_for_documents_nobody_filed_are_left_out(appeal_submitted: Past) -> None:
    found = (c.CheckedDocument("unknown", "failed"), c.CheckedDocument("D01-1", "passed"))
    given(appeal_submitted).when(c.RecordChecks(found)).then(like(DocumentChecked, document_id="D01-1"), ChecksPassed)


def test_an_end_of_validity_known_from_filing_is_not_lost_when_the_machine_reads_none() -> None:
    past = Appeal(valid_until=(("D01", "2026-11-05"),)).submitted()
    past = past.when(c.RecordChecks((c.CheckedDocument("D01-1", "passed"),))).accepted
    assert past.case.document("D01-1").valid_until == "2026-11-05"


def test_verification_away_defers_the_check_and_the_merchant_hears_of_it(appeal_submitted: Past) -> None:
    past = given(appeal_submitted).when(c.DeferChecks()).then(CheckDeferred).now(Status.PENDING_CHECK)
    assert "manual_check" in past.case.dues
    assert "check_delayed" in {owed.notice for owed in past.case.owed}


def test_the_promised_time_stands_still_while_verification_is_away(appeal_with_documents: Past) -> None:
    past = given(appeal_with_documents).when(c.Submit(declaration=True), by=MERCHANT, at="2026-11-03 10:00").accepted
    past = past.when(c.DeferChecks(), at="2026-11-03 11:00").accepted
    assert "promise" not in past.case.dues
    past = past.when(c.ResumeChecks(), at="2026-11-04 09:00").then(CheckResumed).now(Status.SUBMITTED)
    assert in_shanghai(past.case.dues["promise"].due) == "2026-11-06 17:00", "three working days, one hour used"


def test_checks_resume_when_verification_answers_again(appeal_submitted: Past) -> None:
    past = given(appeal_submitted).when(c.DeferChecks()).accepted.when(c.ResumeChecks()).then(CheckResumed)
    assert len(to_check(past.now(Status.SUBMITTED).case)) == 4
    past.when(c.ResumeChecks()).then("wrong-status")


# --- what reviewers find --------------------------------------------------------------------------------------------


def test_a_reviewer_judges_what_the_machine_was_unsure_of(appeal_just_checked: Past) -> None:
    past = given(appeal_just_checked)
    past.when(approve(100), by=REVIEWER_1).then("document-unverified")
    past = past.when(c.JudgeDocument("D06-1", "accept", "they match"), by=REVIEWER_1).then(DocumentJudged)
    refused = past.when(approve(100), by=REVIEWER_1).refused
    assert dict(refused.facts)["documents"] == "D07"
    past.when(c.JudgeDocument("D99-1", "accept", "?"), by=REVIEWER_1).then("document-unknown")


@pytest.mark.parametrize("verdict", ["reject", "unsure"])
def test_a_document_not_accepted_proves_nothing(appeal_awaiting_first_review: Past, verdict: str) -> None:
    judged = c.JudgeDocument("D07-1", verdict, "not of this sale")  # type: ignore[arg-type]
    past = given(appeal_awaiting_first_review).when(judged, by=REVIEWER_1).accepted
    past.when(approve(100), by=REVIEWER_1).then("document-unverified")


def test_a_waiver_stands_in_for_a_document_and_makes_the_case_l2() -> None:
    past = Appeal().checked().when(c.JudgeDocument("D06-1", "accept", "fine"), by=REVIEWER_1).accepted
    past = past.when(c.Waive("D07", "sold over the counter"), by=REVIEWER_1).then(RequirementWaived)
    past = past.when(approve(3_000_000), by=REVIEWER_1).accepted.now(Status.IN_REVIEW_2)
    past.when(approve(3_000_000), by=REVIEWER_2).accepted.now(Status.APPROVED)


def test_only_what_is_required_can_be_waived(appeal_just_checked: Past) -> None:
    given(appeal_just_checked).when(c.Waive("D20", "why not"), by=REVIEWER_1).then("not-required")


def test_a_reviewer_asks_for_documents_anew_which_counts_as_a_round(appeal_awaiting_first_review: Past) -> None:
    asked = c.RequestSupplement((item("D06"),))
    past = (
        given(appeal_awaiting_first_review)
        .when(asked, by=REVIEWER_1)
        .then(like(SupplementRequested, counted=True, round=1))
    )
    past.now(Status.AWAITING_SUPPLEMENT)
    assert "supplement" in past.case.dues
    assert "promise" not in past.case.dues, "the promised time stands still"
    assert past.case.owed[-1].notice == "supplement_requested"


def test_a_paper_merchants_are_never_told_of_is_never_asked_of_them(appeal_awaiting_first_review: Past) -> None:
    past = given(appeal_awaiting_first_review)
    past.when(c.RequestSupplement((item("D25"),)), by=REVIEWER_1).then("not-required")
    past.when(c.RequestSupplement((item("D99"),)), by=REVIEWER_1).then("not-required")


def test_a_due_diligence_form_that_fails_goes_to_a_reviewer_not_to_the_merchant() -> None:
    past = Appeal.of("R04").submitted()
    found = c.CheckedDocument("D25-1", "failed", (UNREADABLE,))
    past = past.when(c.RecordChecks((found,))).then(DocumentChecked, ChecksPassed)
    assert past.case.document("D25-1").standing == "failed"


def test_while_a_supplement_is_awaited_only_what_was_asked_for_can_be_replaced(
    appeal_awaiting_supplement: Past,
) -> None:
    past = given(appeal_awaiting_supplement)
    past.when(c.AddDocument(a_document("D07", 2)), by=MERCHANT).then("not-asked-for")
    past.when(c.AddDocument(a_document("D06", 2)), by=MERCHANT).then(DocumentAdded)


def test_resubmitting_needs_a_new_document_for_each_item(appeal_awaiting_supplement: Past) -> None:
    past = given(appeal_awaiting_supplement)
    past.when(c.Resubmit(), by=MERCHANT).then("documents-missing")
    past = past.when(c.AddDocument(a_document("D06", 2)), by=MERCHANT).accepted
    past = past.when(c.Resubmit(), by=MERCHANT).then(like(EvidenceResubmitted, round=1)).now(Status.SUBMITTED)
    assert [doc.document_id for doc in to_check(past.case)] == ["D06-2"]
    assert "promise" in past.case.dues


def test_the_replaced_document_proves_nothing_any_more(appeal_awaiting_supplement: Past) -> None:
    past = given(appeal_awaiting_supplement).when(c.AddDocument(a_document("D06", 2)), by=MERCHANT).accepted
    past = check(past.when(c.Resubmit(), by=MERCHANT).accepted)
    past.when(approve(100), by=REVIEWER_1).then("document-unverified")
    past.when(c.JudgeDocument("D06-2", "accept", "clear now"), by=REVIEWER_1).accepted.when(
        approve(100), by=REVIEWER_1
    ).accepted.now(Status.IN_REVIEW_2)


def one_more_round(past: Past, number: int, by: Actor = REVIEWER_1) -> Past:
    past = past.when(c.RequestSupplement((item("D06"),)), by=by).accepted
    past = past.when(c.AddDocument(a_document("D06", number)), by=MERCHANT).accepted
    return check(past.when(c.Resubmit(), by=MERCHANT).accepted)


def test_after_three_rounds_it_is_rejected_or_the_compliance_head_allows_one_more(
    appeal_awaiting_first_review: Past,
) -> None:
    past = given(appeal_awaiting_first_review)
    for number in (2, 3, 4):
        past = one_more_round(past, number)
    assert past.case.evidence.rounds == 3
    past.when(c.RequestSupplement((item("D06"),)), by=REVIEWER_1).then("rounds-exhausted")
    past.when(c.RequestSupplement((item("D06"),)), by=SUPERVISOR).then("rounds-exhausted")
    past.when(c.Reject("R01", "three times nothing"), by=REVIEWER_1).accepted.now(Status.IN_REVIEW_2)
    past = one_more_round(past, 5, COMPLIANCE)
    assert past.case.evidence.rounds == 4
    past.when(c.RequestSupplement((item("D06"),)), by=COMPLIANCE).then("rounds-exhausted")


def test_the_merchants_working_time_is_not_counted_while_a_supplement_is_awaited(
    appeal_awaiting_supplement: Past,
) -> None:
    past = given(appeal_awaiting_supplement)
    past = past.when(c.AddDocument(a_document("D06", 2)), by=MERCHANT, at="2026-11-06 09:00").accepted
    past = past.when(c.Resubmit(), by=MERCHANT, at="2026-11-06 10:00").accepted
    due = past.case.dues["promise"]
    assert in_shanghai(due.due) > "2026-11-10 17:00", "three working days from Friday, less what was used"
    assert in_shanghai(due.due) < "2026-11-11 10:00"
