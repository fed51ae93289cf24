"""Field service: booked by the desk, told of by its messages, recorded by hand where need be. Spec: transitions.csv
(dispatch_field, field_done, P5); timers.csv, field_visit."""

from __future__ import annotations

from datetime import timedelta

import pytest

from domain import commands as c
from domain.business_time import format_time
from domain.case import Status
from domain.events import (
    CallbackIgnored,
    DiscrepancyFound,
    FieldServiceDone,
    FieldServiceRequested,
    FieldVisitAnswered,
    FieldVisitBooked,
    FieldVisitCalledOff,
    FieldVisitLate,
    FieldVisitOrdered,
)
from domain.field import owed, visit_key
from domain.listing import allowed_commands
from domain.waiting import waiting_on
from tests.domain.appeals import Appeal
from tests.domain.specification import MERCHANT, OFFICER, POLICY, Outcome, Past, in_shanghai, like


@pytest.fixture(scope="module")
def sent() -> Past:
    """An attacked terminal: a technician is sent."""
    past = Appeal.of("S02").reason_confirmed()
    return past.when(c.DispatchField("altered software"), by=OFFICER).then(like(FieldServiceRequested, place="city"))


@pytest.fixture(scope="module")
def booked(sent: Past) -> Past:
    past = sent.when(c.OrderVisit()).then(FieldVisitOrdered(1))
    return past.when(c.BookVisit(1, "V-1")).then(like(FieldVisitBooked, visit_ref="V-1"))


def says(past: Past, outcome: str, ref: str = "", *, n: int = 1, ago: timedelta = timedelta(), **more: str) -> Outcome:
    """Field service's word on the `n`-th visit, on what happened so long ago."""
    at = format_time(past.clock - ago)
    ref = ref or f"M-{outcome}-{past.clock:%H%M}"
    word = c.AnswerVisit(visit_key(past.case, n), outcome, ref, at, "V-1", **more)  # type: ignore[arg-type]
    return past.when(word)


def told(past: Past) -> set[tuple[str, str]]:
    return {(owed.notice, owed.audience) for owed in past.case.owed if owed.notice.startswith("visit")}


def test_a_visit_is_booked_once_and_has_its_time(booked: Past) -> None:
    dues = {name: in_shanghai(due.due) for name, due in booked.case.dues.items() if name.startswith("field")}
    assert dues == {"field_accept": in_shanghai(_hours(booked, 4)), "field_visit": "2026-11-05 00:00"}
    assert owed(booked.case) == "hear"
    booked.when(c.OrderVisit()).then("already-done")
    booked.when(c.BookVisit(1, "V-2")).then("already-done")


def _hours(past: Past, hours: int) -> str:
    return format_time(past.clock + timedelta(hours=hours))


def test_far_out_a_technician_has_longer(sent: Past) -> None:
    past = Appeal.of("R06").reason_confirmed().when(c.DispatchField("", "rural"), by=OFFICER).accepted
    past = past.when(c.OrderVisit()).accepted.when(c.BookVisit(1, "V-1")).accepted
    assert in_shanghai(past.case.dues["field_visit"].due) == "2026-11-10 00:00"


def test_an_accepted_visit_is_promised_to_the_merchant(booked: Past) -> None:
    past = says(booked, "assigned").then(like(FieldVisitAnswered, promised=booked.case.dues["field_visit"].due))
    assert "field_accept" not in past.case.dues
    assert told(past) == {("visit_arranged", "merchant")}
    by_appointment = says(booked, "assigned", slot_ends="2026-11-03T04:00:00.000000+00:00").accepted
    assert by_appointment.case.visit is not None
    assert by_appointment.case.visit.promised == "2026-11-03T04:00:00.000000+00:00"


def test_what_the_technician_found_opens_the_draft(booked: Past) -> None:
    past = says(says(booked, "assigned").accepted, "done", result="done")
    after = past.then(FieldVisitAnswered, like(FieldServiceDone, visit_ref="V-1", result="done")).now(Status.DRAFT)
    assert "evidence" in after.case.dues
    assert not {name for name in after.case.dues if name.startswith("field")}
    assert ("visit_done", "merchant") in told(after)
    assert owed(after.case) is None


