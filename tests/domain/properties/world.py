"""A case, everyone around it, and what must hold after each thing that happens."""

from __future__ import annotations

import copy
import json
from datetime import timedelta

from domain import listing
from domain.actors import SYSTEM, Actor
from domain.business_time import format_time, parse_time
from domain.case import Case, Status
from domain.commands import NAMES, PEOPLES, Asked, Command, PassDeadline
from domain.controls import freeze
from domain.deadlines import earliest
from domain.freeze_appeal import decide
from domain.refusals import Refused
from domain.stream import Entry, first_break, seal
from domain.waiting import waiting_on
from domain.wire import History, drafts, entries_json, entries_of
from tests.domain.appeals import Appeal
from tests.domain.exploration import arrows, arrows_of
from tests.domain.properties.books import Books
from tests.domain.specification import (
    AGENT,
    AUDITOR,
    CASE_ID,
    COMPLIANCE,
    COMPLIANCE_2,
    ENGINEER,
    MERCHANT,
    MERCHANT_NO,
    OFFICER,
    OFFICER_2,
    OTHER_MERCHANT,
    POLICY,
    REVIEWER_1,
    REVIEWER_2,
    REVIEWER_3,
    ROBOT,
    SUPERVISOR,
    moment,
)

TWO_HATS = Actor("officer3", ("officer", "reviewer", "supervisor"))
ADMINISTRATOR = Actor("admin", ("officer", "reviewer", "supervisor", "compliance_head"))
HALF_ROBOT = Actor("robot2", ("robot", "reviewer"))
PEOPLE = (
    OFFICER, OFFICER_2, TWO_HATS, REVIEWER_1, REVIEWER_2, REVIEWER_3, SUPERVISOR, COMPLIANCE, COMPLIANCE_2,
    ADMINISTRATOR, ROBOT, HALF_ROBOT, AUDITOR, ENGINEER, MERCHANT, AGENT, OTHER_MERCHANT,
)  # fmt: skip
BY_ROLE = {"role-not-allowed", "wrong-status", "not-your-merchant"}


class Everyone(dict[str, tuple[str, ...]]):
    """The roles of every name; people of the last hour (`reviewer-x7`) have the role their name begins with."""

    def __missing__(self, name: str) -> tuple[str, ...]:
        return (name.partition("-")[0],)


ROLES = Everyone({person.name: person.roles for person in (*PEOPLE, SYSTEM)})


