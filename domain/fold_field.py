"""Folding what field service did: which visit there is, how far it is, and what the merchant was promised."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, assert_never

from domain import events as e
from domain.case import Case, Status, Visit
from domain.folding import ended, enter, handled, running

FieldEvent = (
    e.FieldServiceRequested | e.FieldVisitOrdered | e.FieldVisitBooked | e.FieldVisitAnswered | e.FieldVisitLate
    | e.FieldVisitCalledOff | e.FieldServiceDone
)  # fmt: skip


def evolve(case: Case, event: FieldEvent, *, by: str) -> Case:
    """The case after `event`, which was the act of the user `by`."""
    match event:
        case e.FieldServiceRequested():
            visit = Visit(case.visit.n + 1 if case.visit else 1, event.place, event.note)
            return enter(handled(case, by), Status.AWAITING_FIELD, visit=visit)
        case e.FieldServiceDone():
            return enter(handled(case, by), Status.DRAFT, event.dues)
        case e.FieldVisitOrdered():
            return _visit(case, state="ordered")
        case e.FieldVisitBooked():
            return running(_visit(case, state="booked", ref=event.visit_ref), event.dues)
        case e.FieldVisitAnswered():
            return running(_answered(case, event), event.dues)
        case e.FieldVisitLate():
            return ended(case, event.deadline)
        case e.FieldVisitCalledOff():
            return _visit(case, state="called_off")
        case _:
            assert_never(event)


_STATES = {"no_show": "missed"}
_DONE_WITH = {
    "assigned": ("field_accept",),
    "cancelled": ("field_accept", "field_visit"),
    "done": ("field_accept", "field_visit"),
}
"""The deadlines each word ends."""


def _answered(case: Case, event: e.FieldVisitAnswered) -> Case:
    assert case.visit is not None, "a word on a visit nobody asked for is a discrepancy"
    heard = {**case.visit.heard, event.message_ref: event.outcome}
    state = _STATES.get(event.outcome, event.outcome)
    ref = event.visit_ref or case.visit.ref
    after = _visit(case, state=state, ref=ref, promised=event.promised, heard=heard, heard_at=event.happened_at)
    for name in _DONE_WITH.get(event.outcome, ()):
        after = ended(after, name)
    return after


def _visit(case: Case, **changes: Any) -> Case:
    assert case.visit is not None
    return replace(case, visit=replace(case.visit, **changes))
