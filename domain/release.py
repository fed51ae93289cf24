"""Release: a saga of outside effects, each with its own key, journaled before and after.

Reserve the money, lift the risk rules, release in the ledger (the pivot), unblock the terminal, pay out, report, tell
the merchant, settle the payout. Before the pivot it is undone in reverse, after it only carried forward: a payout the
bank refuses asks for another account while the terminal stays live. An answer that does not come is asked for by key.
Source: transitions.csv (execute to payout_failed; K1 saga), timers.csv (execution_step, post_action).
"""

from __future__ import annotations

from domain import controls, deadlines, discrepancies, review
from domain.case import Case, Release, Status, Step, refusal_of
from domain.commands import (
    AnswerPayout,
    ApproveAccount,
    Asked,
    FailStep,
    FinishStep,
    LoseStep,
    NewAccount,
    RecordAccountCheck,
    RecordLimits,
    StartStep,
    UndoStep,
    Withdraw,
)
from domain.events import (
    ActionDone,
    ActionsRequired,
    Amounts,
    CallbackIgnored,
    CaseClosed,
    CaseWithdrawn,
    DiscrepancyFound,
    Event,
    ExecutionCompensated,
    ExecutionFailed,
    ExecutionStarted,
    LapseLifted,
    LimitsReduced,
    LimitsRestored,
    PayoutAccountApproved,
    PayoutAccountChecked,
    PayoutAccountNamed,
    PayoutAccountNeeded,
    PayoutAnswered,
    PlannedStep,
    PostActionsDone,
    ReleaseExecuted,
    StepDone,
    StepStarted,
    StepUndone,
    StepUnknown,
    WithdrawRequested,
)
from domain.four_eyes import part_of
from domain.policy import Policy
from domain.refusals import Refused, refuse

ACCOUNT_CHANGED = "account-changed"
"""Why a payout is not sent: the settlement account is no longer the one that was approved."""

UNDOES = {"reserve": "cancel_reservation", "lift_risk_rule": "reinstate_risk_rule"}
"""The steps that leave something to reverse, and what reverses them."""


def approved_amounts(case: Case) -> Amounts:
    """What the valid approval covers."""
    approval = case.review.second or case.review.first
    return approval.amounts if approval else Amounts()


def approved_since(case: Case) -> str:
    """The moment from which on nothing the approval rests on may have changed: when the first reviewer consented."""
    return case.review.first.at if case.review.first else ""


def approved_controls(case: Case) -> frozenset[str]:
    """The controls the valid approval covers: only these may go with the release."""
    approval = case.review.second or case.review.first
    return frozenset(approval.control_ids) if approval else frozenset()


def execute(case: Case, asked: Asked, policy: Policy) -> tuple[Event, ...] | Refused:
    """Look once more at documents, controls and account; then the merchant's actions, or the first step."""
    voided = review.void_for_expiry(case, asked, policy)
    if voided:
        return voided
    todo = tuple(action for action in actions_before(case, policy) if action not in case.actions_done)
    if todo and case.status is Status.PRE_RELEASE_ACTIONS:
        return refuse("already-done", what="actions_required")
    if todo:
        return (ActionsRequired(todo),)
    steps = plan(case)
    return (ExecutionStarted(steps, deadlines.for_step_alert(policy, asked.at, None)), StepStarted(steps[0].n))


def actions_before(case: Case, policy: Policy) -> tuple[str, ...]:
    return policy.reasons[case.reason_code].actions_before


def actions_after(case: Case, policy: Policy) -> tuple[str, ...]:
    return policy.reasons[case.reason_code].actions_after


