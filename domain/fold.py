"""Folding: the state of a case after one more event. Every event is named; an unknown one is a bug, not a no-op.

Source: transitions.csv, column `to`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import assert_never

from domain import events as e
from domain import fold_agreement, fold_field, fold_release
from domain.business_time import local_date, parse_time
from domain.case import CLOSED, Case, Document, Evidence, RefusedEffect, Release, Review, Status, higher
from domain.fold_release import ReleaseEvent
from domain.folding import (
    ask_anew,
    closed,
    control_of,
    ended,
    enter,
    halted,
    handled,
    named,
    resumed,
    running,
    undecided,
    with_control,
    with_document,
)
from domain.notices import owed_for

UNVERSIONED = frozenset(
    {
        e.ControlEnforced,
        e.TransactionsQuestioned,
        e.HoldRejustifyDue,
        e.FreezeNoticeLate,
        e.FieldVisitOrdered,
        e.FieldVisitBooked,
        e.FieldVisitAnswered,
        e.FieldVisitLate,
        e.FieldVisitCalledOff,
        e.AgreementOrdered,
        e.AgreementIssued,
        e.AgreementAnswered,
        e.AgreementAskedAnew,
        e.AgreementCalledOff,
        e.EvidenceReminded,
        e.DecisionLate,
        e.ReviewOverdue,
        e.StepStarted,
        e.StepDone,
        e.StepUnknown,
        e.StepDelayed,
        e.StepUndone,
        e.PayoutAnswered,
        e.PostActionReminded,
        e.LimitsReduced,
        e.LimitsRestored,
        e.PostActionsDone,
        e.MonitoringEnded,
        e.ReopenWindowEnded,
        e.NoticeSent,
        e.MessageRecorded,
        e.CallbackIgnored,
        e.DiscrepancyFound,
        e.DiscrepancyResolved,
        e.CommandRefused,
    }
)
"""Events that leave the business version as it is: nothing a decision rests on has changed."""


@dataclass(frozen=True, slots=True)
class Moment:
    """Where an event stands in its stream, when it happened (RFC 3339), and whose act it was (a user name)."""

    position: int
    at: str
    by: str


def evolve(case: Case, event: e.Event, moment: Moment) -> Case:
    """The case after `event`: its new state, its version, and the notices the event owes."""
    version = case.version + (type(event) not in UNVERSIONED)
    after = replace(_apply(case, event, moment), version=version)
    if after.status is not case.status:
        after = replace(after, since=moment.at)
    owed = owed_for(after, event, moment.position)
    return replace(after, owed=after.owed + owed) if owed else after


def _apply(case: Case, event: e.Event, moment: Moment) -> Case:
    match event:
        case (
            e.TerminalFrozen() | e.ControlAttached() | e.ControlEnforced() | e.HoldRefused()
            | e.TransactionsQuestioned() | e.HoldRejustifyDue() | e.HoldRejustified() | e.DisposalDue()
            | e.FreezeNoticeLate()
        ):  # fmt: skip
            return _on_controls(case, event, moment)
        case (
            e.ReasonConfirmed() | e.AppealOpened() | e.EvidenceReminded() | e.EvidenceExtended() | e.DocumentAdded()
            | e.DocumentChecked() | e.DocumentJudged() | e.RequirementWaived() | e.SupplementRequested()
        ):  # fmt: skip
            return _on_evidence(case, event, moment)
        case (
            e.FieldServiceRequested() | e.FieldVisitOrdered() | e.FieldVisitBooked() | e.FieldVisitAnswered()
            | e.FieldVisitLate() | e.FieldVisitCalledOff() | e.FieldServiceDone()
        ):  # fmt: skip
            return fold_field.evolve(case, event, by=moment.by)
        case (
            e.AgreementOrdered() | e.AgreementIssued() | e.AgreementAnswered() | e.AgreementAskedAnew()
            | e.AgreementCalledOff()
        ):  # fmt: skip
            return fold_agreement.evolve(case, event)
        case (
            e.CaseSubmitted() | e.EvidenceResubmitted() | e.CheckDeferred() | e.CheckResumed() | e.ManualCheck()
            | e.ChecksPassed() | e.CaseExpired() | e.CaseReopened() | e.PartyChanged()
        ):  # fmt: skip
            return _on_stages(case, event, moment)
        case (
            e.FirstApproval() | e.SecondApproval() | e.ReviewReturned() | e.RejectProposed() | e.CaseRejected()
            | e.ApprovalVoided() | e.ReviewOverdue() | e.DecisionLate()
        ):  # fmt: skip
            return _on_review(case, event, moment)
        case (
            e.NoticeSent() | e.MessageRecorded() | e.CallbackIgnored() | e.DiscrepancyFound()
            | e.DiscrepancyResolved() | e.CommandRefused()
        ):  # fmt: skip
            return _on_record(case, event, moment.at)
        case _:
            return _on_release(case, event, moment)


def _on_release(case: Case, event: ReleaseEvent, moment: Moment) -> Case:
    return fold_release.evolve(case, event, at=moment.at, by=moment.by)


ControlsEvent = (
    e.TerminalFrozen | e.ControlAttached | e.ControlEnforced | e.HoldRefused | e.TransactionsQuestioned
    | e.HoldRejustifyDue | e.HoldRejustified | e.DisposalDue | e.FreezeNoticeLate
)  # fmt: skip


def _on_controls(case: Case, event: ControlsEvent, moment: Moment) -> Case:
    match event:
        case e.TerminalFrozen():
            return replace(
                case,
                case_id=event.case_id,
                status=Status.OPENED,
                policy_version=event.policy_version,
                merchant_no=event.merchant_no,
                merchant_type=event.merchant_type,
                terminal_sn=event.terminal_sn,
                reason_code=event.control.reason_code,
                opened_at=moment.at,
                since=moment.at,
                controls=(control_of(event.control),),
                dues=named(event.dues),
            )
        case e.ControlAttached():
            attached = replace(case, controls=(*case.controls, control_of(event.control)))
            return running(attached, event.dues)
        case e.ControlEnforced():
            return with_control(case, event.control_id, lambda c: replace(c, enforced=c.enforced | {event.effect}))
        case e.HoldRefused():
            return with_control(
                case, event.control_id, lambda c: replace(c, held_fen=0, wants=tuple(w for w in c.wants if w != "hold"))
            )
        case e.TransactionsQuestioned():
            return with_control(
                case, event.control_id, lambda c: replace(c, placed=replace(c.placed, transactions=event.transactions))
            )
        case e.HoldRejustifyDue():
            due = with_control(case, event.control_id, lambda c: replace(c, rejustify_tier=event.tier))
            return running(due, event.dues)
        case e.HoldRejustified():
            return with_control(case, event.control_id, lambda c: replace(c, rejustify_tier=None))
        case e.DisposalDue():
            due = with_control(case, event.control_id, lambda c: replace(c, rejustify_tier=None))
            at_l3 = running(replace(due, tier_floor="L3"), event.dues)
            return _taken_up_again(at_l3) if case.status in CLOSED else at_l3
        case e.FreezeNoticeLate():
            return ended(case, "freeze_notice")
        case _:
            assert_never(event)


def _taken_up_again(case: Case) -> Case:
    """A closed case whose hold must be disposed of: reviewed anew, or first given its reason when it never had one.
    Who took which part stays known, and the release that may have been is over."""
    release = Release(steps=case.release.steps, first=case.release.last_n + 1)
    again = replace(case, review=undecided(case.review), release=release, closed_at=None)
    status = Status.IN_REVIEW_1 if case.confirmed else Status.OPENED
    return enter(again, status, case.dues.values())


EvidenceEvent = (
    e.ReasonConfirmed | e.AppealOpened | e.EvidenceReminded | e.EvidenceExtended | e.DocumentAdded
    | e.DocumentChecked | e.DocumentJudged | e.RequirementWaived | e.SupplementRequested
)  # fmt: skip


def _on_evidence(case: Case, event: EvidenceEvent, moment: Moment) -> Case:
    proofs = case.evidence
    match event:
        case e.ReasonConfirmed():
            filed = tuple(
                Document(doc, "", moment.at, standing="on_file", valid_until=doc.valid_until) for doc in event.on_file
            )
            proofs = replace(proofs, requirements=event.requirements, documents=(*proofs.documents, *filed))
            return enter(
                handled(case, moment.by), Status.REASON_CONFIRMED, event.dues, evidence=proofs,
                reason_code=event.reason_code, confirmed=True,
            )  # fmt: skip
        case e.AppealOpened():
            opened = enter(handled(case, moment.by), Status.DRAFT, tuple(case.dues.values()))
            return replace(opened, appealed_by=moment.by)
        case e.EvidenceReminded():
            return ended(case, f"evidence_reminder:{event.days_left}")
        case e.EvidenceExtended():
            kept = {name: due for name, due in case.dues.items() if not name.startswith("evidence")}
            return running(replace(case, evidence=replace(proofs, extended=True), dues=kept), event.dues)
        case e.DocumentAdded():
            added = Document(event.document, moment.by, moment.at, valid_until=event.document.valid_until)
            review = replace(case.review, uploaded=case.review.uploaded | {moment.by})
            return replace(case, review=review, evidence=replace(proofs, documents=(*proofs.documents, added)))
        case e.DocumentChecked():
            read = case.document(event.document_id)
            until = event.valid_until or (read.valid_until if read else None)
            return with_document(
                case, event.document_id, standing=event.outcome, findings=event.findings, valid_until=until
            )
        case e.DocumentJudged():
            standing = {"accept": "accepted", "reject": "rejected"}.get(event.verdict, "unsure")
            return with_document(handled(case, moment.by), event.document_id, standing=standing)
        case e.RequirementWaived():
            return replace(handled(case, moment.by), evidence=replace(proofs, waived=proofs.waived | {event.doc_type}))
        case e.SupplementRequested():
            asked = ask_anew(case, event.items)
            proofs = replace(asked.evidence, rounds=event.round)
            review = Review(uploaded=case.review.uploaded, handled=case.review.handled)
            people = case.review.asked_evidence | ({moment.by} if event.counted else frozenset())
            return enter(
                halted(asked, moment.at), Status.AWAITING_SUPPLEMENT, event.dues, evidence=proofs,
                review=replace(review, asked_evidence=people),
            )  # fmt: skip
        case _:
            assert_never(event)


StagesEvent = (
    e.CaseSubmitted | e.EvidenceResubmitted | e.CheckDeferred | e.CheckResumed | e.ManualCheck | e.ChecksPassed
    | e.CaseExpired | e.CaseReopened | e.PartyChanged
)  # fmt: skip


def _on_stages(case: Case, event: StagesEvent, moment: Moment) -> Case:
    match event:
        case e.CaseSubmitted():
            submitted = handled(case, moment.by)
            return enter(submitted, Status.SUBMITTED, event.dues, sla_runs=((moment.at, None),))
        case e.EvidenceResubmitted():
            proofs = replace(case.evidence, asked=())
            return enter(
                case, Status.SUBMITTED, event.dues, evidence=proofs, sla_runs=(*case.sla_runs, (moment.at, None))
            )
        case e.CheckDeferred():
            return enter(halted(case, moment.at), Status.PENDING_CHECK, event.dues)
        case e.CheckResumed():
            return enter(case, Status.SUBMITTED, event.dues, sla_runs=(*case.sla_runs, (moment.at, None)))
        case e.ManualCheck():
            unread = tuple(
                replace(doc, standing="unsure") if doc.standing == "received" else doc
                for doc in case.evidence.documents
            )
            proofs = replace(case.evidence, documents=unread)
            runs = (*case.sla_runs, (moment.at, None))
            return enter(case, Status.IN_REVIEW_1, event.dues, evidence=proofs, sla_runs=runs)
        case e.ChecksPassed():
            return enter(case, Status.IN_REVIEW_1, event.dues)
        case e.CaseExpired():
            return closed(case, Status.CLOSED_EXPIRED, event.dues, moment.at)
        case e.CaseReopened():
            kept = Review(
                asked_evidence=case.review.asked_evidence,
                handled=case.review.handled | {moment.by},
                uploaded=case.review.uploaded,
            )
            status = Status.DRAFT if case.confirmed else Status.OPENED
            again = enter(case, status, event.dues, review=kept, evidence=_still_good(case.evidence, moment.at))
            at_l2 = replace(again, tier_floor=higher(case.tier_floor, "L3" if event.complaint_id else "L2"))
            return ended(replace(at_l2, appealed_by=moment.by, closed_at=None, sla_runs=()), "reopen")
        case e.PartyChanged():
            changed_payee = event.what == "settlement_account"
            return replace(case, tier_floor=higher(case.tier_floor, "L2")) if changed_payee else case
        case _:
            assert_never(event)


def _still_good(evidence: Evidence, at: str) -> Evidence:
    """What a reopened case keeps: verified, unexpired documents and the count of rounds."""
    day = local_date(parse_time(at)).isoformat()
    good = tuple(doc for doc in evidence.documents if doc.stands(day))
    return replace(evidence, documents=good, asked=(), extended=False)


ReviewEvent = (
    e.FirstApproval | e.SecondApproval | e.ReviewReturned | e.RejectProposed | e.CaseRejected | e.ApprovalVoided
    | e.ReviewOverdue | e.DecisionLate
)  # fmt: skip


def _on_review(case: Case, event: ReviewEvent, moment: Moment) -> Case:
    review = case.review
    match event:
        case e.FirstApproval():
            first = fold_release.approval(moment.by, moment.at, 1, event)
            status = Status.APPROVED if event.final else Status.IN_REVIEW_2
            return _decided(enter(case, status, event.dues, review=replace(review, first=first, overdue=0)), moment.at)
        case e.SecondApproval():
            second = fold_release.approval(moment.by, moment.at, 2, event)
            return _decided(enter(case, Status.APPROVED, event.dues, review=replace(review, second=second)), moment.at)
        case e.ReviewReturned():
            return enter(case, Status.IN_REVIEW_1, event.dues, review=undecided(review))
        case e.RejectProposed():
            proposed = replace(undecided(review), rejection_by=moment.by, rejection=(event.reason_code, event.reason))
            return enter(case, Status.IN_REVIEW_2, event.dues, review=proposed)
        case e.CaseRejected():
            rejected = replace(review, rejection=(event.reason_code, event.reason))
            return closed(replace(case, review=rejected), Status.CLOSED_REJECTED, event.dues, moment.at)
        case e.ApprovalVoided():
            if event.items:
                asked = halted(ask_anew(case, event.items), moment.at)
                return enter(asked, Status.AWAITING_SUPPLEMENT, event.dues, review=undecided(review))
            runs = resumed(case, moment.at)
            return enter(case, Status.IN_REVIEW_1, event.dues, review=undecided(review), sla_runs=runs)
        case e.ReviewOverdue():
            return running(replace(case, review=replace(review, overdue=event.times)), event.dues)
        case e.DecisionLate():
            return ended(case, "promise")
        case _:
            assert_never(event)


def _decided(case: Case, at: str) -> Case:
    """The promised time ends with the final approval."""
    if case.status is not Status.APPROVED:
        return case
    return halted(case, at)


RecordEvent = (
    e.NoticeSent | e.MessageRecorded | e.CallbackIgnored | e.DiscrepancyFound | e.DiscrepancyResolved
    | e.CommandRefused
)  # fmt: skip


def _on_record(case: Case, event: RecordEvent, at: str) -> Case:
    match event:
        case e.NoticeSent():
            told = replace(case, owed=tuple(notice for notice in case.owed if notice.key != event.key))
            return ended(told, "freeze_notice") if event.notice == "freeze_notice" else told
        case e.DiscrepancyFound() if not event.message_ref:  # no partner's message, but our own order refused
            refused = RefusedEffect(event.source, event.step_key, event.claimed, at)
            return replace(case, refused=(*case.refused, refused))
        case e.DiscrepancyResolved():
            return replace(case, refused=tuple(one for one in case.refused if one.step_key != event.step_key))
        case e.MessageRecorded() | e.CallbackIgnored() | e.DiscrepancyFound() | e.CommandRefused():
            return case
        case _:
            assert_never(event)
