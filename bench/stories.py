"""A freeze appeal told without the engine: every command of a whole case, decided and sealed in memory.

The measurements write these cases to the journal, so that what they write is what cases really write.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import policies
from domain import commands as c
from domain import listing
from domain.actors import SYSTEM, Actor
from domain.business_time import format_time
from domain.case import Case
from domain.commands import Asked, Command
from domain.controls import freeze
from domain.events import Event, FiledDocument, PlacedControl
from domain.evidence import STAFF_FILED
from domain.freeze_appeal import decide
from domain.refusals import Refused
from domain.stream import Draft, Entry, Head, seal
from domain.wire import History, drafts
from journal import Journal
from journal.requests import compose
from workflows.freeze_appeal import KIND

OFFICER = Actor("officer1", ("officer",))
OFFICER_2 = Actor("officer2", ("officer",))
MERCHANT = Actor("merchant1", ("merchant",), "847100000000001")
REVIEWER_1 = Actor("reviewer1", ("reviewer",))
REVIEWER_2 = Actor("reviewer2", ("reviewer",))

POLICY = policies.load(policies.newest())
REASON = "R01"
HELD_FEN = 8_642_000
APPROVAL = c.Approve(HELD_FEN, 0, 0, "evidence fits")

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Append:
    """Events to be written at once, and what the lists show after them (`tasks` and `controls` None: unchanged);
    `changes` is what is new in `summary`."""

    case_id: str
    drafts: tuple[Draft, ...]
    occurred_at: str
    actor: str
    command_id: str
    summary: Row
    changes: Row
    tasks: list[Row] | None
    controls: list[Row] | None

    def sealed(self, head: Head) -> tuple[Entry, ...]:
        """The events as entries that continue `head`."""
        return seal(
            self.case_id,
            head,
            self.drafts,
            occurred_at=self.occurred_at,
            actor=self.actor,
            command_id=self.command_id,
        )

    def request(self, head: Head, entries: Sequence[Entry]) -> str:
        """The AppendRequest that writes `entries` after `head`."""
        return compose(KIND, head, entries, summary=self.changes, tasks=self.tasks, controls=self.controls)


class Story:
    """One case, told command by command; `appends` has what each of them writes."""

    def __init__(self, case_id: str, now: datetime | None = None) -> None:
        self.case_id = case_id
        self.history = History()
        self.appends: list[Append] = []
        self._now = now or datetime.now(UTC)

    @property
    def case(self) -> Case:
        return self.history.case

    def give(self, command: Command, by: Actor = SYSTEM) -> None:
        """Decide a command and write down what it leads to. It must not be refused."""
        asked = self._asked(by)
        decided = decide(self.case, command, asked, POLICY)
        if isinstance(decided, Refused):
            raise RuntimeError(f"{self.case_id}: {type(command).__name__} was refused: {decided.text.en}")
        self._write(decided, asked)

    def open(self) -> None:
        """A control freezes the terminal."""
        asked = self._asked(OFFICER)
        opening = freeze(
            self.case_id, placed_control(self.case_id, asked.at), MERCHANT.merchant_no or "", "company", asked, POLICY
        )
        if isinstance(opening, Refused):
            raise RuntimeError(f"{self.case_id} cannot be opened: {opening.text.en}")
        self._write(opening, asked)

    def _asked(self, by: Actor) -> Asked:
        self._now += timedelta(minutes=1)
        return Asked(f"{self.case_id}:{len(self.appends) + 1}", by, format_time(self._now))

    def _write(self, events: tuple[Event, ...], asked: Asked) -> None:
        made, actor = drafts(self.case, events), asked.by.signing_as(asked.by.roles)
        self.history, append = _appended(self.case_id, self.history, made, asked.at, actor, asked.command_id)
        self.appends.append(append)


def _appended(
    case_id: str, past: History, made: tuple[Draft, ...], at: str, actor: str, command_id: str
) -> tuple[History, Append]:
    """The history after the events, and the append that writes them: unchanged lists are left out of it."""
    append = Append(case_id, made, at, actor, command_id, {}, {}, None, None)
    after = past.after(append.sealed(past.head))
    lists = [listing.tasks(after.case, POLICY, at), listing.control_rows(after.case)]
    summary, stood = _listed(after.case), Row()
    if past.head.position:
        stood = _listed(past.case)
        before = [listing.tasks(past.case, POLICY, at), listing.control_rows(past.case)]
        tasks, controls = (new if new != old else None for new, old in zip(lists, before, strict=True))
    else:
        tasks, controls = lists
    changes = listing.changes(stood, summary)
    return after, replace(append, summary=summary, changes=changes, tasks=tasks, controls=controls)


def _listed(case: Case) -> Row:
    return listing.summary(case, POLICY) | {"started": True}


def placed_control(case_id: str, at: str) -> PlacedControl:
    """The control of risk's that opens a case of the measurements."""
    name = f"C-{case_id}"
    return PlacedControl(
        name, "settlement_hold", REASON, HELD_FEN, ("all",), "risk", f"X-{name}", OFFICER.name, at, f"SN-{case_id}"
    )


