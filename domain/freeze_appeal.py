"""Freeze appeal (K1, 冻结申诉): risk control froze a terminal, and the merchant asks for it to be lifted.

The rule. A control freezes the terminal and opens the case. An officer confirms the reason; the checklist follows from
it. The merchant (or an agent, or an officer for them) opens the appeal, files documents and submits. The machine
checks what it can read; a clear failure goes back, a doubt goes to a person. Reviewers decide: alone at L0 and L1, two
of them at L2, supervisor and compliance head at L3. A release lifts named controls: reserve, lift the risk rules,
release in the ledger (the pivot), unblock, pay out, report, tell. What the reason asks of the merchant comes before or
after. Then the terminal is watched for a while. Withdrawal is free until the release begins; a legal order stops
everything; silence never approves.

    opened → reason_confirmed → draft → submitted → in_review_1 (→ in_review_2) → approved → executing
           → (post_actions) → closed_released                    and the ways back and out

Source: spec transitions.csv, rows K* and K1. The parts say the details: `controls`, `evidence`, `field`, `four_eyes`,
`review`, `release`, `agreement`, `legal`, `timeouts`; `fold` is what each event makes of the state.
"""

from __future__ import annotations

from typing import assert_never

from domain import agreement, controls, deadlines, discrepancies, evidence, field, legal, release, review, timeouts
from domain import commands as c
from domain.actors import MERCHANT_SIDE
from domain.case import Case, Status
from domain.commands import NAMES, PEOPLES, Asked, Command
from domain.events import (
    CaseReopened,
    CommandRefused,
    Event,
    MessageRecorded,
    NoticeSent,
    PartyChanged,
    PayoutAnswered,
)
from domain.fold import Moment, evolve
from domain.policy import Policy
from domain.refusals import Refused, refuse

Decision = tuple[Event, ...] | Refused

COMPLAINT_HANDLERS = ("supervisor", "compliance_head")
"""Who answers complaints, and may have a case reopened by the answer."""
REOPENED_FROM = PEOPLES["reopen"].when


def decide(case: Case, command: Command, asked: Asked, policy: Policy) -> Decision:
    """The events a command leads to, or why it is refused. Checked in this order: role, version, status, the rules."""
    return refusal(case, command, asked) or _decide(case, command, asked, policy)


def refusal(case: Case, command: Command, asked: Asked) -> Refused | None:
    """The refusal of a person's command that is out of turn: the wrong role, an old version, the wrong status."""
    name = NAMES.get(type(command))
    if name is None:
        return None
    turn = PEOPLES[name]
    if not asked.by.has(*turn.roles):
        return refuse("role-not-allowed", command=name, roles=", ".join(turn.roles))
    if asked.by.merchant_no != case.merchant_no and set(asked.by.roles) <= MERCHANT_SIDE:
        return refuse("not-your-merchant")
    if asked.seen is not None and asked.seen != case.version:
        return refuse("stale-version", now=case.version, seen=asked.seen)
    if case.status not in turn.when:
        return refuse("wrong-status", status=case.status, command=name, when=", ".join(sorted(turn.when)))
    return None


def _decide(case: Case, command: Command, asked: Asked, policy: Policy) -> Decision:
    match command:
        case c.AddControl():
            return controls.add_control(case, command, asked, policy)
        case c.ConfirmReason():
            return evidence.confirm_reason(case, command, asked, policy)
        case c.OpenAppeal():
            return evidence.open_appeal(command.statement_ref, asked)
        case c.DispatchField():
            return field.dispatch_field(case, command, policy)
        case c.FieldDone():
            return field.field_done(command.note, asked, policy)
        case c.AddDocument():
            return evidence.add_document(case, command, asked)
        case c.ExtendEvidence():
            return evidence.extend_evidence(case, asked, policy)
        case c.Submit():
            return evidence.submit(case, command, asked, policy)
        case c.Resubmit():
            return evidence.resubmit(case, command, asked, policy)
        case c.Withdraw():
            return release.withdraw(case, command, asked, policy)
        case c.Reopen():
            return reopen(case, command, asked, policy)
        case c.OrderReopening():
            return order_reopening(case, command, asked, policy)
        case c.JudgeDocument():
            return evidence.judge_document(case, command, asked, policy)
        case c.Waive():
            return evidence.waive(case, command, asked, policy)
        case c.RequestSupplement():
            return evidence.request_supplement(case, command, asked, policy)
        case c.Approve():
            return _with_start(case, review.approve(case, command, asked, policy), asked)
        case c.Reject():
            return review.reject(case, command, asked, policy)
        case c.ReturnReview():
            return review.return_review(case, command, asked, policy)
        case c.Rejustify():
            return controls.rejustify(case, command, asked, policy)
        case c.PlaceLegalHold():
            return legal.place_legal_hold(case, command, asked, policy)
        case c.LiftLegalHold():
            return _goes_on(case, legal.lift_legal_hold(case, command, asked, policy), asked, policy)
        case c.ResetCredentials():
            return _act(case, "reset_credentials", "", asked, policy)
        case c.SignAgreement():
            return _act(case, agreement.ACTION, command.signature_ref, asked, policy)
        case c.RenewAgreement():
            return agreement.ask_anew(case, policy)
        case c.NewAccount():
            return release.new_account(case, command)
        case c.ApproveAccount():
            return _with_start(case, release.approve_account(case, command, asked, policy), asked)
        case c.PostMessage():
            return (MessageRecorded(command.audience, command.text_ref),)
        case c.ChangeParty():
            return change_party(case, command, asked, policy)
        case (
            c.PassDeadline() | c.RecordEnforcement() | c.RecordChecks() | c.DeferChecks() | c.ResumeChecks()
            | c.Execute() | c.StartStep() | c.FinishStep() | c.LoseStep() | c.FailStep() | c.UndoStep()
            | c.OrderVisit() | c.BookVisit() | c.AnswerVisit() | c.CallOffVisit()
            | c.OrderAgreement() | c.IssueAgreement() | c.AnswerAgreement() | c.CountSignature() | c.CallOffAgreement()
            | c.AnswerPayout() | c.RecordAccountCheck() | c.RecordLimits() | c.RecordNotice() | c.RecordRefusal()
            | c.ReportRefusal() | c.SettleRefusal()
        ):  # fmt: skip
            return _proceed(case, command, asked, policy)
        case _:
            assert_never(command)


