"""Every state of a freeze appeal, and everything that can be asked in it: which ways lead where, found by trying.

The state diagram of the docs is drawn from this; the random stories check that there is no other way.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from domain import commands as c
from domain.actors import SYSTEM, Actor
from domain.agreement import agreement_key
from domain.case import Case, Status
from domain.commands import Command
from domain.controls import disposable_fen
from domain.events import Event
from domain.field import visit_key
from domain.fold import Moment, evolve
from domain.text import Text
from tests.domain.appeals import HELD, Appeal, a_control, a_document, approve, carry_out, carry_out_until, enforce, item
from tests.domain.specification import (
    COMPLIANCE,
    COMPLIANCE_2,
    MERCHANT,
    OFFICER,
    OFFICER_2,
    REVIEWER_1,
    REVIEWER_2,
    REVIEWER_3,
    SUPERVISOR,
    Past,
)

Arrow = tuple[str, str, str]
"""From a status (`-` before there is a case), by an event, to a status."""
D24 = a_document("D24", 1)
EXPIRES_TODAY = (("D03", "2026-11-02"),)


def arrows_of(before: Case, events: tuple[Event, ...], at: str) -> Iterator[Arrow]:
    """The moves between statuses that these events make."""
    for event in events:
        after = evolve(before, event, Moment(0, at, "someone"))
        old = before.status.value if before.case_id else "-"
        if after.status.value != old:
            yield old, type(event).__name__, after.status.value
        before = after


@cache
def arrows() -> frozenset[Arrow]:
    """Every move between statuses that there is."""
    found = {("-", "TerminalFrozen", Status.OPENED.value)}
    for past in states():
        for outcome in tries(past):
            found.update(outcome)
    return frozenset(found)


def tries(past: Past) -> Iterator[Iterator[Arrow]]:
    everything = approve(disposable_fen(past.case))
    for command, by in commands(past.case):
        yield _ways(past, past.when(command, by=by).after)
    for name in past.case.dues:
        yield _ways(past, past.when_due(name).after)
    for command, by in ((c.Execute(), SYSTEM), (everything, REVIEWER_2), (c.ResetCredentials(), MERCHANT)):
        yield _ways(past, past.when(command, by=by, at="2026-11-03 00:00").after)  # some documents have expired by then


def _ways(before: Past, after: Past) -> Iterator[Arrow]:
    return arrows_of(before.case, after.events[len(before.events) :], after.entries[-1].occurred_at)


def commands(case: Case) -> Iterator[tuple[Command, Actor]]:
    """What people and the procedure may ask, each by someone who has the role for it."""
    flying = case.release.in_flight
    n = flying.n if flying else max((step.n for step in case.release.attempt if step.state == "done"), default=1)
    everything = approve(case.release.payout_fen if case.status is Status.SUSPENDED_LEGAL else disposable_fen(case))
    yield c.ConfirmReason(case.reason_code), OFFICER
    yield c.OpenAppeal("vault:s"), MERCHANT
    yield c.DispatchField(), OFFICER
    yield c.FieldDone(), OFFICER
    yield c.AnswerVisit(visit_key(case, 1), "done", "M-1", case.since, "V-1", "done"), SYSTEM
    yield c.Submit(declaration=True), MERCHANT
    yield c.Resubmit(), MERCHANT
    yield c.Withdraw("enough"), MERCHANT
    yield c.Reopen("vault:s"), MERCHANT
    yield c.RequestSupplement((item("D06"),)), REVIEWER_1
    for reviewer in (REVIEWER_1, REVIEWER_2, REVIEWER_3, SUPERVISOR, COMPLIANCE, COMPLIANCE_2):
        yield everything, reviewer
        yield c.Reject("R01", "no"), reviewer
        yield c.ReturnReview("again"), reviewer
        yield c.ApproveAccount("theirs"), reviewer
    yield c.PlaceLegalHold("J01", 100, D24.document_id), COMPLIANCE
    yield c.LiftLegalHold(D24.document_id), COMPLIANCE
    yield c.ResetCredentials(), MERCHANT
    yield c.SignAgreement("signature-1"), MERCHANT
    yield c.AnswerAgreement(agreement_key(case, 1), "signed", "M-2", case.since, "SIG-1"), SYSTEM
    yield c.ChangeParty("name"), OFFICER
    yield c.AddControl(a_control("C9")), OFFICER
    yield c.Execute(), SYSTEM
    for outcome in ("passed", "failed"):
        checked = tuple(c.CheckedDocument(doc.document_id, outcome) for doc in case.evidence.documents)  # type: ignore[arg-type]
        yield c.RecordChecks(checked), SYSTEM
    yield c.DeferChecks(), SYSTEM
    yield c.ResumeChecks(), SYSTEM
    yield c.FinishStep(n, "done"), SYSTEM
    yield c.FailStep(n, "no"), SYSTEM
    yield c.UndoStep(n, "undone"), SYSTEM


@cache
def states() -> tuple[Past, ...]:
    """Appeals in every status, in each of the ways that matter for what comes next. Each holds a court's instrument,
    for the orders that may come."""
    return tuple(_states())


def _states() -> Iterator[Past]:
    two_reviewers = Appeal(a_control(held_fen=HELD))
    expiring = Appeal(a_control(held_fen=HELD), valid_until=EXPIRES_TODAY)
    for appeal in (two_reviewers, expiring, Appeal.of("S02"), Appeal.of("J01")):
        yield from _before_release(appeal)
    yield from _releases()
    yield from _closed()


def _before_release(appeal: Appeal) -> Iterator[Past]:
    for name in ("frozen", "reason_confirmed", "draft", "with_documents", "submitted", "checked"):
        yield with_instrument(getattr(appeal, name)())
    yield with_instrument(appeal.submitted().when(c.DeferChecks()).accepted)
    for name in ("awaiting_first_review", "first_approved", "approved"):
        yield with_instrument(getattr(appeal, name)())
    if appeal.control.reason_code == "S02":
        sent = with_instrument(appeal.reason_confirmed().when(c.DispatchField(), by=OFFICER).accepted)
        yield sent.when(c.OrderVisit()).accepted.when(c.BookVisit(1, "V-1")).accepted
        yield with_instrument(appeal.approved().when(c.Execute()).accepted)
        return
    if appeal.control.reason_code == "J01":
        return
    yield with_instrument(appeal.awaiting_supplement())
    replaced = appeal.awaiting_supplement().when(c.AddDocument(a_document("D06", 2)), by=MERCHANT).accepted
    yield with_instrument(replaced)
    rejected = c.Reject("R01", "no")
    yield with_instrument(appeal.awaiting_first_review().when(rejected, by=REVIEWER_1).accepted)


def _releases() -> Iterator[Past]:
    yield with_instrument(Appeal.of("S01", valid_until=EXPIRES_TODAY).approved().when(c.Execute()).accepted)
    executing = with_instrument(Appeal(a_control(held_fen=HELD)).executing())
    for step in ("reserve", "lift_risk_rule", "ledger_release", "pay_out"):
        yield carry_out_until(executing, step)
    second = carry_out_until(executing, "lift_risk_rule")
    failed = second.when(c.FailStep(2, "no")).accepted
    yield failed
    withdrawn = second.when(c.Withdraw("enough"), by=MERCHANT).accepted
    yield withdrawn
    taken_back = withdrawn.when(c.FinishStep(2, "done")).accepted.when(c.UndoStep(2, "back")).accepted
    yield taken_back
    paid = carry_out_until(executing, "send_notice")
    yield paid
    bounced = carry_out(executing, "bounced")
    yield bounced
    settling = paid.when(c.FinishStep(7, "told")).accepted
    yield settling.when(c.AnswerPayout("FA-20261102-TESTCASE:step:5", "confirmed", "bank-1")).accepted
    yield settling.when(c.AnswerPayout("FA-20261102-TESTCASE:step:5", "bounced", "bank-1")).accepted
    checked = bounced.when(c.NewAccount("vault:account-2"), by=MERCHANT).accepted
    checked = checked.when(c.RecordAccountCheck(matches=True, finding=Text("同名。", "Same."))).accepted
    yield checked.when(c.ApproveAccount("theirs"), by=REVIEWER_3).accepted
    yield with_instrument(carry_out(Appeal.of("R03").executing()))
    yield from _under_orders(executing)


def _under_orders(executing: Past) -> Iterator[Past]:
    order = c.PlaceLegalHold("J01", 1_000_000, D24.document_id)
    yield with_instrument(Appeal().frozen()).when(order, by=COMPLIANCE).accepted
    yield with_instrument(Appeal().approved()).when(order, by=COMPLIANCE).accepted
    released = carry_out_until(executing, "ledger_release").when(order, by=COMPLIANCE).accepted
    released = enforce(released.when(c.FinishStep(3, "released")).accepted)
    yield released
    proposed = released.when(approve(HELD - 1_000_000), by=SUPERVISOR).accepted
    yield proposed
    rest = carry_out_until(proposed.when(approve(HELD - 1_000_000), by=COMPLIANCE_2).accepted, "send_notice")
    rest = rest.when(c.AnswerPayout("FA-20261102-TESTCASE:step:5", "confirmed", "bank-1")).accepted
    yield rest.when(c.FinishStep(7, "told")).accepted


def _closed() -> Iterator[Past]:
    small = Appeal()
    yield small.awaiting_first_review()
    remainder = small.awaiting_first_review().when(approve(1_000_000), by=REVIEWER_1).accepted
    unconfirmed = small.frozen().when(c.Withdraw("enough"), by=MERCHANT).accepted
    closed = (small.rejected(), small.withdrawn(), small.expired(), unconfirmed)
    for past in (*closed, carry_out(remainder.when(c.Execute()).accepted)):
        yield past
        yield _half_a_year_later(past)


def _half_a_year_later(past: Past) -> Past:
    while past.case.dues["hold:C1"].due < "2027-05-01":
        past = past.when_due("hold:C1").accepted
    return past


def with_instrument(past: Past) -> Past:
    return past.when(c.AddDocument(D24), by=OFFICER_2).accepted
