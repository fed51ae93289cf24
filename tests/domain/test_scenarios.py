"""The spec's scenarios as the rules see them, step by step with dates. Spec: README, Scenarios 1, 2, 3."""

from domain import commands as c
from domain.business_time import SHANGHAI, parse_time
from domain.case import Status
from domain.events import (
    ApprovalVoided,
    CallbackIgnored,
    CaseClosed,
    DocumentChecked,
    FirstApproval,
    MonitoringEnded,
    ReleaseExecuted,
    SecondApproval,
    StepDone,
)
from domain.wire import entries_json, entries_of
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
    tell,
)
from tests.domain.specification import (
    MERCHANT,
    OFFICER,
    REVIEWER_1,
    REVIEWER_2,
    REVIEWER_3,
    Past,
    in_shanghai,
    like,
)


def test_scenario_1_velocity_two_reviewers_full_release_and_a_second_callback_is_ignored() -> None:
    past = enforce(Appeal(a_control(held_fen=HELD, detail="velocity")).just_frozen())
    past = past.when(c.ConfirmReason("R01"), by=OFFICER, at="2026-11-02 11:00").accepted
    past = past.when(c.OpenAppeal("vault:s"), by=MERCHANT, at="2026-11-02 14:00").accepted
    for number, doc_type in enumerate(("D01", "D03", "D06", "D06", "D06", "D06", "D07", "D07")):
        past = past.when(c.AddDocument(a_document(doc_type, number)), by=MERCHANT).accepted
    past = past.when(c.Submit(declaration=True), by=MERCHANT, at="2026-11-03 09:30").accepted
    results = tuple(
        c.CheckedDocument(doc.document_id, "passed" if doc.doc_type in {"D01", "D03"} else "unsure")
        for doc in past.case.evidence.documents
    )
    past = past.when(c.RecordChecks(results)).accepted.now(Status.IN_REVIEW_1)
    for doc in past.case.evidence.documents:
        if doc.standing == "unsure":
            past = past.when(c.JudgeDocument(doc.document_id, "accept", "matches"), by=REVIEWER_1).accepted
    past = past.when(approve(HELD), by=REVIEWER_1, at="2026-11-04 10:00").then(like(FirstApproval, tier="L2"))
    past = past.when(approve(HELD), by=REVIEWER_2, at="2026-11-04 15:00").then(SecondApproval)
    past = past.when(c.Execute()).accepted
    past = finish(carry_out_until(past, "send_notice"))
    past = bank_says(past, "confirmed", "bank-1").accepted
    past = bank_says(past, "confirmed", "bank-2").then(CallbackIgnored)
    past = past.when(c.FinishStep(8, "settled")).then(StepDone, ReleaseExecuted, CaseClosed)
    past = tell(past.now(Status.CLOSED_RELEASED))
    assert past.case.settled.release_fen == past.case.held_fen == HELD
    assert past.case.remaining_fen == 0
    assert past.when_due("monitoring").then(MonitoringEnded).case.finished


def licence_expiring_on_15_november() -> Past:
    """C's licence is valid through 2026-11-15; submitted on 11-10, approved first on 11-13."""
    appeal = Appeal(a_control(held_fen=HELD), valid_until=(("D01", "2026-11-15"),))
    past = appeal.with_documents().when(c.Submit(declaration=True), by=MERCHANT, at="2026-11-10 10:00").accepted
    results = tuple(
        c.CheckedDocument(
            doc.document_id, "passed" if doc.doc_type in {"D01", "D03"} else "unsure", (), doc.valid_until
        )
        for doc in past.case.evidence.documents
    )
    past = past.when(c.RecordChecks(results), at="2026-11-10 10:05").accepted
    for doc in ("D06-1", "D07-1"):
        past = past.when(c.JudgeDocument(doc, "accept", "fine"), by=REVIEWER_1, at="2026-11-12 10:00").accepted
    return past.when(approve(HELD), by=REVIEWER_1, at="2026-11-13 16:00").then(FirstApproval)


