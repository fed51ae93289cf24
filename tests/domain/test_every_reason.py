"""Every reason a terminal is frozen for goes to its end: with each paper it asks of each type of merchant, through
field service and the merchant's own actions where it has them. Spec: reason-codes.csv."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from domain import commands as c
from domain.case import Status
from domain.events import CaseRejected, DocumentAdded
from domain.evidence import STAFF_FILED
from domain.policy import MERCHANT_TYPES, MerchantType
from tests.domain.appeals import Appeal, a_document, carry_out, check, file_all, item, judge_all, tell
from tests.domain.specification import COMPLIANCE, MERCHANT, OFFICER, OFFICER_2, POLICY, SUPERVISOR, Past

with (Path(__file__).parent / "spec" / "reason-codes.csv").open(encoding="utf-8") as file:
    SPEC = {row["code"]: row for row in csv.DictReader(file)}

REASONS = [code for code, reason in POLICY.reasons.items() if "K1" in reason.case_kinds]
FREED = [code for code in REASONS if POLICY.reasons[code].release == "allowed"]
BY_INSTRUMENT = [code for code in REASONS if POLICY.reasons[code].release == "on_instrument"]
KEPT = [code for code in REASONS if POLICY.reasons[code].release in {"never", "aml"}]

each_merchant = pytest.mark.parametrize("merchant_type", MERCHANT_TYPES)


def test_every_freeze_reason_has_its_end_and_the_spec_says_which() -> None:
    assert {code for code in SPEC if code[0] in "RSJ"} | {"F01"} == {*REASONS}
    assert {code for code in REASONS if SPEC[code]["path"].startswith("no_release")} == {*BY_INSTRUMENT, *KEPT}


def in_review(code: str, merchant_type: MerchantType = "company") -> tuple[Appeal, Past]:
    """Every paper is in, read and judged; a technician was there where the reason sends one."""
    appeal = Appeal.of(code, merchant_type=merchant_type)
    past = appeal.reason_confirmed()
    if POLICY.reasons[code].field_service:
        past = past.when(c.DispatchField("look at terminal and shop"), by=OFFICER).accepted.now(Status.AWAITING_FIELD)
        past = past.when(c.FieldDone("all as registered"), by=OFFICER).accepted
    else:
        past = past.when(c.OpenAppeal("vault:statement-1"), by=MERCHANT).accepted
    past = file_all(past.now(Status.DRAFT), appeal)
    past = past.when(c.Submit(declaration=True), by=MERCHANT).accepted
    return appeal, judge_all(check(past), appeal.first)


def approved(appeal: Appeal, past: Past) -> Past:
    past = past.when(appeal.approval(), by=appeal.first).accepted
    if past.case.status is Status.IN_REVIEW_2:
        past = past.when(appeal.approval(), by=appeal.second).accepted
    return past.now(Status.APPROVED).when(c.Execute()).accepted


def to_its_end(code: str, past: Past) -> Past:
    """The merchant does what the reason asks before the release and after it."""
    reason = POLICY.reasons[code]
    if reason.actions_before:
        assert reason.actions_before == ("reset_credentials",)
        past = past.now(Status.PRE_RELEASE_ACTIONS).when(c.ResetCredentials(), by=MERCHANT).accepted
    past = carry_out(past.now(Status.EXECUTING))
    if reason.actions_after:
        assert reason.actions_after == ("sign_agreement",)
        past = past.now(Status.POST_ACTIONS).when(c.SignAgreement("vault:signed"), by=MERCHANT).accepted
    return tell(past.now(Status.CLOSED_RELEASED)).when_due("monitoring").accepted


def papers(past: Past) -> set[str]:
    return {event.document.doc_type for event in past.events if isinstance(event, DocumentAdded)}


def required(code: str, merchant_type: MerchantType) -> set[str]:
    return {requirement.any_of[0] for requirement in POLICY.requirements(code, merchant_type)}


@each_merchant
@pytest.mark.parametrize("code", FREED)
def test_with_every_paper_its_reason_asks_for_the_terminal_is_freed(code: str, merchant_type: MerchantType) -> None:
    past = to_its_end(code, approved(*in_review(code, merchant_type)))
    assert papers(past) == required(code, merchant_type)
    assert past.case.settled.release_fen == past.case.held_fen
    assert past.case.remaining_fen == 0
    assert past.case.finished


@each_merchant
@pytest.mark.parametrize("code", BY_INSTRUMENT)
def test_what_an_authority_froze_is_freed_by_its_instrument(code: str, merchant_type: MerchantType) -> None:
    past = to_its_end(code, approved(*in_review(code, merchant_type)))
    assert "D24" in papers(past)
    assert past.case.finished


@pytest.mark.parametrize("code", BY_INSTRUMENT)
def test_without_the_instrument_it_stays_frozen_even_when_the_paper_is_waived(code: str) -> None:
    appeal, past = in_review(code)
    instrument = next(doc for doc in past.case.evidence.documents if doc.doc_type == "D24")
    refused = c.JudgeDocument(instrument.document_id, "reject", "of another case")
    past = past.when(refused, by=SUPERVISOR).accepted
    past = past.when(c.Waive("D24", "they say it is on its way"), by=SUPERVISOR).accepted
    past.when(appeal.approval(), by=SUPERVISOR).then("not-releasable")


@each_merchant
@pytest.mark.parametrize("code", KEPT)
def test_what_may_never_be_freed_here_is_rejected_and_stays_on(code: str, merchant_type: MerchantType) -> None:
    appeal, past = in_review(code, merchant_type)
    past.when(appeal.approval(), by=SUPERVISOR).then("not-releasable")
    rejection = c.Reject(code, "it stands")
    past = past.when(rejection, by=SUPERVISOR).accepted.when(rejection, by=COMPLIANCE).accepted
    past = tell(past.now(Status.CLOSED_REJECTED))
    assert past.case.standing_controls
    assert past.case.remaining_fen == past.case.held_fen
    assert past.last(CaseRejected).public_code == POLICY.reasons[code].public_code


@pytest.mark.parametrize("doc_type", sorted({code for reason in REASONS for code in required(reason, "company")}))
def test_any_paper_a_freeze_may_ask_for_can_be_replaced_and_waived(doc_type: str) -> None:
    code = next(code for code in FREED + BY_INSTRUMENT + KEPT if doc_type in required(code, "company"))
    appeal, past = in_review(code)
    if not POLICY.never_lists(doc_type):
        past = past.when(c.RequestSupplement((item(doc_type),)), by=appeal.first).accepted.now(
            Status.AWAITING_SUPPLEMENT
        )
        by = OFFICER_2 if doc_type in STAFF_FILED else MERCHANT
        past = past.when(c.AddDocument(a_document(doc_type, 2)), by=by).accepted
        past = check(past.when(c.Resubmit(), by=MERCHANT).accepted)
    past = past.when(c.Waive(doc_type, "seen on the spot"), by=COMPLIANCE).accepted
    assert doc_type in past.case.evidence.waived
