"""Nobody decides what they took part in, by whatever path and with whatever roles. Spec: README, 3."""

import pytest

from domain import commands as c
from domain.actors import Actor
from domain.case import Status
from domain.events import DocumentAdded, FirstApproval, HoldRejustified, PayoutAccountApproved, SecondApproval
from domain.listing import allowed_commands, tasks
from domain.text import Text
from tests.domain.appeals import HELD, Appeal, a_control, a_document, approve, carry_out, file_all, item
from tests.domain.specification import (
    COMPLIANCE,
    MERCHANT,
    MERCHANT_NO,
    POLICY,
    REVIEWER_1,
    REVIEWER_2,
    REVIEWER_3,
    Past,
    given,
    like,
)

EVERYTHING = ("officer", "reviewer", "supervisor", "compliance_head", "merchant", "agent", "robot", "engineer")


def with_all_roles(name: str) -> Actor:
    """An administrator: holds every role there is."""
    return Actor(name, EVERYTHING, MERCHANT_NO)


ADMIN = with_all_roles("admin")
APPEAL = Appeal(a_control(held_fen=HELD))


def first_review_after_taking_part(part: str) -> Past:
    """An appeal awaiting the first decision, in which the administrator took one part before."""
    appeal = APPEAL
    if part == "placed the control":
        appeal = Appeal(a_control(held_fen=HELD, placed_by=ADMIN.name))
    past = appeal.frozen().when(c.ConfirmReason("R01"), by=_by(part, "confirmed the reason")).accepted
    past = past.when(c.OpenAppeal("vault:s"), by=_by(part, "opened the appeal")).accepted
    if part == "uploaded evidence":
        past = past.when(c.AddDocument(a_document("D06", 9)), by=ADMIN).accepted
    past = file_all(past, appeal)
    past = past.when(c.Submit(declaration=True), by=_by(part, "submitted it")).accepted
    if part == "placed another control":
        more = a_control("C2", held_fen=0, kind="txn_block", source="system", placed_by=ADMIN.name)
        past = past.when(c.AddControl(more), by=ADMIN).accepted
        past = past.when(c.RecordEnforcement("C2", "block")).accepted
    unsure = tuple(c.CheckedDocument(d.document_id, "unsure") for d in past.case.evidence.documents)
    past = past.when(c.RecordChecks(unsure)).accepted
    for doc in past.case.evidence.documents:
        judge = ADMIN if part == "judged evidence" else REVIEWER_1
        past = past.when(c.JudgeDocument(doc.document_id, "accept", "good"), by=judge).accepted
    if part == "waived a document":
        past = past.when(c.Waive("D07", "not needed"), by=ADMIN).accepted
    return past


def _by(part: str, this: str) -> Actor:
    usual = {"confirmed the reason": "officer", "opened the appeal": "merchant", "submitted it": "merchant"}
    return ADMIN if part == this else Actor(f"{usual[this]}1", (usual[this],), MERCHANT_NO)


@pytest.mark.parametrize("part", ["placed the control", "placed another control", "uploaded evidence"])
def test_who_placed_a_control_or_uploaded_evidence_takes_no_decision_at_all(part: str) -> None:
    past = first_review_after_taking_part(part)
    for command in (
        approve(HELD),
        c.Reject("R01", "no"),
        c.RequestSupplement((item("D06"),)),
        c.JudgeDocument("D06-1", "accept", "good"),
        c.Waive("D06", "not needed"),
    ):
        past.when(command, by=ADMIN).then("four-eyes")
    second = past.when(approve(HELD), by=REVIEWER_1).accepted
    second.when(approve(HELD), by=ADMIN).then("four-eyes")
    second.when(c.Reject("R01", "no"), by=ADMIN).then("four-eyes")
    second.when(c.ReturnReview("again"), by=ADMIN).then("four-eyes")


@pytest.mark.parametrize(
    "part", ["confirmed the reason", "opened the appeal", "submitted it", "judged evidence", "waived a document"]
)
def test_who_handled_the_case_may_review_first_but_not_second(part: str) -> None:
    past = first_review_after_taking_part(part)
    reviewer = Actor(ADMIN.name, ("reviewer", "supervisor"))
    past.when(approve(HELD), by=reviewer).then(FirstApproval)
    second = past.when(approve(HELD), by=REVIEWER_3).accepted
    for command in (approve(HELD), c.Reject("R01", "no"), c.ReturnReview("again")):
        second.when(command, by=reviewer).then("four-eyes")
    assert ADMIN.name in tasks(second.case, POLICY, second.case.since)[0]["excluded"]
    assert "approve" not in allowed_commands(second.case, reviewer, POLICY)


def test_who_reviewed_first_does_not_review_second(appeal_awaiting_second_review: Past) -> None:
    past = given(appeal_awaiting_second_review)
    past.when(approve(HELD), by=REVIEWER_1).then("four-eyes")
    past.when(approve(HELD), by=with_all_roles("reviewer1")).then("four-eyes")
    past.when(approve(HELD), by=REVIEWER_2).then(SecondApproval)


