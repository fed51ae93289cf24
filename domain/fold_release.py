"""Folding the release: the saga's steps, the payout, legal holds, post-actions and the close."""

from __future__ import annotations

from dataclasses import replace
from typing import assert_never

from domain import events as e
from domain.case import Approval, Case, Control, Release, Status, Step
from domain.controls import lifting, settle
from domain.events import Amounts
from domain.folding import closed, control_of, ended, enter, halted, resumed, running, undecided, with_control
from domain.release import approved_amounts, approved_controls

ReleaseEvent = (
    e.ActionsRequired | e.ActionDone | e.ExecutionStarted | e.StepStarted | e.StepDone | e.StepUnknown | e.StepDelayed
    | e.ExecutionFailed | e.StepUndone | e.ExecutionCompensated | e.WithdrawRequested | e.CaseWithdrawn
    | e.PayoutAnswered | e.PayoutAccountNeeded | e.PayoutAccountNamed | e.PayoutAccountChecked | e.PayoutAccountApproved
    | e.ReleaseExecuted | e.PostActionReminded | e.PostActionOverdue | e.LimitsReduced | e.PostActionLapsed
    | e.LapseLifted | e.PostActionsDone | e.LimitsRestored | e.CaseClosed | e.LegalHoldPlaced | e.LegalHoldLifted
    | e.RemainderProposed | e.RemainderReleased | e.MonitoringEnded | e.ReopenWindowEnded
)  # fmt: skip


def approval(by: str, at: str, level: int, event: e.FirstApproval | e.SecondApproval) -> Approval:
    return Approval(by, at, level, event.seen, event.amounts, event.control_ids)


def evolve(case: Case, event: ReleaseEvent, *, at: str, by: str) -> Case:
    match event:
        case (
            e.ExecutionStarted() | e.StepStarted() | e.StepDone() | e.StepUnknown() | e.StepDelayed()
            | e.ExecutionFailed() | e.StepUndone() | e.ExecutionCompensated()
        ):  # fmt: skip
            return _on_steps(case, event, at)
        case (
            e.PayoutAnswered() | e.PayoutAccountNeeded() | e.PayoutAccountNamed() | e.PayoutAccountChecked()
            | e.PayoutAccountApproved()
        ):  # fmt: skip
            return _on_payout(case, event, by)
        case e.LegalHoldPlaced() | e.LegalHoldLifted() | e.RemainderProposed() | e.RemainderReleased():
            return _on_legal(case, event, at=at, by=by)
        case _:
            return _on_ends(case, event, at)


StepsEvent = (
    e.ExecutionStarted | e.StepStarted | e.StepDone | e.StepUnknown | e.StepDelayed | e.ExecutionFailed
    | e.StepUndone | e.ExecutionCompensated
)  # fmt: skip


def _on_steps(case: Case, event: StepsEvent, at: str) -> Case:
    release = case.release
    match event:
        case e.ExecutionStarted():
            steps = (*release.steps, *(Step(planned) for planned in event.steps))
            amounts = approved_amounts(case)
            fresh = Release(steps=steps, first=event.steps[0].n, payout_fen=amounts.release_fen)
            return enter(case, Status.EXECUTING, event.dues, release=fresh, suspended_from=None)
        case e.StepStarted():
            return replace(case, release=_marked(release, event.n, "started"))
        case e.StepUnknown():
            return replace(case, release=_marked(release, event.n, "unknown"))
        case e.StepDone():
            return _took_effect(case, event)
        case e.StepDelayed():
            return running(case, event.dues)
        case e.StepUndone():
            return replace(case, release=_marked(release, event.n, "undone"))
        case e.ExecutionFailed():
            failed = replace(_failed(release, event), failed=event.code)
            stopped = replace(_order_covers(case), release=failed)
            suspended = case.status is Status.SUSPENDED_LEGAL
            return ended(stopped if suspended else enter(stopped, Status.COMPENSATING), "step_alert")
        case e.ExecutionCompensated():
            review = undecided(case.review)
            back = replace(case, release=replace(release, withdraw_reason=None))
            runs = case.sla_runs if event.withdrawn else resumed(case, at)
            return enter(back, Status.IN_REVIEW_1, event.dues, review=review, sla_runs=runs)
        case _:
            assert_never(event)


def _marked(release: Release, n: int, state: str, answer: str = "") -> Release:
    steps = tuple(replace(s, state=state, answer=answer or s.answer) if s.n == n else s for s in release.steps)
    return replace(release, steps=steps)


def _failed(release: Release, event: e.ExecutionFailed) -> Release:
    """The refused step had no effect; a withdrawal stops between steps and refuses none."""
    return release if event.code == "withdrawn" else _marked(release, event.n, "undone")


def _order_covers(case: Case) -> Case:
    """A legal order that came while the ledger release was in flight covers held money after all, as it failed."""
    turned = tuple(
        replace(c, covers_fen=c.placed.held_fen, held_fen=0, wants=()) if c.legal_hold and not c.enforced else c
        for c in case.controls
    )
    return replace(case, controls=turned)