def plan(case: Case) -> tuple[PlannedStep, ...]:
    """The steps this release takes, numbered on from the case's last one. Without money the first effect that cannot
    be undone is the pivot."""
    amounts = approved_amounts(case)
    going = set(controls.lifting(case.controls, amounts).lifted)
    lifted = [control for control in case.controls if control.control_id in going]
    names: list[tuple[str, str]] = []
    if amounts.total_fen:
        names.append(("reserve", ""))
    names += [("lift_risk_rule", c.control_id) for c in lifted if c.placed.source == "risk"]
    if amounts.total_fen:
        names.append(("ledger_release", ""))
    names += [("unblock_terminal", c.control_id) for c in lifted if "block" in c.enforced]
    if amounts.release_fen:
        names += [("book_payout", ""), ("pay_out", "")]
    names += [("report_status", ""), ("send_notice", "")]
    if amounts.release_fen:
        names.append(("settle_payout", ""))
    pivots = ("ledger_release",) if amounts.total_fen else ("unblock_terminal", "report_status")
    pivot = next(index for index, (name, _) in enumerate(names) if name in pivots)
    return numbered(case, names, pivot)


def numbered(case: Case, names: list[tuple[str, str]], pivot: int | None = None) -> tuple[PlannedStep, ...]:
    """Steps with the numbers and keys that follow the case's last one; a number is never used twice in a case."""
    first = case.release.last_n + 1
    return tuple(
        PlannedStep(n, name, f"{case.case_id}:step:{n}", subject, index == pivot)
        for index, (n, (name, subject)) in enumerate(enumerate(names, first))
    )


def next_step(case: Case) -> Step | None:
    """The step that may start now: the first planned one of the attempt, while nothing is in flight and nothing
    stops the release. Settling a payout waits for the bank's word."""
    release = case.release
    if case.status is not Status.EXECUTING or release.in_flight or (release.withdraw_reason and not release.past_pivot):
        return None
    step = next((step for step in release.attempt if step.state == "planned"), None)
    if step and step.name == "settle_payout" and release.payout not in {"confirmed", "bounced"}:
        return None
    return step


def started(case: Case) -> tuple[Event, ...]:
    """The start of the next step, when one may start."""
    step = next_step(case)
    return (StepStarted(step.n),) if step else ()


def start_step(case: Case, command: StartStep) -> tuple[Event, ...] | Refused:
    step = next_step(case)
    if step is None or step.n != command.n:
        return refuse("out-of-order", step=command.n)
    return (StepStarted(command.n),)


def _in_flight(case: Case, n: int) -> Step | None:
    step = case.release.in_flight
    return step if step and step.n == n else None


def is_stopped(case: Case) -> bool:
    """Whether a withdrawal or a legal order has stopped the release before its pivot: what did not take place by now
    is not to take place any more."""
    stopped = case.release.withdraw_reason is not None or case.status is Status.SUSPENDED_LEGAL
    return stopped and not case.release.past_pivot


def lose_step(case: Case, command: LoseStep) -> tuple[Event, ...] | Refused:
    step = _in_flight(case, command.n)
    if step is None or step.state == "unknown":
        return refuse("out-of-order", step=command.n)
    return (StepUnknown(command.n, command.why),)


def finished(case: Case, command: FinishStep) -> tuple[Event, ...] | Refused:
    """The step is done. What follows from it (`after_step`) is decided on the state with it."""
    step = _in_flight(case, command.n)
    if step is None:
        return refuse("out-of-order", step=command.n)
    return (StepDone(command.n, command.answer), *discrepancies.ended(case, step.planned.key))


def after_step(case: Case, asked: Asked, policy: Policy) -> tuple[Event, ...]:
    """What follows a step that was just done: the next start, the reversal a withdrawal asked for, or the end."""
    release = case.release
    if case.status is not Status.EXECUTING:
        return ()
    if release.withdraw_reason is not None and not release.past_pivot:
        return _fail(case, release.attempt[0].n, "withdrawn", asked, policy)
    if _to_do(release):
        return started(case)
    if release.payout in {"bounced", "account_needed", "account_named", "account_checked"}:
        return (PayoutAccountNeeded(ACCOUNT_CHANGED if release.answer == ACCOUNT_CHANGED else "bounced"),)
    return executed(case, asked, policy)


def _to_do(release: Release) -> bool:
    return any(step.state == "planned" for step in release.attempt)


