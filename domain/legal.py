"""Legal holds: an authority's order stops a case wherever it stands, and only the authority's word lets it go on.

Before the pivot the order covers money that is already held. After it, money not yet paid out is held anew, and the
rest leaves only by a fresh L3 decision. Source: transitions.csv (judicial_hold, lift_legal_hold); spec README.
"""

from __future__ import annotations

from domain import deadlines, release
from domain.business_time import format_time, parse_time
from domain.case import Case, Control
from domain.commands import Asked, LiftLegalHold, PlaceLegalHold
from domain.events import Authority, Event, LegalHoldLifted, LegalHoldPlaced, PlacedControl, PlannedStep
from domain.policy import Policy
from domain.refusals import Refused, refuse


def place_legal_hold(case: Case, command: PlaceLegalHold, asked: Asked, policy: Policy) -> tuple[Event, ...] | Refused:
    """Compliance enters the order: its instrument, and the amount it names."""
    refused = _instrument(case, command.document_id)
    if refused:
        return refused
    if not case.is_open:
        return refuse("case-closed")
    if _standing_order(case):
        return refuse("legal-hold")
    if command.amount_fen < 0:
        return refuse("amount-below-zero")
    reason = policy.reasons.get(command.reason_code)
    if reason is None or not reason.code.startswith("J") or not reason.disclosable:  # the merchant is told of it
        return refuse("reason-not-for-kind", reason=command.reason_code)
    control_id = f"{case.case_id}:legal:{sum(c.placed.kind == 'judicial_freeze' for c in case.controls) + 1}"
    placed = PlacedControl(
        control_id=control_id,
        kind="judicial_freeze",
        reason_code=command.reason_code,
        held_fen=command.amount_fen,
        scope=("all",),
        source="court",
        external_ref=command.document_id,
        placed_by=asked.by.name,
        placed_at=format_time(parse_time(asked.at)),
        terminal_sn=case.terminal_sn,
    )
    dues = deadlines.for_hold(control_id, placed.placed_at, policy.timers.hold_rejustify_days)
    return (LegalHoldPlaced(placed, command.document_id, command.authority, dues),)


def lift_legal_hold(case: Case, command: LiftLegalHold, asked: Asked, policy: Policy) -> tuple[Event, ...] | Refused:
    """The same authority's instrument lifts the order. Before the pivot every approval is void."""
    refused = _instrument(case, command.document_id)
    if refused:
        return refused
    order = _standing_order(case)
    assert order is not None, "suspended without an order"
    refused = _of_another(order, command.authority)
    if refused:
        return refused
    if case.release.in_flight:
        return refuse("out-of-order", step=case.release.in_flight.n)
    if not order.in_force:
        return refuse("controls-not-enforced")
    if case.release.past_pivot:
        dues = deadlines.for_step_alert(policy, asked.at, None)
        steps = _left_to_do(case, order)
        return (LegalHoldLifted(order.control_id, command.document_id, command.authority, steps, dues),)
    if release.undoable(case):
        return refuse("out-of-order", step=release.undoable(case)[0].n)
    dues = ()
    if case.confirmed:
        dues = (*deadlines.for_review(policy, 1, asked.at), *deadlines.for_promise(policy, case, asked.at))
    return (LegalHoldLifted(order.control_id, command.document_id, command.authority, (), dues),)


def _standing_order(case: Case) -> Control | None:
    return next((control for control in case.standing_controls if control.legal_hold), None)


def _instrument(case: Case, document_id: str) -> Refused | None:
    document = case.document(document_id)
    if document is None or document.doc_type != "D24":
        return refuse("instrument-needed")
    return None


def _of_another(order: Control, lifting: Authority | None) -> Refused | None:
    """Whether someone else than who ordered it would lift it. An order entered without its authority is held against
    nobody: the compliance head answers for the instrument."""
    ordered = order.authority
    if ordered is None:
        return None
    if lifting is None:
        return refuse("authority-needed", ordered=ordered.name)
    if not ordered.is_same_as(lifting):
        return refuse("another-authority", ordered=ordered.name, lifting=lifting.name)
    return None


def _left_to_do(case: Case, order: Control) -> tuple[PlannedStep, ...]:
    """After the pivot: what the order holds or blocks by itself is let go first, then the rest of the plan. What it
    kept back from a payout that has gone out meanwhile is paid out by itself."""
    anew = [("release_legal_hold", order.control_id)] if order.remaining_fen else []
    anew += [("unblock_terminal", order.control_id)] if "block" in order.enforced else []
    planned = [(s.name, s.planned.subject) for s in case.release.attempt if s.state == "planned"]
    if case.release.withheld_fen and "pay_out" not in {name for name, _ in planned}:
        planned += [("book_payout", ""), ("pay_out", ""), ("settle_payout", "")]
    return release.numbered(case, anew + planned)