def _took_effect(case: Case, event: e.StepDone) -> Case:
    release = _marked(case.release, event.n, "done", event.answer)
    step = next(step for step in release.steps if step.n == event.n)
    done = replace(case, release=release)
    match step.name:
        case "ledger_release":
            done = _money_left(done)
        case "unblock_terminal":
            done = with_control(done, step.planned.subject, lambda c: replace(c, lifted=True))
        case "release_legal_hold":
            freed = next(c for c in case.controls if c.control_id == step.planned.subject).remaining_fen
            done = with_control(done, step.planned.subject, lambda c: replace(c, settled_fen=c.held_fen, lifted=True))
            done = _plus(done, Amounts(release_fen=freed))
        case "pay_out" if step.planned.key not in done.messages_seen:  # the bank's word may come before our own record
            done = replace(done, release=replace(done.release, payout="sent"))
    return _holds_end(_unblocked_lift(done) if step.planned.pivot else done)


def _money_left(case: Case) -> Case:
    amounts = approved_amounts(case)
    return _plus(replace(case, controls=settle(case.controls, lifting(case.controls, amounts))), amounts)


def _plus(case: Case, amounts: Amounts) -> Case:
    total = Amounts(
        case.settled.release_fen + amounts.release_fen,
        case.settled.penalty_fen + amounts.penalty_fen,
        case.settled.claims_fen + amounts.claims_fen,
    )
    return replace(case, settled=total)


def _unblocked_lift(case: Case) -> Case:
    """At the pivot, controls that keep no money and no block are lifted; a blocking one waits for its unblocking."""
    waiting = {s.planned.subject for s in case.release.attempt if s.name == "unblock_terminal" and s.state != "done"}
    going = approved_controls(case) - waiting
    none_left = {c.control_id for c in case.controls if c.control_id in going and not c.remaining_fen}
    return replace(
        case, controls=tuple(replace(c, lifted=c.lifted or c.control_id in none_left) for c in case.controls)
    )


def _holds_end(case: Case) -> Case:
    """The case without the deadlines of controls that are lifted: nobody has to justify them any more."""
    kept = {c.control_id for c in case.controls if not c.lifted}
    dues = {n: d for n, d in case.dues.items() if not n.startswith("hold:") or n.removeprefix("hold:") in kept}
    return case if len(dues) == len(case.dues) else replace(case, dues=dues)


PayoutEvent = (
    e.PayoutAnswered | e.PayoutAccountNeeded | e.PayoutAccountNamed | e.PayoutAccountChecked | e.PayoutAccountApproved
)


def _on_payout(case: Case, event: PayoutEvent, by: str) -> Case:
    release = case.release
    match event:
        case e.PayoutAnswered():
            seen = {**case.messages_seen, event.step_key: event.outcome}
            answered = replace(release, payout=event.outcome, answer=event.reason)
            return replace(case, messages_seen=seen, release=answered)
        case e.PayoutAccountNeeded():
            needed = replace(release, payout="account_needed", bounces=release.bounces + 1, account_first=None)
            return ended(enter(case, Status.POST_ACTIONS, release=needed), "step_alert")
        case e.PayoutAccountNamed():
            named = replace(release, payout="account_named", account_ref=event.account_ref, account_first=None)
            review = replace(case.review, uploaded=case.review.uploaded | {by})
            return ended(replace(case, release=named, review=review), "review")
        case e.PayoutAccountChecked():
            standing = "account_checked" if event.matches else "account_needed"
            return running(replace(case, release=replace(release, payout=standing)), event.dues)
        case e.PayoutAccountApproved() if not event.steps:
            return replace(case, release=replace(release, account_first=by))
        case e.PayoutAccountApproved():
            steps = (*release.steps, *(Step(planned) for planned in event.steps))
            return enter(case, Status.EXECUTING, event.dues, release=replace(release, steps=steps, payout="resending"))
        case _:
            assert_never(event)


LegalEvent = e.LegalHoldPlaced | e.LegalHoldLifted | e.RemainderProposed | e.RemainderReleased


def _on_legal(case: Case, event: LegalEvent, *, at: str, by: str) -> Case:
    release = case.release
    match event:
        case e.LegalHoldPlaced():
            return _suspended(case, event, at)
        case e.LegalHoldLifted():
            lifted = replace(_order_gone(case, event.control_id), remainder_proposed_by=None)
            if release.past_pivot:
                return enter(lifted, Status.EXECUTING, event.dues, release=_going_on(release, event.steps))
            review = undecided(case.review)
            if not case.confirmed:
                return enter(lifted, Status.OPENED, event.dues, review=review, tier_floor="L3")
            runs = resumed(case, at)
            return enter(lifted, Status.IN_REVIEW_1, event.dues, review=review, sla_runs=runs, tier_floor="L3")
        case e.RemainderProposed():
            return replace(case, remainder_proposed_by=by)
        case e.RemainderReleased():
            return enter(replace(case, remainder_proposed_by=None), Status.EXECUTING, event.dues)
        case _:
            assert_never(event)