def executed(case: Case, asked: Asked, policy: Policy) -> tuple[Event, ...]:
    """All effects took place: post-actions where the reason asks for them, otherwise the case closes. Under a legal
    order it waits for the authority; post-actions that an order interrupted keep their time."""
    if any(control.legal_hold for control in case.standing_controls):
        return (ReleaseExecuted(()),)
    if set(actions_after(case, policy)) - case.actions_done:
        interrupted = case.suspended_from is Status.POST_ACTIONS and case.release.executed
        return (ReleaseExecuted(() if interrupted else deadlines.for_post_actions(policy, asked.at)),)
    return (ReleaseExecuted(()), CaseClosed(deadlines.for_monitoring(policy, asked.at)))


def fail_step(case: Case, command: FailStep, asked: Asked, policy: Policy) -> tuple[Event, ...] | Refused:
    """A partner refused for good. Before the pivot everything done is reversed; after it a payout's refusal asks for
    another account, and any other is looked into while the step stays open."""
    step = _in_flight(case, command.n)
    if step is None:
        return refuse("out-of-order", step=command.n)
    if step.name == "pay_out":
        ref = f"refused:{step.planned.key}"
        told = answer_payout(case, AnswerPayout(step.planned.key, "bounced", ref, command.code))
        return (StepDone(command.n, f"refused:{command.code}"), *told)
    if case.release.past_pivot and refusal_of(case, step.planned.key):
        return refuse("already-done", what=step.name)
    if case.release.past_pivot:
        return (DiscrepancyFound(step.name, "", step.planned.key, "approved", command.code),)
    return _fail(case, command.n, command.code, asked, policy)


def _fail(case: Case, n: int, code: str, asked: Asked, policy: Policy) -> tuple[Event, ...]:
    failed = ExecutionFailed(n, code)
    still_done = [step for step in undoable(case) if step.n != n or code == "withdrawn"]
    if still_done or case.status is Status.SUSPENDED_LEGAL:
        return (failed,)
    return (failed, *compensated(case, asked, policy))


def undoable(case: Case) -> tuple[Step, ...]:
    """The done steps of the attempt that are to be reversed, last first."""
    return tuple(step for step in reversed(case.release.attempt) if step.state == "done" and step.name in UNDOES)


def undone(case: Case, command: UndoStep) -> tuple[Event, ...] | Refused:
    todo = undoable(case)
    if case.release.past_pivot or not todo or todo[0].n != command.n:
        return refuse("out-of-order", step=command.n)
    return (StepUndone(command.n, command.answer),)


def compensated(case: Case, asked: Asked, policy: Policy) -> tuple[Event, ...]:
    """Where the case goes once everything is reversed: back to review, or out when the merchant withdrew."""
    if case.release.withdraw_reason is not None:
        withdrawn = CaseWithdrawn(case.release.withdraw_reason, deadlines.for_reopening(policy, asked.at))
        return (ExecutionCompensated(withdrawn=True, dues=()), withdrawn)
    dues = (*deadlines.for_review(policy, 1, asked.at), *deadlines.for_promise(policy, case, asked.at))
    return (ExecutionCompensated(withdrawn=False, dues=dues),)


def withdraw(case: Case, command: Withdraw, asked: Asked, policy: Policy) -> tuple[Event, ...] | Refused:
    """Free until execution; then once the call in flight is resolved, and only before the pivot."""
    if case.status is not Status.EXECUTING:
        return (CaseWithdrawn(command.reason, deadlines.for_reopening(policy, asked.at)),)
    pivot = case.release.pivot
    if pivot is None or pivot.state != "planned":
        return refuse("past-pivot")
    if case.release.withdraw_reason is not None:
        return refuse("already-done", what="withdraw")
    return (WithdrawRequested(command.reason),)


def do_action(case: Case, action: str, ref: str, policy: Policy) -> tuple[Event, ...] | Refused:
    """An action the reason asks of the merchant, before the release or after it."""
    wanted = actions_before(case, policy) if case.status is Status.PRE_RELEASE_ACTIONS else actions_after(case, policy)
    if action not in wanted:
        return refuse("action-not-required")
    if action in case.actions_done:
        return refuse("already-done", what=action)
    return (ActionDone(action, ref),)


