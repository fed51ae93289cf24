"""Legal holds: an authority's order stops a case wherever it stands, and only the authority's word lets it go on.

Before the pivot the order covers money that is already held. After it, money not yet paid out is held anew, and the
rest leaves only by a fresh L3 decision. Source: transitions.csv (judicial_hold, lift_legal_hold); spec README.
"""

from __future__ import annotations

from domain import deadlines, release
from domain.business_time import format_time, parse_time
from domain.case import Case
from domain.commands import Asked, LiftLegalHold, PlaceLegalHold
from domain.events import Event, LegalHoldLifted, LegalHoldPlaced, PlacedControl, PlannedStep
from domain.policy import Policy
from domain.refusals import Refused, refuse


def place_legal_hold(case: Case, command: PlaceLegalHold, asked: Asked, policy: Policy) -> tuple[Event, ...] | Refused:
    """Compliance enters the order: its instrument, and the amount it names."""
    refused = _instrument(case, command.document_id)
    if refused:
        return refused
    if not case.is_open:
        return refuse("case-closed")
    if command.reason_code not in policy.reasons or not command.reason_code.startswith("J"):
        return refuse("reason-not-for-kind", reason=command.reason_code)
    control_id = f"{case.case_id}:legal:{sum(c.legal_hold for c in case.controls) + 1}"
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
    return (LegalHoldPlaced(placed, command.document_id, dues),)


def lift_legal_hold(case: Case, command: LiftLegalHold, asked: Asked, policy: Policy) -> tuple[Event, ...] | Refused:
    """The same authority's instrument lifts the order. Before the pivot every approval is void."""
    refused = _instrument(case, command.document_id)
    if refused:
        return refused
    held = next(control for control in case.standing_controls if control.legal_hold)
    if case.release.in_flight:
        return refuse("out-of-order", step=case.release.in_flight.n)
    if case.release.past_pivot:
        return (LegalHoldLifted(held.control_id, command.document_id, _left_to_do(case), ()),)
    if release.undoable(case):
        return refuse("out-of-order", step=release.undoable(case)[0].n)
    dues = deadlines.for_review(policy, 1, asked.at)
    return (LegalHoldLifted(held.control_id, command.document_id, (), dues),)


def _instrument(case: Case, document_id: str) -> Refused | None:
    document = case.document(document_id)
    if document is None or document.doc_type != "D24":
        return refuse("instrument-needed")
    return None


def _left_to_do(case: Case) -> tuple[PlannedStep, ...]:
    """After the pivot: what the order held anew is released in the ledger first, then the rest of the plan."""
    held = next(control for control in case.standing_controls if control.legal_hold)
    planned = [(s.name, s.planned.subject) for s in case.release.attempt if s.state == "planned"]
    anew = [("release_legal_hold", held.control_id)] if "hold" in held.enforced else []
    return release.numbered(case, anew + planned)