_Procedure = (
    c.PassDeadline | c.RecordEnforcement | c.RecordChecks | c.DeferChecks | c.ResumeChecks | c.Execute | c.StartStep
    | c.FinishStep | c.LoseStep | c.FailStep | c.UndoStep | c.OrderVisit | c.BookVisit | c.AnswerVisit
    | c.CallOffVisit | c.OrderAgreement | c.IssueAgreement | c.AnswerAgreement | c.CountSignature | c.CallOffAgreement
    | c.AnswerPayout | c.RecordAccountCheck | c.RecordLimits
    | c.RecordNotice | c.RecordRefusal | c.ReportRefusal | c.SettleRefusal
)  # fmt: skip


def _proceed(case: Case, command: _Procedure, asked: Asked, policy: Policy) -> Decision:
    match command:
        case c.PassDeadline():
            return timeouts.pass_deadline(case, command, asked, policy)
        case c.RecordEnforcement():
            return controls.record_enforcement(case, command)
        case c.RecordChecks():
            return _only(case, Status.SUBMITTED) or evidence.record_checks(case, command, asked, policy)
        case c.DeferChecks():
            return _only(case, Status.SUBMITTED) or evidence.defer_checks(asked, policy)
        case c.ResumeChecks():
            return _only(case, Status.PENDING_CHECK) or evidence.resume_checks(case, asked, policy)
        case c.Execute():
            return _only(case, Status.APPROVED) or release.execute(case, asked, policy)
        case c.StartStep():
            return release.start_step(case, command)
        case c.FinishStep():
            return _finish(case, release.finished(case, command), asked, policy)
        case c.LoseStep():
            return release.lose_step(case, command)
        case c.FailStep():
            return _finish(case, release.fail_step(case, command, asked, policy), asked, policy)
        case c.UndoStep():
            return _undo(case, command, asked, policy)
        case c.OrderVisit():
            return field.order_visit(case)
        case c.BookVisit():
            return field.book_visit(case, command, asked, policy)
        case c.AnswerVisit():
            return field.answer_visit(case, command, asked, policy)
        case c.CallOffVisit():
            return field.call_off_visit(case, command)
        case c.OrderAgreement():
            return agreement.order(case, policy)
        case c.IssueAgreement():
            return agreement.issue(case, command)
        case c.AnswerAgreement():
            return _counted(case, agreement.answer(case, command, policy), asked, policy)
        case c.CountSignature():
            return _counted(case, (), asked, policy) or refuse("already-done", what=agreement.ACTION)
        case c.CallOffAgreement():
            return agreement.call_off(case, command, policy)
        case c.AnswerPayout():
            return _with_start(case, release.answer_payout(case, command), asked)
        case c.RecordAccountCheck():
            return release.account_checked(case, command, asked, policy)
        case c.RecordLimits():
            return release.limits_changed(case, command)
        case c.RecordNotice():
            return _record_notice(case, command)
        case c.RecordRefusal():
            return (CommandRefused(command.command, command.code, command.author),)
        case c.ReportRefusal():
            return discrepancies.reported(case, command)
        case c.SettleRefusal():
            return discrepancies.settled(case, command)
        case _:
            assert_never(command)


