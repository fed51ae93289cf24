"""Agreements to be signed anew: issued once the release is carried out, signed, and then the action is done. Spec:
transitions.csv (K1, sign_agreement)."""

from __future__ import annotations

import pytest

from domain import commands as c
from domain.agreement import agreement_key, owed
from domain.business_time import format_time
from domain.case import Status
from domain.events import (
    ActionDone,
    AgreementAnswered,
    AgreementAskedAnew,
    AgreementCalledOff,
    AgreementIssued,
    AgreementOrdered,
    CallbackIgnored,
    CaseClosed,
    DiscrepancyFound,
    PostActionsDone,
)
from domain.listing import allowed_commands
from domain.waiting import waiting_on
from tests.domain.appeals import Appeal, a_document, carry_out, enforce
from tests.domain.specification import COMPLIANCE, MERCHANT, OFFICER_2, POLICY, Outcome, Past, like

ISSUE = c.IssueAgreement(1, "A-1", "5e" * 32, "vault:link", "2026-11-17T02:00:00.000000+00:00")


@pytest.fixture(scope="module")
def released() -> Past:
    """Fictitious sales: everything is carried out, and the agreement is to be signed anew."""
    return Appeal.of("R03").released().now(Status.POST_ACTIONS)


@pytest.fixture(scope="module")
def issued(released: Past) -> Past:
    past = released.when(c.OrderAgreement()).then(AgreementOrdered(1))
    return past.when(ISSUE).then(like(AgreementIssued, agreement_ref="A-1", link_ref="vault:link"))


def says(past: Past, outcome: str, ref: str = "M-1", *, n: int = 1, signature: str | None = None) -> Outcome:
    """Contract signing's word on the `n`-th agreement."""
    signature = signature if signature is not None else ("SIG-1" if outcome == "signed" else "")
    key = agreement_key(past.case, n)
    return past.when(c.AnswerAgreement(key, outcome, ref, format_time(past.clock), signature))  # type: ignore[arg-type]


def told(past: Past) -> list[tuple[str, str]]:
    return [(one.notice, one.audience) for one in past.case.owed if one.notice.startswith("agreement")]


def test_it_is_issued_once_and_the_merchant_is_told(released: Past, issued: Past) -> None:
    assert owed(released.case, POLICY) == "issue"
    assert "contract signing" in waiting_on(released.case, POLICY).sentence.en
    assert owed(issued.case, POLICY) == "hear"
    assert waiting_on(issued.case, POLICY).who == "merchant"
    assert told(issued) == [("agreement_ready", "merchant")]
    issued.when(c.OrderAgreement()).then("already-done")
    issued.when(ISSUE).then("already-done")


def test_a_signature_is_the_action_done_and_closes_the_case(issued: Past) -> None:
    past = says(issued, "signed").then(
        like(AgreementAnswered, signature_ref="SIG-1"), ActionDone("sign_agreement", "SIG-1"), PostActionsDone,
        CaseClosed,
    )  # fmt: skip
    assert says(past, "signed").then(CallbackIgnored).case.agreement == past.case.agreement
    says(past, "declined", "M-2").then(like(DiscrepancyFound, recorded="signed", claimed="declined"))


def test_a_reason_without_an_agreement_has_none_issued() -> None:
    past = Appeal.of("R01").released()
    assert owed(past.case, POLICY) is None
    past.when(c.OrderAgreement()).then("already-done")


def test_one_that_expired_is_issued_anew_by_itself(issued: Past) -> None:
    past = says(issued, "expired").then(AgreementAnswered)
    assert owed(past.case, POLICY) == "issue"
    past = past.when(c.OrderAgreement()).then(AgreementOrdered(2))
    says(past, "signed", "M-late").then(like(DiscrepancyFound, recorded="expired"))


def test_one_that_was_declined_waits_until_someone_asks_again(issued: Past) -> None:
    issued.when(c.RenewAgreement(), by=MERCHANT).then("agreement-under-way")
    past = says(issued, "declined").then(AgreementAnswered)
    assert told(past)[-1] == ("agreement_declined", "lead")
    assert owed(past.case, POLICY) is None
    assert "renew_agreement" in allowed_commands(past.case, MERCHANT, POLICY)
    past = past.when(c.RenewAgreement(), by=MERCHANT).then(AgreementAskedAnew)
    assert owed(past.case, POLICY) == "issue"


def test_what_was_signed_otherwise_calls_the_open_one_off(issued: Past) -> None:
    past = issued.when(c.SignAgreement("paper-7"), by=MERCHANT).then(ActionDone, PostActionsDone, CaseClosed)
    assert owed(past.case, POLICY) == "call_off"
    assert not past.case.finished
    says(past, "withdrawn").then(CallbackIgnored)
    past = past.when(c.CallOffAgreement(1, "withdrawn")).then(AgreementCalledOff(1, "withdrawn"))
    assert owed(past.case, POLICY) is None
    past.when(c.RenewAgreement(), by=MERCHANT).then("wrong-status")


def test_a_word_without_a_signature_or_on_an_agreement_nobody_issued_goes_to_a_person(issued: Past) -> None:
    says(issued, "signed", signature="").then(like(DiscrepancyFound, recorded="no signature"))
    says(issued, "signed", n=2).then(like(DiscrepancyFound, recorded="no such agreement"))


def test_a_signature_during_a_legal_hold_counts_once_it_is_lifted(issued: Past) -> None:
    for number in (1, 2):
        issued = issued.when(c.AddDocument(a_document("D24", number)), by=OFFICER_2).accepted
    held = enforce(issued.when(c.PlaceLegalHold("J01", 0, "D24-1"), by=COMPLIANCE).accepted)
    past = says(held, "signed").then(AgreementAnswered).now(Status.SUSPENDED_LEGAL)
    assert owed(past.case, POLICY) is None
    past.when(c.CountSignature()).then("already-done")
    past = carry_out(past.when(c.LiftLegalHold("D24-2"), by=COMPLIANCE).accepted)
    assert owed(past.case, POLICY) == "count"
    past.when(c.CountSignature()).then(ActionDone, PostActionsDone, CaseClosed)
