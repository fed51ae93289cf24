"""The case's record as its workflow keeps it: decide, append to the journal, and only then change memory.

One command at a time. The journal wins: where it is ahead, its entries are folded and the command is decided again on
them. A command that was answered before, in this run or an earlier one, gets the first answer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, ApplicationError

with workflow.unsafe.imports_passed_through():
    import orjson

    import policies
    from domain import listing
    from domain.actors import SYSTEM
    from domain.business_time import format_time
    from domain.case import Case
    from domain.commands import NAMES, PEOPLES, Asked, Command, RecordRefusal
    from domain.events import Event
    from domain.freeze_appeal import decide
    from domain.policy import Policy
    from domain.refusals import Refused, refuse
    from domain.stream import Entry, canonical, seal
    from domain.wire import Answer, History, body_of, drafts, entries_json, entries_of
    from workflows import ports

T = TypeVar("T")

_NEXT_TRY = timedelta(hours=1)
_RETRY = RetryPolicy(
    initial_interval=timedelta(milliseconds=100), maximum_interval=timedelta(minutes=2), backoff_coefficient=2
)


async def _at_journal(activity: str, order: object, answer: type[T], summary: str) -> T:
    """A call to the journal. One that is away is waited for: briefly within the workflow task, longer on timers."""
    answered: T = await workflow.execute_local_activity(
        activity,
        order,
        result_type=answer,
        start_to_close_timeout=timedelta(seconds=10),
        retry_policy=_RETRY,
        local_retry_threshold=timedelta(seconds=10),
        summary=summary,
    )
    return answered


class Record:
    """A case's history, its policy, and the one way to add to it. `changed` is called after each addition."""

    def __init__(self, kind: str, entries: str, changed: Callable[[], None]) -> None:
        self._kind = kind
        self._entries: list[Entry] = list(entries_of(entries))
        self.history = History().after(self._entries)
        self._changed = changed
        self._lock = asyncio.Lock()
        self._stale = False
        self._doubts = 0
        self._summary: dict[str, Any] = {}
        self._lists: dict[str, str] = {}

    @property
    def case(self) -> Case:
        return self.history.case

    @property
    def policy(self) -> Policy:
        """The rules the case was opened under."""
        return policies.load(self.case.policy_version)

    @property
    def position(self) -> int:
        return self.history.head.position

    @property
    def stale(self) -> bool:
        """Whether the journal is known to be ahead."""
        return self._stale

    @property
    def busy(self) -> bool:
        """Whether something is being written or read just now."""
        return self._lock.locked()

    def doubt(self) -> None:
        """The journal may be ahead: read it before the next decision."""
        self._stale = True
        self._doubts += 1

    def refused_before(self, command_id: str) -> str | None:
        """The code of a command's refusal that stands in the journal."""
        if self._refusal_id(command_id) not in self.history.answers:
            return None
        entry = next(entry for entry in self._entries if entry.command_id == self._refusal_id(command_id))
        return str(body_of(entry)["code"])

    async def note_refusal(self, command_id: str, name: str, code: str, author: str) -> None:
        """Journal that a command was refused, where nobody waits for the answer. (A run that refused one before
        refusals were told to merchants goes on not to tell them.)"""
        told = author if workflow.patched("refusals-are-told") else ""
        await self.apply(RecordRefusal(name, code, told), self.asked(self._refusal_id(command_id)))

    def _refusal_id(self, command_id: str) -> str:
        return f"{self.case.case_id}:refused:{command_id}"

    def whole(self) -> str:
        """All entries as one text, for the run that continues this one."""
        return entries_json(self._entries)

    def refusal(self, command: Command, asked: Asked) -> Refused | None:
        """Why the command would be refused now, without leaving a trace; None when memory cannot tell for sure."""
        if self._stale or asked.command_id in self.history.answers or (asked.seen or 0) > self.case.version:
            return None
        decision = decide(self.case, command, asked, self.policy)
        return decision if isinstance(decision, Refused) and not decision.events else None

    async def apply(self, command: Command, asked: Asked) -> Answer | Refused:
        """Decide the command on the newest state and journal what it leads to.

        Raises RefusedBeforeError for a command whose refusal stands in the journal, and UnfitError for one that the
        journal cannot hold. Nothing was written or changed then.
        """
        async with self._lock:
            while True:
                if self._stale or (asked.seen or 0) > self.case.version:
                    await self._read()
                while self._stale:
                    await self._read()
                first = self.history.answers.get(asked.command_id)
                if first is not None:
                    return refuse("approval-voided", why="a document has expired") if first.refusal else first
                code = self.refused_before(asked.command_id)
                if code is not None and workflow.patched("a-refusal-stands"):
                    raise RefusedBeforeError(code)
                decision = decide(self.case, command, asked, self.policy)
                events = decision.events if isinstance(decision, Refused) else decision
                if not events:
                    return decision if isinstance(decision, Refused) else self._nothing()
                try:
                    if not await self._append(events, command, asked):
                        continue
                except AnotherCaseOpenError:
                    return refuse("another-case-open")
                if isinstance(decision, Refused):
                    return decision
                return self.history.answers[asked.command_id]

    async def proceed(self, command: Command, step: str) -> Answer | Refused:
        """A command of the procedure itself. `step` names it within the case, so that a repeat is one. What the journal
        cannot hold is tried every hour: someone must put it right, and the case goes on beside it."""
        while True:
            try:
                return await self.apply(command, self.asked(f"{self.case.case_id}:{step}"))
            except UnfitError:
                workflow.logger.error("the journal cannot hold %s", step)
            await workflow.sleep(_NEXT_TRY, summary=f"{step} could not be journaled; it is tried again")

    def asked(self, command_id: str) -> Asked:
        return Asked(command_id, SYSTEM, format_time(workflow.now()))

    async def command_waits(self, until: str) -> bool:
        """Whether a command that came `until` then (RFC 3339) has not reached the case yet."""
        order = ports.WaitingOrder(self.case.case_id, until)
        return await _at_journal(ports.JOURNAL_WAITING, order, bool, summary="commands that came in time")

    async def sync(self) -> None:
        """Fold what the journal has beyond memory."""
        async with self._lock:
            await self._read()

    def _nothing(self) -> Answer:
        return Answer(self.case.version, self.case.status, ())

    async def _append(self, events: tuple[Event, ...], command: Command, asked: Asked) -> bool:
        """Whether the events were written. If not, the journal was ahead and memory has caught up with it."""
        entries = seal(
            self.case.case_id,
            self.history.head,
            drafts(self.case, events),
            occurred_at=asked.at,
            actor=_signature(command, asked),
            command_id=asked.command_id,
        )
        after = self.history.after(entries)
        lists = self._lists_of(after.case, asked.at)
        summary = listing.summary(after.case, self.policy)
        request = self._request(entries, after.case, summary, lists)
        try:
            text = await _at_journal(ports.JOURNAL_APPEND, request, str, summary=entries[-1].type)
        except (ActivityError, ApplicationError) as error:
            if _type_of(error) == "another-case-open":
                self._stale = True
                raise AnotherCaseOpenError from error
            if _type_of(error) == ports.UNFIT:
                raise UnfitError(str(error.cause or error)) from error
            raise
        answer = orjson.loads(text)
        if answer["outcome"] == "ok":
            self._take(entries, after)
            self._summary, self._lists = summary, lists
            return True
        await self._catch_up(tuple(Entry(**row) for row in answer["entries"]))
        return False

    def _request(self, entries: tuple[Entry, ...], after: Case, summary: dict[str, Any], lists: dict[str, str]) -> str:
        """The append as one pre-serialised text; what did not change in the lists is left out of it."""
        new = {name: orjson.loads(text) if self._lists.get(name) != text else None for name, text in lists.items()}
        return canonical(
            {
                "stream": after.case_id,
                "kind": self._kind,
                "expected_position": self.history.head.position,
                "expected_head": self.history.head.hash,
                "command_id": entries[0].command_id,
                "entries": [entry.row() for entry in entries],
                "summary": listing.changes(self._summary, summary),
                **new,
            }
        )

    def _lists_of(self, case: Case, now: str) -> dict[str, str]:
        return {
            "tasks": canonical(listing.tasks(case, self.policy, now)),
            "controls": canonical(listing.control_rows(case)),
        }

    def _take(self, entries: tuple[Entry, ...], after: History) -> None:
        self._entries.extend(entries)
        self.history = after
        self._changed()

    async def _catch_up(self, missing: tuple[Entry, ...]) -> None:
        """(What the lists show is not what this run wrote last any more.)"""
        self._summary, self._lists = {}, {}
        if missing and missing[0].position == self.position + 1:
            self._take(missing, self.history.after(missing))
        else:
            await self._read_anew()

    async def _read(self) -> None:
        doubts = self._doubts
        missing = await self._read_after(self.position)
        self._stale = self._doubted_since(doubts)
        if missing:
            self._take(missing, self.history.after(missing))

    async def _read_anew(self) -> None:
        """Memory holds something the journal does not: the journal's word counts."""
        doubts = self._doubts
        entries = await self._read_after(0)
        self._entries, self._stale = [], self._doubted_since(doubts)
        self._take(entries, History().after(entries))

    def _doubted_since(self, doubts: int) -> bool:
        """Whether the journal became doubtful anew while it was read: what was read may be older than that. (A run that
        forgot such a doubt before goes on without it.)"""
        return self._doubts != doubts and workflow.patched("a-doubt-while-reading-counts")

    async def _read_after(self, position: int) -> tuple[Entry, ...]:
        order = ports.ReadOrder(self.case.case_id, position)
        text = await _at_journal(ports.JOURNAL_READ, order, str, summary="read the journal")
        self._summary, self._lists = {}, {}
        return entries_of(text)


class AnotherCaseOpenError(Exception):
    """The append would open a second case of its kind on the terminal."""


class RefusedBeforeError(Exception):
    """The command was refused before, with `code`, and its author told so: it is not decided anew."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class UnfitError(Exception):
    """What a command leads to is nothing that the journal can hold. (No failure of the engine's own: raised by the
    procedure itself it stops a task, never the case.)"""


def _signature(command: Command, asked: Asked) -> str:
    """`role:name` of who asks: of several roles, the one the command is for."""
    name = NAMES.get(type(command))
    return asked.by.signing_as(PEOPLES[name].roles if name else ())


def _type_of(error: ActivityError | ApplicationError) -> str | None:
    """The type an activity gave its error. A local activity's error comes bare, another's is wrapped."""
    cause = error.cause if isinstance(error, ActivityError) else error
    return cause.type if isinstance(cause, ApplicationError) else None