def test_who_asked_for_evidence_may_decide_first_but_not_second(appeal_awaiting_first_review: Past) -> None:
    past = given(appeal_awaiting_first_review).when(c.RequestSupplement((item("D06"),)), by=REVIEWER_2).accepted
    past = past.when(c.AddDocument(a_document("D06", 2)), by=MERCHANT).accepted
    past = past.when(c.Resubmit(), by=MERCHANT).accepted
    past = past.when(c.RecordChecks((c.CheckedDocument("D06-2", "unsure"),))).accepted
    past = past.when(c.JudgeDocument("D06-2", "accept", "clear"), by=REVIEWER_1).accepted
    past.when(approve(HELD), by=REVIEWER_2).then(FirstApproval)
    refused = past.when(approve(HELD), by=REVIEWER_3).accepted.when(approve(HELD), by=REVIEWER_2).refused
    assert (refused.code, dict(refused.facts)["part"]) == ("four-eyes", "asked for evidence")


def test_who_decided_does_not_upload_evidence_for_it_afterwards(appeal_awaiting_second_review: Past) -> None:
    past = given(appeal_awaiting_second_review)
    past.when(c.AddDocument(a_document("D24")), by=with_all_roles("reviewer1")).then("four-eyes")
    past.when(c.AddDocument(a_document("D24")), by=COMPLIANCE).then(DocumentAdded)


def test_who_decided_a_first_time_does_so_again_after_the_case_came_back(appeal_awaiting_second_review: Past) -> None:
    past = given(appeal_awaiting_second_review).when(c.ReturnReview("again"), by=REVIEWER_2).accepted
    past = past.when(approve(HELD), by=REVIEWER_1).then(FirstApproval)
    past.when(approve(HELD), by=REVIEWER_2).then(SecondApproval)


def test_the_parts_people_took_stay_known_when_a_case_is_reopened(appeal_rejected: Past) -> None:
    past = given(appeal_rejected).when(c.Reopen("vault:s2"), by=with_all_roles("reopener")).accepted
    past = past.when(c.AddDocument(a_document("D06", 2)), by=with_all_roles("uploader")).accepted
    assert {"reopener", "uploader", "reviewer1"} <= past.case.review.handled | past.case.review.uploaded
    past = past.when(c.Submit(declaration=True), by=MERCHANT).accepted
    past = past.when(c.RecordChecks((c.CheckedDocument("D06-2", "unsure"),))).accepted.now(Status.IN_REVIEW_1)
    past.when(approve(HELD), by=Actor("uploader", ("reviewer",))).then("four-eyes")


def test_a_hold_is_justified_anew_by_someone_who_did_not_place_it() -> None:
    past = Appeal(a_control(placed_by="officer2")).frozen().when_due("hold:C1").accepted
    past.when(c.Rejustify("goes on"), by=Actor("officer2", ("officer", "supervisor"))).then("four-eyes")
    past.when(c.Rejustify("goes on"), by=REVIEWER_1).then(HoldRejustified)


def test_of_two_holds_due_one_is_justified_that_the_asker_did_not_place() -> None:
    past = Appeal(a_control(placed_by="officer2")).frozen()
    more = a_control("C2", placed_by="officer3", source="system")
    past = past.when(c.AddControl(more)).accepted.when(c.RecordEnforcement("C2", "hold")).accepted
    past = past.when_due("hold:C1").accepted.when_due("hold:C2").accepted
    past.when(c.Rejustify("goes on"), by=Actor("officer2", ("officer",))).then(like(HoldRejustified, control_id="C2"))


# --- a changed payee ------------------------------------------------------------------------------------------------


def account_checked(namer: Actor = MERCHANT) -> Past:
    """The bank sent the payout back; another account was named by `namer` and is in the merchant's name."""
    past = carry_out(APPEAL.executing(), "bounced").now(Status.POST_ACTIONS)
    past = past.when(c.NewAccount("vault:account-2"), by=namer).accepted
    return past.when(c.RecordAccountCheck(matches=True, finding=Text("同名。", "The same name."))).accepted


def test_two_different_people_consent_to_a_new_account() -> None:
    past = account_checked().when(c.ApproveAccount("theirs"), by=REVIEWER_3).then(like(PayoutAccountApproved, steps=()))
    past.when(c.ApproveAccount("theirs"), by=REVIEWER_3).then("four-eyes")
    past.when(c.ApproveAccount("theirs"), by=REVIEWER_2).accepted.now(Status.EXECUTING)


def test_who_named_the_account_for_the_merchant_does_not_consent_to_it() -> None:
    past = account_checked(namer=ADMIN)
    past.when(c.ApproveAccount("theirs"), by=ADMIN).then("four-eyes")
    past = past.when(c.ApproveAccount("theirs"), by=REVIEWER_3).accepted
    past.when(c.ApproveAccount("theirs"), by=ADMIN).then("four-eyes")


def test_the_second_consent_is_not_by_who_reviewed_the_case_first() -> None:
    past = account_checked().when(c.ApproveAccount("theirs"), by=REVIEWER_3).accepted
    past.when(c.ApproveAccount("theirs"), by=REVIEWER_1).then("four-eyes")


def test_an_account_is_not_paid_before_it_is_checked() -> None:
    past = carry_out(APPEAL.executing(), "bounced")
    past.when(c.ApproveAccount("?"), by=REVIEWER_3).then("no-account-needed")
    named = past.when(c.NewAccount("vault:account-2"), by=MERCHANT).accepted
    named.when(c.ApproveAccount("?"), by=REVIEWER_3).then("account-not-checked")
    other = named.when(c.RecordAccountCheck(matches=False, finding=Text("不同名。", "Another name."))).accepted
    assert other.case.release.payout == "account_needed"