def test_when_nobody_is_there_it_is_asked_for_again_and_in_the_end_an_officer_decides(booked: Past) -> None:
    past = says(says(booked, "assigned").accepted, "no_show").accepted
    assert "field_accept" in past.case.dues
    assert ("visit_missed", "merchant") in told(past)
    past = says(says(past, "assigned", "M-2").accepted, "cancelled").accepted.now(Status.AWAITING_FIELD)
    assert {("visit_cancelled", "merchant"), ("visit_to_rebook", "lead")} <= told(past)
    assert waiting_on(past.case, POLICY).who == "officer"
    assert "dispatch_field" in allowed_commands(past.case, OFFICER, POLICY)
    again = past.when(c.DispatchField("mornings only"), by=OFFICER).then(FieldServiceRequested)
    again = again.when(c.OrderVisit()).then(FieldVisitOrdered(2)).when(c.BookVisit(2, "V-2")).accepted
    says(again, "done", n=1).then(CallbackIgnored)
    assert says(again, "done", n=2, result="done").accepted.case.status is Status.DRAFT


def test_no_second_technician_is_sent_while_one_is_on_the_way(booked: Past) -> None:
    booked.when(c.DispatchField(), by=OFFICER).then("visit-under-way")
    assert "dispatch_field" not in allowed_commands(booked.case, OFFICER, POLICY)


def test_an_officer_may_record_what_was_found_and_the_visit_is_called_off(sent: Past, booked: Past) -> None:
    by_hand = booked.when(c.FieldDone("seen by our own people"), by=OFFICER)
    past = by_hand.then(like(FieldServiceDone, visit_ref="")).now(Status.DRAFT)
    assert owed(past.case) == "call_off"
    assert not told(past)
    past = past.when(c.CallOffVisit(1, "cancelled")).then(FieldVisitCalledOff(1, "cancelled"))
    assert owed(past.case) is None
    says(past, "done").then(CallbackIgnored)
    never_ordered = sent.when(c.FieldDone(), by=OFFICER).accepted
    assert owed(never_ordered.case) is None


def test_a_case_that_goes_another_way_calls_its_visit_off(booked: Past) -> None:
    past = booked.when(c.Withdraw("not worth it"), by=MERCHANT).accepted
    assert owed(past.case) == "call_off"
    assert not past.case.finished


def test_each_message_counts_once_and_a_contradiction_goes_to_a_person(booked: Past) -> None:
    assigned = says(booked, "assigned", "M-1").accepted
    says(assigned, "assigned", "M-1").then(CallbackIgnored)
    says(assigned, "cancelled", "M-1").then(like(DiscrepancyFound, recorded="assigned", claimed="cancelled"))
    cancelled = says(assigned, "cancelled", "M-2").accepted
    says(cancelled, "done", "M-3").then(like(DiscrepancyFound, recorded="cancelled"))
    says(cancelled, "assigned", "M-4").then(CallbackIgnored)


def test_a_message_that_comes_late_changes_nothing(booked: Past) -> None:
    missed = says(says(booked, "assigned").accepted, "no_show").accepted
    says(missed, "assigned", "M-late", ago=timedelta(hours=1)).then(CallbackIgnored)


def test_a_word_on_a_visit_nobody_booked_is_a_discrepancy(sent: Past, appeal_in_draft: Past) -> None:
    for past in (sent, appeal_in_draft):
        says(past, "done").then(like(DiscrepancyFound, recorded="no such visit"))


@pytest.mark.parametrize("name", ["field_accept", "field_visit"])
def test_field_service_that_lets_its_time_pass_is_told_to_the_lead(booked: Past, name: str) -> None:
    past = booked.when_due(name).then(FieldVisitLate(1, name)).now(Status.AWAITING_FIELD)
    assert ("visit_late", "lead") in told(past)
    assert name not in past.case.dues
