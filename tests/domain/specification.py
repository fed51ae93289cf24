"""The words in which the tests of the rules are written: given what happened, when someone asks, then this follows.

    given(appeal_awaiting_second_review).when(Approve(...), by=REVIEWER_2).then(SecondApproval).now(Status.APPROVED)

Everything goes through the real `decide`, is sealed, written as JSON, read back and folded. Times are Shanghai's.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any

import policies
from domain.actors import SYSTEM, Actor
from domain.business_time import SHANGHAI, format_time, parse_time
from domain.case import Case, Status
from domain.commands import NAMES, PEOPLES, Asked, Command, PassDeadline
from domain.events import Event
from domain.freeze_appeal import decide
from domain.policy import Policy
from domain.refusals import Refused
from domain.stream import Entry, first_break, seal
from domain.wire import History, decode, drafts

POLICY: Policy = policies.load("2026-11-01")
CASE_ID = "FA-20261102-TESTCASE"
MERCHANT_NO = "898310148160001"
FIRST_MOMENT = "2026-11-02 10:00"
A_LITTLE = timedelta(minutes=5)

OFFICER = Actor("officer1", ("officer",))
OFFICER_2 = Actor("officer2", ("officer",))
REVIEWER_1 = Actor("reviewer1", ("reviewer",))
REVIEWER_2 = Actor("reviewer2", ("reviewer",))
REVIEWER_3 = Actor("reviewer3", ("reviewer",))
SUPERVISOR = Actor("supervisor1", ("supervisor",))
COMPLIANCE = Actor("compliance1", ("compliance_head",))
COMPLIANCE_2 = Actor("compliance2", ("compliance_head",))
AUDITOR = Actor("auditor1", ("auditor",))
ENGINEER = Actor("engineer1", ("engineer",))
ROBOT = Actor("robot1", ("robot",))
MERCHANT = Actor("merchant1", ("merchant",), MERCHANT_NO)
AGENT = Actor("agent1", ("agent",), MERCHANT_NO)
OTHER_MERCHANT = Actor("merchant9", ("merchant",), "898310148160009")


def moment(text: str) -> datetime:
    """`2026-11-13 10:00`, as a clock in Shanghai shows it."""
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def rfc3339(text: str) -> str:
    return format_time(moment(text))


def in_shanghai(at: str) -> str:
    """A written time as a clock in Shanghai shows it."""
    return parse_time(at).astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")


@dataclass(frozen=True)
class Like:
    """An event of this type whose named fields have these values."""

    type: type[Any]
    values: dict[str, Any]

    def matches(self, event: Event) -> bool:
        return type(event) is self.type and all(getattr(event, name) == value for name, value in self.values.items())


def like(type: type[Any], **values: Any) -> Like:  # noqa: A002 — reads best so
    known = {field.name for field in fields(type)}
    assert values.keys() <= known, f"{type.__name__} has no {sorted(values.keys() - known)}"
    return Like(type, values)


Expected = str | type[Any] | Like | Event


@dataclass(frozen=True)
class Past:
    """What has happened in a case up to a moment."""

    history: History
    entries: tuple[Entry, ...]
    clock: datetime

    @property
    def case(self) -> Case:
        return self.history.case

    @property
    def events(self) -> tuple[Event, ...]:
        return tuple(decode(entry.type, entry.form, entry.data) for entry in self.entries)

    def last(self, type: type[Any]) -> Any:  # noqa: A002
        """The newest event of this type."""
        return next(event for event in reversed(self.events) if isinstance(event, type))

    def count(self, type: type[Any]) -> int:  # noqa: A002
        return sum(isinstance(event, type) for event in self.events)

    def now(self, status: Status) -> Past:
        assert self.case.status is status
        return self

    def when(
        self,
        command: Command,
        *,
        by: Actor = SYSTEM,
        at: str | None = None,
        seen: int | None = None,
        again: bool = False,
    ) -> Outcome:
        """Someone asks: a little later than what happened last, or `at` a time; having `seen` a version of the case.
        `again` is the same time as last."""
        clock = moment(at) if at else self.clock + (timedelta() if again else A_LITTLE)
        asked = Asked(f"command-{len(self.entries)}-{clock:%m%d%H%M%S%f}", by, format_time(clock), seen)
        decision = decide(self.case, command, asked, POLICY)
        events = decision.events if isinstance(decision, Refused) else decision
        return Outcome(self, decision, self.written(events, asked, command))

    def when_due(self, name: str, *, late: timedelta = timedelta()) -> Outcome:
        """The timer of the deadline `name` fires, on time or `late`."""
        due = self.case.dues[name]
        clock = parse_time(due.due) + late
        return self.when(PassDeadline(name, due.due), at=_text(clock))

    def written(self, events: tuple[Event, ...], asked: Asked, command: Command | None = None) -> Past:
        """The past continued by these events: sealed, encoded, decoded, folded."""
        roles = PEOPLES[NAMES[type(command)]].roles if command and type(command) in NAMES else ()
        sealed = seal(
            CASE_ID,
            self.history.head,
            drafts(self.case, events),
            occurred_at=asked.at,
            actor=asked.by.signing_as(roles),
            command_id=asked.command_id,
        )
        assert first_break(sealed, self.history.head) is None
        return Past(self.history.after(sealed), (*self.entries, *sealed), parse_time(asked.at))


def _text(clock: datetime) -> str:
    return clock.astimezone(SHANGHAI).replace(tzinfo=None).isoformat(" ")


@dataclass(frozen=True)
class Outcome:
    """What a command was answered."""

    before: Past
    decision: tuple[Event, ...] | Refused
    after: Past

    def then(self, *expected: Expected) -> Past:
        """Exactly these events follow: types, values or `like`; a text is the refusal's code, events after it were
        journaled while refusing. Gives the past with them."""
        if expected and isinstance(expected[0], str):
            assert isinstance(self.decision, Refused), f"not refused: {self._names()}"
            assert self.decision.code == expected[0], f"refused: {self.decision.code}, {self.decision.text.en}"
            expected = expected[1:]
        else:
            assert not isinstance(self.decision, Refused), f"refused: {self.decision.code}, {self.decision.text.en}"
        events = self.decision.events if isinstance(self.decision, Refused) else self.decision
        assert len(events) == len(expected), f"happened: {self._names()}"
        for event, wanted in zip(events, expected, strict=True):
            assert _is(event, wanted), f"{event} is not {wanted}"
        return self.after

    @property
    def accepted(self) -> Past:
        """The past after it, whatever exactly happened; refused is wrong."""
        assert not isinstance(self.decision, Refused), f"refused: {self.decision.code}, {self.decision.text.en}"
        return self.after

    @property
    def refused(self) -> Refused:
        assert isinstance(self.decision, Refused), f"not refused: {self._names()}"
        return self.decision

    def _names(self) -> list[str]:
        events = self.decision.events if isinstance(self.decision, Refused) else self.decision
        return [type(event).__name__ for event in events]


def _is(event: Event, wanted: Expected) -> bool:
    if isinstance(wanted, Like):
        return wanted.matches(event)
    return isinstance(event, wanted) if isinstance(wanted, type) else event == wanted


NOTHING = Past(History(), (), moment(FIRST_MOMENT))


def given(*happened: Past | Event) -> Past:
    """A state by its fixture, or the events that led to it (each the desk's own act, a little after the last)."""
    past = NOTHING
    for thing in happened:
        if isinstance(thing, Past):
            past = thing
            continue
        at = format_time(past.clock + A_LITTLE)
        past = past.written((thing,), Asked(f"given-{len(past.entries)}", SYSTEM, at))
    return past