class World:
    """One case from its freeze on. `ask` is the only way anything happens, and it checks everything."""

    def __init__(self, appeal: Appeal) -> None:
        self.entries: list[Entry] = []
        self.history = History()
        self.clock = moment(appeal.opened)
        self.books = Books(ROLES)
        self.asked = 0
        asked = self._asked(OFFICER, None)
        frozen = freeze(CASE_ID, appeal.control, MERCHANT_NO, appeal.merchant_type, asked, POLICY)
        assert not isinstance(frozen, Refused)
        self._write(frozen, asked, None)

    @property
    def case(self) -> Case:
        return self.history.case

    # --- what happens -----------------------------------------------------------------------------------------------

    def wait(self, span: timedelta) -> None:
        self.clock += span

    def ask(self, command: Command, by: Actor = SYSTEM, seen: int | None = None) -> Refused | None:
        """Someone asks for something. Gives the refusal, if it is one."""
        self.clock += timedelta(seconds=1)
        asked = self._asked(by, seen)
        before = copy.deepcopy(self.case)
        decision = decide(self.case, command, asked, POLICY)
        assert decide(self.case, command, asked, POLICY) == decision, "the same question had two answers"
        assert self.case == before, "deciding changed the case"
        refused = decision if isinstance(decision, Refused) else None
        events = refused.events if refused else decision
        assert isinstance(events, tuple)
        if refused:
            _is_well_said(refused)
            assert not refused.events or refused.code == "approval-voided"
            self._was_not_offered(command, by, refused)
        if events:
            self._write(events, asked, command)
        return refused

    def pass_deadline(self, name: str) -> None:
        """The timer of a running deadline fires at its time (or now, if that is past). It must lead to something, and
        firing again must lead to nothing."""
        due = self.case.dues[name]
        self.clock = max(self.clock, parse_time(due.due))
        command = PassDeadline(name, due.due)
        refused = self.ask(command)
        assert refused is None, f"the timer of {name} would fire for ever: {refused}"
        again = self.case.dues.get(name)
        assert again != due, f"{name} still runs after it passed"
        assert again is None or parse_time(again.due) > self.clock or name == "promise"
        told = self.ask(command)
        assert told is not None, "one deadline passed twice"

    def pass_next_deadline(self) -> bool:
        due = earliest(self.case)
        if due is None:
            return False
        self.pass_deadline(due.name)
        return True

    def _asked(self, by: Actor, seen: int | None) -> Asked:
        self.asked += 1
        return Asked(f"ask-{self.asked}", by, format_time(self.clock), seen)

    def _write(self, events: tuple, asked: Asked, command: Command | None) -> None:
        roles = PEOPLES[NAMES[type(command)]].roles if type(command) in NAMES else ()
        sealed = seal(
            CASE_ID,
            self.history.head,
            drafts(self.case, events),
            occurred_at=asked.at,
            actor=asked.by.signing_as(roles),
            command_id=asked.command_id,
        )
        ways = set(arrows_of(self.case, events, asked.at))
        assert ways <= arrows(), f"a way nobody knew of: {ways - arrows()}"
        self.history = self.history.after(sealed)
        for entry in sealed:
            self.books.feed(entry, by_deadline=isinstance(command, PassDeadline))
            self._amounts_of(entry)
        self.entries.extend(sealed)
        self.check()

    def _amounts_of(self, entry: Entry) -> None:
        """What the ledger holds for a legal order, and what the bank sends, is what each was asked to: the books cannot
        know it from the events."""
        if entry.type == "StepStarted":
            step = self.books.steps[json.loads(entry.data)["n"]]
            if step.name == "pay_out":
                self.books.payouts[step.key] = self.case.release.payout_fen
        for control in self.case.controls:
            if entry.type == "ControlEnforced" and control.legal_hold and "hold" in control.enforced:
                mine = self.books.controls[control.control_id]
                if not mine.held and not control.settled_fen:
                    mine.held = control.held_fen

    # --- what must hold ---------------------------------------------------------------------------------------------

    def check(self) -> None:
        """After every event."""
        case, books = self.case, self.books
        assert case.version == books.version
        assert case.held_fen == case.settled.total_fen + case.remaining_fen, "money was made or lost"
        settled = (case.settled.release_fen, case.settled.penalty_fen, case.settled.claims_fen)
        assert settled == (books.released, books.penalty, books.claims)
        assert books.paid_out <= books.to_pay_out, "more was paid out than released"
        if case.status is Status.CLOSED_RELEASED:
            assert books.paid_out == books.to_pay_out, "closed with money unpaid"
        for control in case.controls:
            mine = books.controls[control.control_id]
            assert control.lifted is not mine.on, f"{control.control_id} is {'off' if control.lifted else 'on'}"
            assert control.remaining_fen >= 0
            assert not control.lifted or not control.remaining_fen, "lifted with money left in it"
            if not control.legal_hold or "hold" in control.enforced:
                assert control.remaining_fen == mine.held
        self._time_runs_well()
        self._lists_say_something()

    def _time_runs_well(self) -> None:
        for name, due in self.case.dues.items():
            assert name == due.name
            assert due.basis.zh, name
            assert due.basis.en, name
            assert format_time(parse_time(due.due)) == due.due

    def _lists_say_something(self) -> None:
        waiting = waiting_on(self.case, POLICY)
        assert waiting.sentence.zh.endswith("。")
        assert waiting.sentence.en.endswith(".")
        row = listing.summary(self.case, POLICY)
        assert row["open"] is self.case.is_open
        for task in listing.tasks(self.case, POLICY, self.case.since):
            assert task["roles"], f"nobody may take {task['task_id']}"
            assert task["task_id"].startswith(CASE_ID)
        listing.control_rows(self.case)
        hidden = "J02" in {control.placed.reason_code for control in self.case.controls}
        if hidden:
            told = [str(owed) for owed in self.case.owed if owed.audience == "merchant"]
            words = " ".join([*told, waiting.sentence.zh, waiting.sentence.en])
            assert "J02" not in words, words
            assert "D25" not in words, words

    def _was_not_offered(self, command: Command, by: Actor, refused: Refused) -> None:
        name = NAMES.get(type(command))
        if name in listing.allowed_commands(self.case, by, POLICY):
            assert refused.code not in BY_ROLE, f"{name} was offered to {by.name} and refused as {refused.code}"

    def check_record(self) -> None:
        """Of the whole record, now and then: the chain holds, and reading it gives the state in memory."""
        assert first_break(self.entries) is None
        again = History().after(entries_of(entries_json(self.entries)))
        assert again == self.history


def _is_well_said(refused: Refused) -> None:
    assert refused.status in {403, 409}
    for text in (refused.text.zh, refused.text.en):
        assert text
        assert "{" not in text