def test_scenario_2_a_licence_that_expired_over_the_weekend_voids_the_first_approval() -> None:
    past = licence_expiring_on_15_november()
    second = past.when(approve(HELD), by=REVIEWER_2, at="2026-11-16 10:00")
    after = second.then("approval-voided", like(ApprovalVoided, cause="document_expired", subject="D01"))
    after.now(Status.AWAITING_SUPPLEMENT)
    assert [asked.doc_type for asked in after.case.evidence.asked] == ["D01"], "asked for anew"
    assert after.case.evidence.rounds == 0, "and not counted as a rejection"
    assert after.case.review.first is None
    assert after.history.answers[after.entries[-1].command_id].refusal == "approval-voided", "a repeat hears the same"


def test_scenario_2_on_its_last_day_the_licence_still_stands() -> None:
    past = licence_expiring_on_15_november()
    past.when(approve(HELD), by=REVIEWER_2, at="2026-11-15 23:59").then(SecondApproval)


def test_scenario_2_goes_on_with_a_new_licence_to_a_release() -> None:
    past = licence_expiring_on_15_november()
    past = past.when(approve(HELD), by=REVIEWER_2, at="2026-11-16 10:00").after
    past = past.when(c.AddDocument(a_document("D01", 2, "2036-11-15")), by=MERCHANT).accepted
    past = past.when(c.Resubmit(), by=MERCHANT).accepted
    past = past.when(c.RecordChecks((c.CheckedDocument("D01-2", "passed", (), "2036-11-15"),))).accepted
    assert past.count(DocumentChecked) == 5
    past = past.when(approve(HELD), by=REVIEWER_1).accepted.when(approve(HELD), by=REVIEWER_2).accepted
    carry_out(past.when(c.Execute()).accepted).now(Status.CLOSED_RELEASED)


def test_scenario_3_of_two_decisions_at_one_version_the_first_counts(appeal_awaiting_first_review: Past) -> None:
    past, version = appeal_awaiting_first_review, appeal_awaiting_first_review.case.version
    past = past.when(approve(HELD), by=REVIEWER_1, seen=version).then(FirstApproval)
    refused = past.when(c.Reject("R01", "no"), by=REVIEWER_2, seen=version).refused
    assert (refused.code, refused.status) == ("stale-version", 409)
    refused = past.when(approve(HELD), by=REVIEWER_1, seen=version + 1).refused
    assert (refused.code, refused.status) == ("four-eyes", 403)
    past.when(approve(HELD), by=REVIEWER_3, seen=version + 1).then(SecondApproval)


def test_over_the_october_holiday_only_working_days_count() -> None:
    """Frozen on the last working day before it: the merchant's ten business days begin on 10-08, 10-10 is worked."""
    past = Appeal(opened="2026-09-30 16:00").frozen()
    past = past.when(c.ConfirmReason("R01"), by=OFFICER, at="2026-09-30 17:00").accepted
    due = past.case.dues["evidence"]
    assert in_shanghai(due.due) == "2026-10-21 00:00"
    assert "2026-10-01" in due.basis.en
    assert "2026-10-10" in due.basis.en
    assert not due.provisional


def test_beyond_the_known_calendar_a_deadline_says_that_it_is_provisional() -> None:
    past = Appeal(opened="2026-12-28 10:00").reason_confirmed()
    assert past.case.dues["evidence"].provisional
    assert "provisional" in past.case.dues["evidence"].basis.en


def test_the_order_of_checks_is_role_then_version_then_status(appeal_approved: Past) -> None:
    """api.md, Version: 403 comes before 409 stale-version, which comes before 409 wrong-status."""
    stale = appeal_approved.case.version - 1
    past = appeal_approved
    past.when(approve(HELD), by=MERCHANT, seen=stale).then("role-not-allowed")
    past.when(approve(HELD), by=REVIEWER_3, seen=stale).then("stale-version")
    past.when(approve(HELD), by=REVIEWER_3).then("wrong-status")


def test_a_history_read_back_from_its_text_is_the_same_history(appeal_released: Past) -> None:
    entries = entries_of(entries_json(appeal_released.entries))
    assert entries == appeal_released.entries
    assert parse_time(entries[0].occurred_at).astimezone(SHANGHAI).year == 2026
