"""Which notice each event owes, to whom, and with which facts. The words are templates elsewhere.

Every decision is told to the merchant in their words, with the way to appeal or complain. A secret reason is never
named: its facts are those of a routine review, because templates only ever get the public reason.
Source: spec README, What must always hold 7 and 11; timers.csv.
"""

from __future__ import annotations

from domain import events as e
from domain.actors import MERCHANT_SIDE
from domain.case import Case, OwedNotice, Status

URGENT = frozenset({"freeze_notice", "control_added", "legal_hold", "case_closed"})
"""Notices of a freeze or a release: sent at any hour, with what stands before them."""


def owed_for(case: Case, event: e.Event, position: int) -> tuple[OwedNotice, ...]:
    """The notices `event` owes; `case` is the state after it, `position` its place in the stream."""
    return tuple(
        OwedNotice(f"{case.case_id}:notice:{position}:{audience}", notice, audience, tuple(facts.items()))
        for notice, audience, facts in _owed(case, event)
    )


_Owed = tuple[str, str, dict[str, str]]


def _owed(case: Case, event: e.Event) -> tuple[_Owed, ...]:
    match event:
        case e.TerminalFrozen():
            return (("freeze_notice", "merchant", {"held_fen": str(event.control.held_fen)}),)
        case e.ControlAttached():
            return (("control_added", "merchant", {"held_fen": str(event.control.held_fen)}),)
        case e.ReasonConfirmed():
            return (("reason_confirmed", "merchant", _due(case, "evidence")),)
        case e.FieldVisitAnswered():
            return _visit(event)
        case e.FieldVisitLate():
            return (("visit_late", "lead", {}),)
        case e.FieldServiceDone() if event.visit_ref:
            return (("visit_done", "merchant", _due(case, "evidence")),)
        case e.EvidenceReminded():
            return (("evidence_reminder", "merchant", _due(case, "evidence")),)
        case e.CaseSubmitted() | e.EvidenceResubmitted():
            return (("submitted", "merchant", _due(case, "promise")),)
        case e.SupplementRequested():
            return (("supplement_requested", "merchant", _due(case, "supplement")),)
        case e.ApprovalVoided() if event.items:
            return (("supplement_requested", "merchant", _due(case, "supplement")),)
        case e.CheckDeferred():
            return (("check_delayed", "merchant", {}),)
        case e.CaseExpired():
            return (("expired", "merchant", _due(case, "reopen")),)
        case e.CaseRejected():
            return (("rejected", "merchant", {"rejected_for": event.public_code, **_due(case, "reopen")}),)
        case e.CaseWithdrawn():
            return (("withdrawn", "merchant", _due(case, "reopen")),)
        case e.CaseReopened():
            return (("reopened", "merchant", _due(case, "evidence")),)
        case e.ActionsRequired():
            return (("actions_required", "merchant", {"actions": ",".join(event.actions), **_due(case, "approval")}),)
        case e.StepDelayed():
            if event.days:
                return (("step_delayed", "operations", {"days": str(event.days)}),)
            return (("release_delayed", "merchant", {}), ("step_delayed", "operations", {"days": "0"}))
        case e.ExecutionFailed() if event.code != "withdrawn":
            return (("execution_failed", "operations", {"code": event.code}),)
        case e.PayoutAccountNeeded():
            return (("payout_account_needed", "merchant", {"why": event.reason}),)
        case e.PayoutAccountChecked() if not event.matches:
            return (("payout_account_refused", "merchant", {}),)
        case e.AgreementIssued() if case.status is Status.POST_ACTIONS:
            return (("agreement_ready", "merchant", _due(case, "post_action")),)
        case e.AgreementAnswered() if event.outcome in {"declined", "withdrawn"}:
            return (("agreement_declined", "lead", {}),)
        case e.PostActionReminded() | e.PostActionOverdue() | e.PostActionLapsed():
            return ((_post_action(event), "merchant", _due(case, "post_action")),)
        case e.CaseClosed():
            return (("case_closed", "merchant", {}),)
        case e.LegalHoldPlaced():
            return (("legal_hold", "merchant", {}),)
        case e.ReviewOverdue() | e.DecisionLate():
            return (("review_late", "lead", {}),)
        case e.FreezeNoticeLate():
            return (("freeze_notice_late", "lead", {}),)
        case e.HoldRejustifyDue() | e.DisposalDue():
            return (("hold_due", "lead", {"day": str(event.day)}),)
        case e.HoldRefused():
            return (("hold_refused", "operations", {"available_fen": str(event.available_fen)}),)
        case e.CommandRefused() if event.author.partition(":")[0] in MERCHANT_SIDE:
            return (("command_refused", "merchant", {"command": event.command}),)
        case e.DiscrepancyFound() if not event.message_ref:
            return (("effect_refused", "operations", {"effect": event.source, "code": event.claimed}),)
        case e.DiscrepancyFound():
            return (("discrepancy", "operations", {"source": event.source}),)
        case _:
            return ()


def _visit(event: e.FieldVisitAnswered) -> tuple[_Owed, ...]:
    match event.outcome:
        case "assigned":
            return (("visit_arranged", "merchant", {"due": event.promised}),)
        case "no_show":
            return (("visit_missed", "merchant", {}),)
        case "cancelled":
            return (("visit_cancelled", "merchant", {}), ("visit_to_rebook", "lead", {}))
        case _:
            return ()


def _post_action(event: e.PostActionReminded | e.PostActionOverdue | e.PostActionLapsed) -> str:
    match event:
        case e.PostActionReminded():
            return "post_action_reminder"
        case e.PostActionOverdue():
            return "post_action_overdue"
        case e.PostActionLapsed():
            return "post_action_lapsed"


def _due(case: Case, name: str) -> dict[str, str]:
    due = case.dues.get(name)
    return {"due": due.due} if due else {}