def _order_gone(case: Case, control_id: str) -> Case:
    """The order no longer stands. What it holds or blocks by itself is let go by steps of the release after the pivot;
    before it, it is a control like any other from now on."""

    def gone(control: Control) -> Control:
        nothing_left = not control.remaining_fen and "block" not in control.enforced
        return replace(control, lifted=nothing_left, legal_hold=False, covers_fen=0, rejustify_tier=None)

    lifted = with_control(case, control_id, gone)
    kept = control_id in {control.control_id for control in lifted.standing_controls}
    return lifted if kept and not case.release.past_pivot else ended(lifted, f"hold:{control_id}")


def _going_on(release: Release, planned: tuple[e.PlannedStep, ...]) -> Release:
    """The release with what is left to do after an order; a payout among it pays what the order kept back, besides
    what was not yet sent."""
    steps = tuple(step for step in release.steps if step.state != "planned")
    steps += tuple(Step(step) for step in planned)
    going = replace(release, steps=steps, withheld_fen=0)
    if "pay_out" not in {step.name for step in planned}:
        return going
    if release.payout in {"none", "resending"}:
        return replace(going, payout_fen=release.payout_fen + release.withheld_fen)
    return replace(going, payout_fen=release.withheld_fen, payout="none")


def _suspended(case: Case, event: e.LegalHoldPlaced, at: str) -> Case:
    """Before the pivot the order covers what is held; once the release is under way or done it holds anew, out of the
    payout as far as that has not begun."""
    release = case.release
    pivot = release.pivot
    control = replace(control_of(event.control), legal_hold=True, authority=event.authority)
    if pivot is None or pivot.state not in {"started", "unknown", "done"}:
        control = replace(control, covers_fen=event.control.held_fen, held_fen=0, wants=())
    elif not release.payout_begun:
        anew = min(event.control.held_fen, release.payout_fen)
        control = replace(control, held_fen=anew)
        release = replace(release, payout_fen=release.payout_fen - anew, withheld_fen=release.withheld_fen + anew)
    held = replace(halted(case, at), controls=(*case.controls, control), suspended_from=case.status)
    stopped = ended(replace(held, remainder_proposed_by=None), "step_alert")
    return enter(stopped, Status.SUSPENDED_LEGAL, event.dues, release=release)


EndsEvent = (
    e.ActionsRequired | e.ActionDone | e.WithdrawRequested | e.CaseWithdrawn | e.ReleaseExecuted
    | e.PostActionReminded | e.PostActionOverdue | e.LimitsReduced | e.PostActionLapsed | e.LapseLifted
    | e.PostActionsDone | e.LimitsRestored | e.CaseClosed | e.MonitoringEnded | e.ReopenWindowEnded
)  # fmt: skip


def _on_ends(case: Case, event: EndsEvent, at: str) -> Case:
    match event:
        case e.ActionsRequired():
            validity = tuple(due for due in case.dues.values() if due.name == "approval")
            return enter(case, Status.PRE_RELEASE_ACTIONS, validity)
        case e.ActionDone():
            return replace(case, actions_done=case.actions_done | {event.action})
        case e.WithdrawRequested():
            return replace(case, release=replace(case.release, withdraw_reason=event.reason))
        case e.CaseWithdrawn():
            return closed(case, Status.CLOSED_WITHDRAWN, event.dues, at)
        case e.ReleaseExecuted():
            executed = replace(case, release=replace(case.release, executed=True))
            ordered = any(control.legal_hold for control in case.standing_controls)
            status = Status.SUSPENDED_LEGAL if ordered else Status.POST_ACTIONS
            return ended(enter(executed, status, event.dues), "step_alert")
        case e.PostActionReminded():
            return ended(case, f"post_action_reminder:{event.day}")
        case e.PostActionOverdue():
            return ended(replace(case, post_overdue=True), "post_action")
        case e.LimitsReduced():
            return replace(case, limits="reduced")
        case e.PostActionLapsed():
            control = replace(control_of(event.control), lapse=True)
            lapsed = replace(case, controls=(*case.controls, control))
            return ended(lapsed, "post_action_lapse")
        case e.LapseLifted():
            return with_control(case, event.control_id, lambda c: replace(c, lifted=True))
        case e.PostActionsDone():
            dues = {name: due for name, due in case.dues.items() if not name.startswith("post_action")}
            return replace(case, post_done=True, dues=dues)
        case e.LimitsRestored():
            return replace(case, limits="restored")
        case e.CaseClosed():
            return closed(case, Status.CLOSED_RELEASED, event.dues, at)
        case e.MonitoringEnded():
            return ended(replace(case, monitored=True), "monitoring")
        case e.ReopenWindowEnded():
            return ended(case, "reopen")
        case _:
            assert_never(event)
