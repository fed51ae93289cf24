"""Controls on a terminal: what each wants outside, what it keeps, and which of them a release may lift.

A case never "unfreezes a terminal": it lifts named controls. A settlement hold moves money only in the ledger, a
transaction block touches only the terminal; a judicial freeze with an amount holds money, one without blocks.
Source: spec README, The cases; timers.csv, hold_rejustify.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from domain import deadlines
from domain.business_time import parse_time
from domain.case import Case, Control, Status, higher
from domain.commands import AddControl, Asked, RecordEnforcement, Rejustify
from domain.events import (
    Amounts,
    ApprovalVoided,
    ControlAttached,
    ControlEnforced,
    Due,
    Event,
    HoldRefused,
    HoldRejustified,
    PlacedControl,
    TerminalFrozen,
    TransactionsQuestioned,
)
from domain.policy import Policy
from domain.refusals import Refused, refuse

K1_KINDS = ("settlement_hold", "txn_block", "judicial_freeze")
"""The control kinds that open a freeze appeal."""


def blocks_terminal(kind: str, held_fen: int) -> bool:
    """Whether a control of this kind keeps the terminal from transacting."""
    return kind in {"txn_block", "suspension", "network_block"} or (kind == "judicial_freeze" and held_fen == 0)


def wanted(placed: PlacedControl) -> tuple[str, ...]:
    """The outside effects a control needs: `questions` from risk control, `hold` at the ledger, `block` at the
    terminal system."""
    effects = []
    if placed.source == "risk" and not placed.transactions:
        effects.append("questions")
    if placed.held_fen:
        effects.append("hold")
    if blocks_terminal(placed.kind, placed.held_fen):
        effects.append("block")
    return tuple(effects)


def freeze(
    case_id: str, placed: PlacedControl, merchant_no: str, merchant_type: str, asked: Asked, policy: Policy
) -> tuple[Event, ...] | Refused:
    """The first control on a terminal opens the case, under the policy of the day."""
    if not _for_this_kind(placed.reason_code, policy):
        return refuse("reason-not-for-kind", reason=placed.reason_code)
    dues = (*deadlines.for_freeze_notice(policy, asked.at), *_first_hold_due(placed, policy))
    return (TerminalFrozen(case_id, placed.terminal_sn, merchant_no, merchant_type, policy.version, placed, dues),)


def add_control(case: Case, command: AddControl, asked: Asked, policy: Policy) -> tuple[Event, ...] | Refused:
    """A further control joins the open case; approvals given before it no longer hold."""
    if not case.is_open:
        return refuse("case-closed")
    if not _for_this_kind(command.control.reason_code, policy):
        return refuse("reason-not-for-kind", reason=command.control.reason_code)
    attached = ControlAttached(command.control, _first_hold_due(command.control, policy))
    return (attached, *void_approvals(case, "control_added", command.control.control_id, asked, policy))


def void_approvals(case: Case, cause: str, subject: str, asked: Asked, policy: Policy) -> tuple[Event, ...]:
    """The events that void what was approved, when anything was and the release has not begun."""
    given = case.review.first or case.review.rejection_by
    before = {Status.IN_REVIEW_2, Status.APPROVED, Status.PRE_RELEASE_ACTIONS}
    if not given or case.status not in before:
        return ()
    dues = (*deadlines.for_review(policy, 1, asked.at), *deadlines.for_promise(policy, case, asked.at))
    return (ApprovalVoided(cause, subject, (), dues),)


def record_enforcement(case: Case, command: RecordEnforcement) -> tuple[Event, ...] | Refused:
    control = case.control(command.control_id)
    if control is None or command.effect in control.enforced:
        return refuse("already-done", what=f"{command.effect} {command.control_id}")
    if command.available_fen is not None:
        return (HoldRefused(command.control_id, command.available_fen),)
    enforced = ControlEnforced(command.control_id, command.effect)
    if command.effect == "questions":
        return (TransactionsQuestioned(command.control_id, command.transactions), enforced)
    return (enforced,)


def rejustify(case: Case, command: Rejustify, asked: Asked, policy: Policy) -> tuple[Event, ...] | Refused:
    """Someone other than who placed the hold finds that it must go on, for another 30 days."""
    due = [control for control in case.standing_controls if control.rejustify_tier]
    if not due and any(_to_dispose(control, asked, policy) for control in case.standing_controls):
        return refuse("must-dispose", days=policy.timers.hold_dispose_day)
    if not due:
        return refuse("no-hold-due")
    may = (one for one in due if asked.by.name != one.placed.placed_by and asked.by.has(*rejustify_roles(one, policy)))
    control = next(may, due[0])
    if asked.by.name == control.placed.placed_by:
        return refuse("four-eyes", name=asked.by.name, part="placed the control")
    roles = rejustify_roles(control, policy)
    if not asked.by.has(*roles):
        return refuse("tier-not-allowed", tier=control.rejustify_tier, roles=", ".join(roles))
    return (HoldRejustified(control.control_id, command.reason),)


def _to_dispose(control: Control, asked: Asked, policy: Policy) -> bool:
    """Whether the hold has stood its longest time, and its money may be disposed of."""
    disposable = policy.reasons[control.placed.reason_code].disposable
    return disposable and held_days(control, asked.at) >= policy.timers.hold_dispose_day


def rejustify_roles(control: Control, policy: Policy) -> tuple[str, ...]:
    """Who may justify a hold anew: first an officer, reviewer or supervisor, from day 90 the compliance head."""
    if control.rejustify_tier == policy.tiers.rejustify_late:
        return ("compliance_head",)
    return ("officer", "reviewer", "supervisor")


def tier_of(case: Case, policy: Policy, *, penalty_fen: int = 0, waived: bool | None = None) -> str:
    """The case's tier: the highest of its controls' reasons, the sum of its open holds and what was done in it."""
    waiver = bool(case.evidence.waived) if waived is None else waived
    penalty_fen = penalty_fen or (case.review.first.amounts.penalty_fen if case.review.first else 0)
    tier: str = case.tier_floor
    reasons = {case.reason_code, *(control.placed.reason_code for control in case.standing_controls)}
    for code in sorted(reasons & set(policy.reasons)):
        tier = higher(tier, policy.tier_of(code, case.remaining_fen, penalty_fen=penalty_fen, waived=waiver))
    return tier


@dataclass(frozen=True, slots=True)
class Lifting:
    """What a release of some total does to the controls: how much leaves each hold, and which controls go."""

    settled: tuple[tuple[str, int], ...]
    lifted: tuple[str, ...]


def lifting(controls: tuple[Control, ...], amounts: Amounts) -> Lifting:
    """Money leaves the holds in the order they were placed; a hold used up goes, one with a remainder stays, and a
    control without money goes. A legal hold placed in the case stays until it is lifted by itself."""
    left, settled, lifted = amounts.total_fen, [], []
    for control in controls:
        if control.lifted or control.legal_hold:
            continue
        part = min(control.remaining_fen, left)
        left -= part
        if part:
            settled.append((control.control_id, part))
        if part == control.remaining_fen:
            lifted.append(control.control_id)
    return Lifting(tuple(settled), tuple(lifted))


def settle(controls: tuple[Control, ...], release: Lifting) -> tuple[Control, ...]:
    """The controls after the ledger release."""
    parts = dict(release.settled)
    return tuple(replace(c, settled_fen=c.settled_fen + parts.get(c.control_id, 0)) for c in controls)


def disposable_fen(case: Case) -> int:
    """How much of what is held may be released, kept or claimed: all but what a legal order covers."""
    free = sum(control.remaining_fen for control in case.standing_controls if not control.legal_hold)
    return max(free - sum(control.covers_fen for control in case.standing_controls), 0)


def held_days(control: Control, now: str) -> int:
    """For how many whole days the control has stood."""
    return (parse_time(now) - parse_time(control.placed.placed_at)).days


def _for_this_kind(reason_code: str, policy: Policy) -> bool:
    reason = policy.reasons.get(reason_code)
    return reason is not None and "K1" in reason.case_kinds


def _first_hold_due(placed: PlacedControl, policy: Policy) -> tuple[Due, ...]:
    return deadlines.for_hold(placed.control_id, placed.placed_at, policy.timers.hold_rejustify_days)