def reopen(case: Case, command: c.Reopen, asked: Asked, policy: Policy) -> Decision:
    """Within 30 days a closed appeal may be taken up again while a control is on, except where the law forbids it. One
    whose reason nobody confirmed gets it confirmed first."""
    if not review.reopenable(case, policy):
        return refuse("not-reopenable")
    if "reopen" not in case.dues:
        return refuse("reopen-window-over", days=policy.timers.reopen_days)
    if not case.standing_controls:
        return refuse("nothing-held-on")
    dues = deadlines.for_evidence(policy, asked.at) if case.confirmed else ()
    return (CaseReopened(command.statement_ref, evidence.on_behalf(asked), dues, ""),)


def order_reopening(case: Case, command: c.OrderReopening, asked: Asked, policy: Policy) -> Decision:
    """A complaint that was upheld has a closed appeal taken up again at L3, also after the merchant's own 30 days, but
    not where the law forbids it or nothing is held on."""
    if not asked.by.has(*COMPLAINT_HANDLERS):
        return refuse("role-not-allowed", command="order_reopening", roles=", ".join(COMPLAINT_HANDLERS))
    if case.status not in REOPENED_FROM:
        when = ", ".join(sorted(REOPENED_FROM))
        return refuse("wrong-status", status=case.status, command="order_reopening", when=when)
    if not review.reopenable(case, policy):
        return refuse("not-reopenable")
    if not case.standing_controls:
        return refuse("nothing-held-on")
    dues = deadlines.for_evidence(policy, asked.at) if case.confirmed else ()
    return (CaseReopened(command.statement_ref, on_behalf=True, dues=dues, complaint_id=command.complaint_id),)


def change_party(case: Case, command: c.ChangeParty, asked: Asked, policy: Policy) -> Decision:
    """The merchant's data changed; approvals given on the old ones are void."""
    if not case.is_open:
        return refuse("case-closed")
    return (PartyChanged(command.what), *controls.void_approvals(case, "party_changed", command.what, asked, policy))


def after(case: Case, events: tuple[Event, ...], asked: Asked) -> Case:
    """The state once `events` have happened, to decide what follows from them."""
    moment = Moment(0, asked.at, asked.by.name)
    for event in events:
        case = evolve(case, event, moment)
    return case


def _only(case: Case, status: Status) -> Refused | None:
    if case.status is status:
        return None
    return refuse("wrong-status", status=case.status, command="this step", when=status)


def _with_start(case: Case, decision: Decision, asked: Asked) -> Decision:
    """A decision that may carry the release on: the next step's start is part of it."""
    if isinstance(decision, Refused):
        return decision
    return (*decision, *release.started(after(case, decision, asked)))


def _finish(case: Case, decision: Decision, asked: Asked, policy: Policy) -> Decision:
    """A step that ended, and what follows at once: "done n, started n + 1" is one append."""
    if isinstance(decision, Refused):
        return decision
    state = after(case, decision, asked)
    if any(isinstance(event, PayoutAnswered) for event in decision):
        return (*decision, *release.started(state))
    return _goes_on(case, decision, asked, policy)


def _goes_on(case: Case, decision: Decision, asked: Asked, policy: Policy) -> Decision:
    """A decision after which the release goes on with its next step, or is at its end."""
    if isinstance(decision, Refused):
        return decision
    state = after(case, decision, asked)
    if state.status is not Status.EXECUTING or state.release.in_flight:
        return decision
    return (*decision, *release.after_step(state, asked, policy))


def _undo(case: Case, command: c.UndoStep, asked: Asked, policy: Policy) -> Decision:
    decision = release.undone(case, command)
    if isinstance(decision, Refused):
        return decision
    state = after(case, decision, asked)
    if state.status is Status.COMPENSATING and not release.undoable(state):
        return (*decision, *release.compensated(state, asked, policy))
    return decision


def _act(case: Case, action: str, ref: str, asked: Asked, policy: Policy) -> Decision:
    decision = release.do_action(case, action, ref, policy)
    if isinstance(decision, Refused):
        return decision
    return (*decision, *release.after_action(after(case, decision, asked), asked, policy))


def _counted(case: Case, events: tuple[Event, ...], asked: Asked, policy: Policy) -> tuple[Event, ...]:
    """What was heard of the agreement; a signature that is waited for is the action done."""
    state = after(case, events, asked)
    if agreement.owed(state, policy) != "count" or state.agreement is None:
        return events
    done = _act(state, agreement.ACTION, state.agreement.signature_ref, asked, policy)
    return events if isinstance(done, Refused) else (*events, *done)


def _record_notice(case: Case, command: c.RecordNotice) -> Decision:
    if not any(notice.key == command.key for notice in case.owed):
        return refuse("already-done", what=command.key)
    return (NoticeSent(command.key, command.notice, command.channel, command.receipt, command.delivered_at),)
