"""What happens when a deadline passes. Silence never approves or releases: it reminds, reassigns, voids or closes.

Source: spec timers.csv, on_expiry. A command names the due time it fires for, so a late timer is harmless.
"""

from __future__ import annotations

from domain import controls, deadlines, evidence, field, release
from domain.business_time import parse_time
from domain.case import Case, Control
from domain.commands import Asked, PassDeadline
from domain.events import (
    ApprovalVoided,
    CaseExpired,
    DecisionLate,
    DisposalDue,
    Due,
    Event,
    EvidenceReminded,
    FreezeNoticeLate,
    HoldRejustifyDue,
    ManualCheck,
    MonitoringEnded,
    PlacedControl,
    PostActionLapsed,
    PostActionOverdue,
    PostActionReminded,
    ReopenWindowEnded,
    ReviewOverdue,
    StepDelayed,
)
from domain.four_eyes import level_of
from domain.policy import Policy
from domain.refusals import Refused, refuse


def pass_deadline(case: Case, command: PassDeadline, asked: Asked, policy: Policy) -> tuple[Event, ...] | Refused:
    """The event a passed deadline becomes; a deadline that moved or has not come is refused without effect."""
    due = case.dues.get(command.name)
    if due is None or due.due != command.due or parse_time(asked.at) < parse_time(due.due):
        return refuse("not-due")
    kind, _, detail = command.name.partition(":")
    match kind:
        case "freeze_notice":
            return (FreezeNoticeLate(due.due),)
        case "evidence_reminder":
            return (EvidenceReminded(int(detail)),)
        case "evidence" | "supplement":
            return (CaseExpired(kind, deadlines.for_reopening(policy, asked.at)),)
        case "field_accept" | "field_visit":
            return field.late(case, kind)
        case "auto_check":
            return evidence.defer_checks(asked, policy)
        case "manual_check":
            return (ManualCheck((*deadlines.for_review(policy, 1, asked.at), *_promise(case, asked, policy))),)
        case "promise":
            return (DecisionLate(due.due),)
        case "review":
            return _review_overdue(case, asked, policy)
        case "approval":
            dues = (*deadlines.for_review(policy, 1, asked.at), *_promise(case, asked, policy))
            return (ApprovalVoided("validity_over", due.due, (), dues),)
        case "hold":
            return _hold_due(case, case.control(detail), asked, policy)
        case "step_alert":
            return _step_delayed(case, asked, policy)
        case "post_action_reminder":
            return (PostActionReminded(int(detail)),)
        case "post_action":
            return (PostActionOverdue(release.actions_after(case, policy)),)
        case "post_action_lapse":
            return (PostActionLapsed(_lapse(case, asked)),)
        case "monitoring":
            return (MonitoringEnded("nothing found"),)
        case "reopen":
            return (ReopenWindowEnded(due.due),)
    raise AssertionError(f"no rule for the deadline {command.name!r}")


def _promise(case: Case, asked: Asked, policy: Policy) -> tuple[Due, ...]:
    return deadlines.for_promise(policy, case, asked.at)


def _review_overdue(case: Case, asked: Asked, policy: Policy) -> tuple[Event, ...]:
    level = level_of(case)
    dues = deadlines.for_review(policy, level, asked.at)
    return (ReviewOverdue(level, case.review.overdue + 1, dues),)


def _hold_due(case: Case, control: Control | None, asked: Asked, policy: Policy) -> tuple[Event, ...] | Refused:
    """Every 30 days a hold is justified anew, from day 90 at L3; on day 180 it is to be disposed of, except where the
    money is not the institution's to dispose of."""
    if control is None or control.lifted:
        return refuse("not-due")
    timers, day = policy.timers, controls.held_days(control, asked.at)
    following = deadlines.next_hold_day(policy, control, asked.at)
    dues = deadlines.for_hold(control.control_id, control.placed.placed_at, following)
    if day >= timers.hold_dispose_day and policy.reasons[control.placed.reason_code].disposable:
        review = deadlines.for_review(policy, 1, asked.at) if _reviewed_again(case) else ()
        disposal = DisposalDue(control.control_id, day, (*dues, *review))
        return (disposal, *controls.void_approvals(case, "disposal_due", control.control_id, asked, policy))
    tier = policy.tiers.rejustify_late if day >= timers.hold_l3_from_day else policy.tiers.rejustify
    return (HoldRejustifyDue(control.control_id, day, tier, dues),)


def _reviewed_again(case: Case) -> bool:
    """Whether the disposal takes a closed case up again for review (one never confirmed is confirmed first)."""
    return not case.is_open and case.confirmed


def _step_delayed(case: Case, asked: Asked, policy: Policy) -> tuple[Event, ...]:
    started = next((s for s in case.release.attempt if s.state != "done"), case.release.attempt[0])
    days = (parse_time(asked.at) - parse_time(case.since)).days
    return (StepDelayed(started.n, days, deadlines.for_step_alert(policy, asked.at, days)),)


def _lapse(case: Case, asked: Asked) -> PlacedControl:
    """The block that stands until the merchant has done what the release asked for."""
    return PlacedControl(
        control_id=release.lapse_id(case),
        kind="txn_block",
        reason_code=case.reason_code,
        held_fen=0,
        scope=("all",),
        source="system",
        external_ref=release.lapse_id(case),
        placed_by=asked.by.name,
        placed_at=asked.at,
        terminal_sn=case.terminal_sn,
    )