def papers(case_id: str, requirements: Sequence[Sequence[str]]) -> list[tuple[FiledDocument, Actor]]:
    """The documents a case asks for, and who files each."""
    return [
        (
            FiledDocument(f"{case_id}:{code}", code, f"{number:064x}", "image/png"),
            OFFICER_2 if code in STAFF_FILED else MERCHANT,
        )
        for number, (code, *_) in enumerate(requirements, 1)
    ]


def tell(case_id: str, now: datetime | None = None) -> Iterator[Story]:
    """A whole case, from the first notice (`now` unless it is told of another day) to closed books; the story so far
    comes back after each stage of it."""
    story = Story(case_id, now)
    story.open()
    for control in story.case.controls:
        for effect in control.owed:
            story.give(c.RecordEnforcement(control.control_id, effect))  # type: ignore[arg-type]
    yield story
    story.give(c.ConfirmReason(REASON), OFFICER)
    _tell_owed(story)
    yield story
    story.give(c.OpenAppeal("vault:1"), MERCHANT)
    filed = papers(case_id, story.case.evidence.requirements)
    for paper, by in filed:
        story.give(c.AddDocument(paper), by)
    yield story
    story.give(c.Submit(declaration=True), MERCHANT)
    story.give(c.RecordChecks(tuple(c.CheckedDocument(paper.document_id, "passed") for paper, _ in filed)))
    _tell_owed(story)
    yield story
    story.give(APPROVAL, REVIEWER_1)
    yield story
    story.give(APPROVAL, REVIEWER_2)
    story.give(c.Execute())
    _carry_out(story)
    yield story


def _carry_out(story: Story) -> None:
    paid = None
    while not story.case.status.startswith("closed"):
        flying = story.case.release.in_flight
        if flying is None:
            assert paid is not None
            story.give(c.AnswerPayout(paid, "confirmed", f"{story.case_id}:message"))
            continue
        paid = flying.planned.key if flying.name == "pay_out" else paid
        story.give(c.FinishStep(flying.n, f"ref:{flying.planned.key}"))
    _tell_owed(story)


def _tell_owed(story: Story) -> None:
    while story.case.owed:
        owed = story.case.owed[0]
        receipt = f"msg:{owed.key}"
        story.give(c.RecordNotice(owed.key, owed.notice, "email", receipt, story.case.opened_at))


def intake(case_id: str) -> list[Append]:
    """What opens a case."""
    story = Story(case_id)
    story.open()
    return story.appends


def whole(case_id: str) -> list[Append]:
    """Everything a whole case appends."""
    *_, story = tell(case_id)
    return story.appends


def until(case_id: str, stages: int) -> list[Append]:
    """What a case appends that has come through `stages` stages (1 to 6) of it."""
    for number, story in enumerate(tell(case_id), 1):
        if number == stages:
            return list(story.appends)
    raise ValueError(f"a story has no stage {stages}")


def cut(appends: Sequence[Append], events: int) -> list[Append]:
    """The same case, written `events` events at a time, whatever commands they came from."""
    flat = [(draft, append) for append in appends for draft in append.drafts]
    history, pieces = History(), []
    for start in range(0, len(flat), events):
        piece = flat[start : start + events]
        made, last = tuple(draft for draft, _ in piece), piece[-1][1]
        command_id = f"{last.case_id}:piece:{start}"
        history, append = _appended(last.case_id, history, made, last.occurred_at, last.actor, command_id)
        pieces.append(append)
    return pieces


async def write(journal: Journal, appends: Sequence[Append]) -> Head:
    """Append a story to the journal; where it ends."""
    head = Head()
    for append in appends:
        entries = append.sealed(head)
        answer = await journal.append(append.request(head, entries))
        if '"outcome":"ok"' not in answer:
            raise RuntimeError(f"{append.case_id} was not written: {answer[:200]}")
        head = Head(entries[-1].position, entries[-1].hash)
    return head
