"""Events of field service: a technician is sent, comes, does not come, and what was found."""

from __future__ import annotations

from dataclasses import dataclass

from domain.events.values import Due


@dataclass(frozen=True, slots=True)
class FieldServiceRequested:
    """A technician is sent to look at terminal and shop, in a city or far out (`rural`); the merchant's time stands
    still."""

    note: str
    place: str


@dataclass(frozen=True, slots=True)
class FieldVisitOrdered:
    """The desk begins to book the case's next visit (the first is number 1) with field service."""

    visit: int


@dataclass(frozen=True, slots=True)
class FieldVisitBooked:
    """Field service took the order, under a reference of its own."""

    visit: int
    visit_ref: str
    dues: tuple[Due, ...]


@dataclass(frozen=True, slots=True)
class FieldVisitAnswered:
    """Field service's word on a visit: assigned (the technician comes until `promised`), no_show (nobody was there, it
    comes once more), cancelled, or done with a `result`: done, beyond_repair or swapped. `dues` run anew."""

    visit: int
    outcome: str
    message_ref: str
    happened_at: str
    visit_ref: str
    result: str
    promised: str
    dues: tuple[Due, ...]


@dataclass(frozen=True, slots=True)
class FieldVisitLate:
    """Field service has neither accepted (`field_accept`) nor come (`field_visit`) in time."""

    visit: int
    deadline: str


@dataclass(frozen=True, slots=True)
class FieldVisitCalledOff:
    """A visit that is no longer needed was called off; `answer` is what field service said to it."""

    visit: int
    answer: str


@dataclass(frozen=True, slots=True)
class FieldServiceDone:
    """The visit is over; the merchant's time to prove starts. By the technician's report (`visit_ref`, `result`), or
    as an officer recorded it, who has neither."""

    note: str
    result: str
    visit_ref: str
    dues: tuple[Due, ...]
