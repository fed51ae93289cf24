"""Field service: a technician is sent where the reason offers it, and what was found opens the merchant's draft.

The desk books the visit and hears of it by messages: assigned, nobody there (once it is asked for again, the second
time it is cancelled), cancelled, done. An officer may record what was found, too: then the visit is called off, and so
it is when the case goes another way. A cancelled visit waits for an officer, who books another or records.
Source: transitions.csv (dispatch_field, field_done, P5); timers.csv, field_visit; features S3.35.
"""

from __future__ import annotations

import re
from typing import Literal

from domain import deadlines
from domain.business_time import parse_time
from domain.case import Case, Status, Visit
from domain.commands import AnswerVisit, Asked, BookVisit, CallOffVisit, DispatchField
from domain.events import (
    CallbackIgnored,
    DiscrepancyFound,
    Due,
    Event,
    FieldServiceDone,
    FieldServiceRequested,
    FieldVisitAnswered,
    FieldVisitBooked,
    FieldVisitCalledOff,
    FieldVisitLate,
    FieldVisitOrdered,
)
from domain.policy import Policy
from domain.refusals import Refused, refuse

ENDS = frozenset({"done", "cancelled"})
"""The words that end a visit; one contradicts the other."""


def visit_key(case: Case, n: int) -> str:
    """The idempotency key under which the case's `n`-th visit is booked; messages about it name it."""
    return f"{case.case_id}:visit:{n}"


def owed(case: Case) -> Literal["book", "hear", "call_off"] | None:
    """What there is to do about the visit now."""
    visit, awaited = case.visit, case.status is Status.AWAITING_FIELD
    if visit is None:
        return None
    if awaited and visit.state in {"wanted", "ordered"}:
        return "book"
    if not visit.is_open:
        return None
    return "hear" if awaited else "call_off"


def may_dispatch(case: Case, policy: Policy) -> bool:
    """Whether the reason offers field service, and no technician is on the way."""
    free = case.status is Status.REASON_CONFIRMED or (case.visit is not None and case.visit.state == "cancelled")
    return policy.reasons[case.reason_code].field_service and free


def dispatch_field(case: Case, command: DispatchField, policy: Policy) -> tuple[Event, ...] | Refused:
    if not policy.reasons[case.reason_code].field_service:
        return refuse("field-not-offered", reason=case.reason_code)
    if not may_dispatch(case, policy):
        return refuse("visit-under-way")
    return (FieldServiceRequested(command.note, command.place),)


def field_done(note: str, asked: Asked, policy: Policy) -> tuple[Event, ...]:
    """An officer records what was found."""
    return (FieldServiceDone(note, "", "", deadlines.for_evidence(policy, asked.at)),)


def order_visit(case: Case) -> tuple[Event, ...] | Refused:
    if owed(case) != "book" or case.visit is None or case.visit.state != "wanted":
        return refuse("already-done", what="visit")
    return (FieldVisitOrdered(case.visit.n),)


def book_visit(case: Case, command: BookVisit, asked: Asked, policy: Policy) -> tuple[Event, ...] | Refused:
    visit = case.visit
    if visit is None or visit.n != command.n or visit.state != "ordered":
        return refuse("already-done", what="visit")
    dues = deadlines.for_visit(policy, visit.place, asked.at) if owed(case) == "book" else ()
    return (FieldVisitBooked(visit.n, command.visit_ref, dues),)


def call_off_visit(case: Case, command: CallOffVisit) -> tuple[Event, ...] | Refused:
    if owed(case) != "call_off" or case.visit is None or case.visit.n != command.n:
        return refuse("already-done", what="visit")
    return (FieldVisitCalledOff(command.n, command.answer),)


def answer_visit(case: Case, command: AnswerVisit, asked: Asked, policy: Policy) -> tuple[Event, ...]:
    """Field service's word: each message counts once; what is older than what is known is only noted; a contradiction
    goes to a person."""
    visit, recorded = case.visit, contradicted(case, command)
    if recorded is not None:
        return (DiscrepancyFound("field", command.message_ref, command.step_key, recorded, command.outcome),)
    if visit is None or not _is_news(case, visit, command):
        return (CallbackIgnored("field", command.message_ref, command.step_key, command.outcome),)
    awaited = case.status is Status.AWAITING_FIELD
    dues: tuple[Due, ...] = ()
    promised = ""
    if awaited and command.outcome == "no_show":
        dues = deadlines.for_visit(policy, visit.place, asked.at)
    if command.outcome == "assigned":
        promised = command.slot_ends or _visit_due(case, visit, asked, policy)
    answered = FieldVisitAnswered(
        visit.n, command.outcome, command.message_ref, command.happened_at, command.visit_ref, command.result,
        promised, dues,
    )  # fmt: skip
    if not awaited or command.outcome != "done":
        return (answered,)
    ref = command.visit_ref or visit.ref
    return (answered, FieldServiceDone("", command.result, ref, deadlines.for_evidence(policy, asked.at)))


def contradicted(case: Case, command: AnswerVisit) -> str | None:
    """What is recorded against this word, if anything is."""
    visit = case.visit
    numbered = re.fullmatch(re.escape(visit_key(case, 0)[:-1]) + r"(\d+)", command.step_key)
    if visit is None or visit.state == "wanted" or numbered is None or int(numbered[1]) > visit.n:
        return "no such visit"
    known = visit.heard.get(command.message_ref)
    if known is not None:
        return known if known != command.outcome else None
    is_other_end = {visit.state, command.outcome} == ENDS and int(numbered[1]) == visit.n
    return visit.state if is_other_end else None


def _is_news(case: Case, visit: Visit, command: AnswerVisit) -> bool:
    if command.step_key != visit_key(case, visit.n) or not visit.is_open or command.message_ref in visit.heard:
        return False
    if command.outcome == visit.state == "assigned":
        return False
    return not visit.heard_at or parse_time(command.happened_at) >= parse_time(visit.heard_at)


def _visit_due(case: Case, visit: Visit, asked: Asked, policy: Policy) -> str:
    if "field_visit" in case.dues:
        return case.dues["field_visit"].due
    return next(due.due for due in deadlines.for_visit(policy, visit.place, asked.at) if due.name == "field_visit")


def late(case: Case, deadline: str) -> tuple[Event, ...] | Refused:
    """Field service let its time pass: the lead is told, and the case goes on waiting."""
    if case.visit is None:
        return refuse("not-due")
    return (FieldVisitLate(case.visit.n, deadline),)