def after_action(case: Case, asked: Asked, policy: Policy) -> tuple[Event, ...]:
    """A case waiting for nothing else goes on: into the release, or to its close."""
    if case.status is Status.PRE_RELEASE_ACTIONS and not set(actions_before(case, policy)) - case.actions_done:
        decided = execute(case, asked, policy)
        return decided if isinstance(decided, tuple) else ()
    if case.status is Status.POST_ACTIONS and not set(actions_after(case, policy)) - case.actions_done:
        return _post_actions_done(case, asked, policy)
    return ()


def _post_actions_done(case: Case, asked: Asked, policy: Policy) -> tuple[Event, ...]:
    """What their lateness brought about goes with the last of them, whatever the payout still waits for; with the
    payout settled the case closes."""
    lifted = tuple(LapseLifted(control.control_id) for control in case.standing_controls if control.lapse)
    if case.release.payout not in {"none", "confirmed"}:
        return (PostActionsDone(), *lifted)
    return (PostActionsDone(), *lifted, CaseClosed(deadlines.for_monitoring(policy, asked.at)))


def limits_changed(case: Case, command: RecordLimits) -> tuple[Event, ...] | Refused:
    if case.limits_owed != command.limits:
        return refuse("already-done", what=f"limits {command.limits}")
    return (LimitsReduced(command.answer) if command.limits == "reduced" else LimitsRestored(command.answer),)


def lapse_id(case: Case) -> str:
    """The control that blocks the terminal again when post-actions stay undone."""
    return f"{case.case_id}:lapse"


def answer_payout(case: Case, command: AnswerPayout) -> tuple[Event, ...]:
    """The bank's word: counted once. The same again is noted; a contradiction goes to a person."""
    release = case.release
    paid = next((step for step in reversed(release.steps) if step.planned.key == command.step_key), None)
    known = case.messages_seen.get(command.step_key)
    if paid is None or paid.name != "pay_out" or paid.state == "planned":
        return (DiscrepancyFound("bank", command.message_ref, command.step_key, "no such payout", command.outcome),)
    if known == command.outcome:
        return (CallbackIgnored("bank", command.message_ref, command.step_key, command.outcome),)
    if known is not None:
        return (DiscrepancyFound("bank", command.message_ref, command.step_key, known, command.outcome),)
    return (PayoutAnswered(command.step_key, command.outcome, command.message_ref, command.reason),)


def new_account(case: Case, command: NewAccount) -> tuple[Event, ...] | Refused:
    if case.release.payout not in {"account_needed", "account_named", "account_checked"}:
        return refuse("no-account-needed")
    return (PayoutAccountNamed(command.account_ref),)


def account_checked(
    case: Case, command: RecordAccountCheck, asked: Asked, policy: Policy
) -> tuple[Event, ...] | Refused:
    if case.release.payout != "account_named":
        return refuse("no-account-needed")
    dues = deadlines.for_review(policy, 1, asked.at) if command.matches else ()
    return (PayoutAccountChecked(command.matches, command.finding, dues),)


def approve_account(case: Case, command: ApproveAccount, asked: Asked, policy: Policy) -> tuple[Event, ...] | Refused:
    """A changed payee needs four eyes: two different people consent before the money is sent again."""
    if case.release.payout == "account_needed":
        return refuse("no-account-needed")
    if case.release.payout != "account_checked":
        return refuse("account-not-checked")
    part = part_of(case, asked.by, 2 if case.release.account_first else 1)
    if part or asked.by.name == case.release.account_first:
        return refuse("four-eyes", name=asked.by.name, part=part or "reviewed first")
    roles = policy.tiers.roles("L2", 2 if case.release.account_first else 1)
    if not asked.by.has(*roles):
        return refuse("tier-not-allowed", tier="L2", roles=", ".join(roles))
    if case.release.account_first is None:
        return (PayoutAccountApproved(command.reason, (), ()),)
    steps = numbered(case, [("resend_payout", ""), ("pay_out", ""), ("settle_payout", "")])
    return (PayoutAccountApproved(command.reason, steps, deadlines.for_step_alert(policy, asked.at, None)),)
