"""Many writers at once on the same and on overlapping streams, through connections that are killed, transactions that
cannot be serialised, and commands that are sent twice: what the journal holds afterwards is what a simple model says.

The model is one writer who does the commands one after the other, in the order in which the journal has them. `Account`
keeps, beside the journal, what each writer asked and was told, and when.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from bench import stages, stories
from domain import listing
from domain.actors import SYSTEM, Actor
from domain.business_time import format_time, parse_time
from domain.commands import AddControl, Asked, Command, PassDeadline, PostMessage
from domain.events import PlacedControl
from domain.freeze_appeal import decide
from domain.refusals import Refused
from domain.stream import Draft, Entry, Head, canonical, end_of, first_break, seal
from domain.wire import History, drafts, encode
from journal import Journal
from journal.requests import AppendAnswer, compose
from tests.domain.exploration import commands
from tests.domain.specification import OFFICER_2
from workflows.freeze_appeal import KIND

SEEDS = int(os.environ.get("THAW_CONTENTION_SEEDS", "3"))
WRITERS, COMMANDS = 10, 9
CASES = {"FA-C-1": "opened", "FA-C-2": "in the first review", "FA-C-3": "in the second review", "FA-C-4": "releasing"}
TERMINALS = ("terminal:SN-1", "terminal:SN-2", "terminal:SN-3")
POLICY = stories.POLICY
BEGAN = datetime.now(UTC)


@dataclass
class Given:
    """One command as it was asked, and what became of it: `begun` and `told` count all that happened anywhere."""

    command_id: str
    streams: tuple[str, ...]
    begun: int
    command: Command | None = None
    asked: Asked | None = None
    told: int = 0
    written: bool = False


@dataclass
class Account:
    """What all writers asked and were told."""

    given: dict[str, Given] = field(default_factory=dict)
    troubles: Counter[str] = field(default_factory=Counter)
    clock: Iterator[int] = field(default_factory=lambda: count(1))
    answers: int = 0

    def begin(self, command_id: str, *streams: str) -> Given:
        one = Given(command_id, streams, next(self.clock))
        self.given[command_id] = one
        return one

    def end(self, one: Given, *, written: bool) -> None:
        one.told, one.written = next(self.clock), written


@dataclass
class Writer:
    """Someone with a memory of their own of every stream, which others overtake."""

    name: str
    journal: Journal
    dice: random.Random
    account: Account
    cases: dict[str, History] = field(default_factory=dict)
    terminals: dict[str, Head] = field(default_factory=dict)
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    async def work(self) -> None:
        for _ in range(COMMANDS):
            await self.dice.choice((self.decide_something,) * 3 + (self.note, self.note_twice, self.note_beside))()

    # --- commands ---------------------------------------------------------------------------------------------------

    async def decide_something(self) -> None:
        """A command of a case; whoever overtakes makes it be decided again."""
        case_id = self.dice.choice(list(CASES))
        if case_id not in self.cases:
            await self._read(case_id)
        one = self._begin(case_id)
        one.asked, one.command = self._thought_of(case_id, one.command_id)
        while True:
            request = self._decided(case_id, one)
            if request is None:
                return self.account.end(one, written=False)
            answer = await self._send(request)
            if answer.outcome != "conflict":
                await self._read(case_id)
                self.account.end(one, written=True)
                return await self._once_more(request)
            self._catch_up(case_id, answer.entries)

    async def note(self) -> None:
        await self._note(self.dice.choice(TERMINALS))

    async def note_twice(self) -> None:
        """In two terminals at once, in either order: both or neither."""
        await self._note(*self.dice.sample(TERMINALS, 2))

    async def note_beside(self) -> None:
        """In a terminal and in a case at once."""
        terminal, case_id = self.dice.choice(TERMINALS), self.dice.choice(list(CASES))
        one = self._begin(terminal, case_id)
        one.command = PostMessage("internal", f"vault:{one.command_id}")
        one.asked = Asked(one.command_id, OFFICER_2, self._now())
        while True:
            await self._read(case_id)
            self.terminals[terminal] = await self._insist(lambda: self.journal.head(terminal))
            beside = self._decided(case_id, one)
            assert beside is not None
            answer = await self._send(self._noted(terminal, one.command_id), beside)
            if answer.outcome != "conflict":
                return self.account.end(one, written=True)

    async def _note(self, *streams: str) -> None:
        one = self._begin(*streams)
        while True:
            for stream in streams:
                if stream not in self.terminals or self.dice.random() < 0.5:  # else the memory may be an old one
                    self.terminals[stream] = await self._insist(lambda stream=stream: self.journal.head(stream))
            requests = [self._noted(stream, one.command_id) for stream in streams]
            answer = await self._send(*requests)
            if answer.outcome != "conflict":
                self.account.end(one, written=True)
                return await self._once_more(*requests)
            for stream in streams:
                self.terminals.pop(stream, None)

    # --- how they are sent ------------------------------------------------------------------------------------------

    async def _send(self, *requests: str) -> AppendAnswer:
        """Until there is an answer: the same request again after every failure, now and then two of it at once."""

        async def once() -> AppendAnswer:
            if len(requests) == 1 and self.dice.random() < 0.8:
                return AppendAnswer.from_json(await self.journal.append(requests[0]))
            return AppendAnswer.from_json(await self.journal.append_all(requests))

        if self.dice.random() < 0.2:
            answers = await asyncio.gather(self._insist(once), self._insist(once))
            outcomes = [answer.outcome for answer in answers]
            assert outcomes.count("ok") <= 1
            return max(answers, key=lambda answer: answer.outcome != "conflict")
        return await self._insist(once)

    async def _once_more(self, *requests: str) -> None:
        """What was written is sent again later, by someone who did not hear the answer."""
        if self.dice.random() < 0.3:
            again = await self._insist(lambda: self.journal.append_all(requests))
            assert json.loads(again)["outcome"] == "duplicate"
            self.account.troubles["duplicate"] += 1

    async def _insist(self, call: Any) -> Any:
        while True:
            try:
                answer = await call()
            except psycopg.OperationalError as error:
                self.account.troubles[type(error).__name__] += 1
            else:
                self.account.answers += 1
                return answer

    # --- what is in them --------------------------------------------------------------------------------------------

    def _begin(self, *streams: str) -> Given:
        return self.account.begin(f"{self.name}-{next(self.numbers)}", *streams)

    def _now(self) -> str:
        return format_time(BEGAN + timedelta(seconds=next(self.account.clock)))

    def _thought_of(self, case_id: str, command_id: str) -> tuple[Asked, Command]:
        """Something that may be asked of the case as this writer remembers it."""
        case = self.cases[case_id].case
        offers: list[tuple[Command, Actor]] = list(commands(case))
        offers += [(PassDeadline(due.name, due.due), SYSTEM) for due in case.dues.values()]
        offers += [(PostMessage("internal", f"vault:{command_id}"), OFFICER_2)] * 5
        command, by = self.dice.choice(offers)
        if isinstance(command, AddControl):
            command = AddControl(_renamed(command.control, command_id, case.terminal_sn))
        at = self._now()
        if isinstance(command, PassDeadline):
            at = max(at, format_time(parse_time(command.due)))
        return Asked(command_id, by, at), command

    def _decided(self, case_id: str, one: Given) -> str | None:
        """The append that the command comes to on this writer's memory; None when it is refused there."""
        past = self.cases[case_id]
        assert one.command is not None
        assert one.asked is not None
        events = _events(past, one.command, one.asked)
        if not events:
            return None
        entries = _sealed(case_id, past, events, one.asked)
        before, after, at = past.case, past.after(entries).case, one.asked.at
        tasks, controls = listing.tasks(after, POLICY, at), listing.control_rows(after)
        return compose(
            KIND, past.head, entries, summary=listing.summary(after, POLICY),
            tasks=tasks if tasks != listing.tasks(before, POLICY, at) else None,
            controls=controls if controls != listing.control_rows(before) else None,
        )  # fmt: skip

    def _noted(self, stream: str, command_id: str) -> str:
        head = self.terminals[stream]
        noted = [Draft("Noted", 1, head.position + 1, canonical({"by": self.name, "n": n})) for n in (1, 2)]
        entries = seal(stream, head, noted, occurred_at=self._now(), actor="officer:officer1", command_id=command_id)
        return compose("terminal", head, entries)

    async def _read(self, case_id: str) -> None:
        self.cases[case_id] = History().after(await self._insist(lambda: self.journal.read(case_id)))

    def _catch_up(self, case_id: str, missing: Sequence[Entry]) -> None:
        assert first_break(missing, self.cases[case_id].head) is None
        self.cases[case_id] = self.cases[case_id].after(missing)


def _renamed(control: PlacedControl, command_id: str, terminal_sn: str) -> PlacedControl:
    return replace(control, control_id=f"C-{command_id}", external_ref=f"X-{command_id}", terminal_sn=terminal_sn)


def _events(past: History, command: Command, asked: Asked) -> tuple[Any, ...]:
    decision = decide(past.case, command, asked, POLICY)
    return decision.events if isinstance(decision, Refused) else decision


def _sealed(case_id: str, past: History, events: tuple[Any, ...], asked: Asked) -> tuple[Entry, ...]:
    made = drafts(past.case, events)
    actor = asked.by.signing_as(asked.by.roles)
    return seal(case_id, past.head, made, occurred_at=asked.at, actor=actor, command_id=asked.command_id)


# --- the troubles ---------------------------------------------------------------------------------------------------


@asynccontextmanager
async def crowd(database: str, seed: int, account: Account) -> AsyncIterator[list[Writer]]:
    """Writers in four processes' pools; in two of these, transactions that touch the same rows cannot be serialised."""
    strict = make_conninfo(database, options="-c default_transaction_isolation=serializable")
    async with AsyncExitStack() as stack:
        pools = [await stack.enter_async_context(await Journal.open(url, max_size=3)) for url in (database, strict) * 2]
        yield [Writer(f"w{n}", pools[n % len(pools)], random.Random(f"{seed} {n}"), account) for n in range(WRITERS)]


async def killing(database: str, dice: random.Random, account: Account, over: asyncio.Event) -> None:
    """Ends one connection after another, whatever it is doing, until it is `over`; but only when somebody had an answer
    since, or nobody would ever have one on a slow machine."""
    async with await psycopg.AsyncConnection.connect(database, autocommit=True) as killer:
        answered = -1
        while not over.is_set():
            await asyncio.sleep(dice.uniform(0, 0.02))
            if account.answers == answered:
                continue
            answered = account.answers
            await killer.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() "
                "and pid <> pg_backend_pid() and state <> 'idle' order by random() limit 1"
            )


# --- the model ------------------------------------------------------------------------------------------------------


def blocks(entries: Sequence[Entry]) -> list[tuple[str, list[Entry]]]:
    """A stream as its commands, each with the entries it wrote. No command may come twice."""
    found: list[tuple[str, list[Entry]]] = []
    for entry in entries:
        if not found or found[-1][0] != entry.command_id:
            found.append((entry.command_id, []))
        found[-1][1].append(entry)
    assert max(Counter(command_id for command_id, _ in found).values()) == 1, "a command stands twice in a stream"
    return found


def is_what_one_writer_would_have_written(case_id: str, entries: Sequence[Entry], account: Account) -> History:
    """Every command, decided on what stood before it, leads to exactly what was written under it."""
    past = History()
    for command_id, block in blocks(entries):
        one = account.given.get(command_id)
        if one is not None:
            assert one.command is not None
            assert one.asked is not None
            expected = _events(past, one.command, one.asked)
            assert [entry.data for entry in block] == [encode(event) for event in expected], (case_id, command_id)
        for entry in block:
            version = past.case.version
            past = past.after((entry,))
            assert entry.version == past.case.version
            assert version <= entry.version <= version + 1
    return past


def is_in_the_order_of_what_was_told(entries: Sequence[Entry], account: Account) -> None:
    """A command that was answered before another was asked stands before it."""
    order = [account.given[command_id] for command_id, _ in blocks(entries) if command_id in account.given]
    latest = 0
    for one in order:
        latest = max(latest, one.begun)
        assert one.told > latest, f"{one.command_id} was answered before what stands ahead of it was asked"


async def queue_is_what_the_case_comes_to(journal: Journal, case_id: str, past: History) -> None:
    row, tasks, controls = await _listed(journal, case_id)
    summary = listing.summary(past.case, POLICY)
    for name in ("version", "status", "open", "live", "tier", "held_fen", "reason_code", "waiting_on", "sentence_en"):
        assert row[name] == summary[name], name
    assert row["position"] == past.head.position
    assert row["head"].hex() == past.head.hash
    expected = {task["task_id"]: task for task in listing.tasks(past.case, POLICY, past.case.since)}
    assert set(tasks) == set(expected)
    for task_id, task in tasks.items():
        for name in ("kind", "level", "roles", "excluded", "amount_fen"):
            assert task[name] == expected[task_id][name], (task_id, name)
        assert format_time(task["rank_at"]) == _ranked_until(past, task)["rank_at"]
    standing = {control["control_id"]: control for control in listing.control_rows(past.case)}
    assert {name: control["state"] for name, control in controls.items()} == {
        name: control["state"] for name, control in standing.items()
    }
    assert all(control["held_fen"] == standing[name]["held_fen"] for name, control in controls.items())


def _ranked_until(past: History, task: dict[str, Any]) -> dict[str, Any]:
    """The task as it is listed until its next step, whenever it was written."""
    reached = task["reranks_at"] - timedelta(microseconds=1) if task["reranks_at"] else task["since"]
    listed = listing.tasks(past.case, POLICY, format_time(reached))
    return next(one for one in listed if one["task_id"] == task["task_id"])


async def _listed(journal: Journal, case_id: str) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    async with journal.pool.connection() as connection:
        cursor = connection.cursor(row_factory=psycopg.rows.dict_row)
        await cursor.execute("select * from journal.streams where stream = %s", [case_id])
        (row,) = await cursor.fetchall()
        await cursor.execute("select * from journal.tasks where case_id = %s and closed_at is null", [case_id])
        tasks = {task["task_id"]: task for task in await cursor.fetchall()}
        await cursor.execute("select * from journal.controls where case_id = %s", [case_id])
        return row, tasks, {control["control_id"]: control for control in await cursor.fetchall()}


# --- the tests ------------------------------------------------------------------------------------------------------


@pytest.mark.timeout(120)
@pytest.mark.parametrize("seed", range(SEEDS))
async def test_however_writers_cross_each_other_the_journal_is_what_one_writer_would_have_written(
    database: str, seed: int
) -> None:
    account, dice = Account(), random.Random(seed)
    async with await Journal.open(database) as journal:
        for case_id, stage in CASES.items():
            await stories.write(journal, stages.appends(case_id, stage))
        async with crowd(database, seed, account) as writers:
            over = asyncio.Event()
            killer = asyncio.create_task(killing(database, dice, account, over))
            await asyncio.gather(*(writer.work() for writer in writers))
            over.set()
            await killer

        streams = {name: await journal.read(name) for name in (*CASES, *TERMINALS)}
        for name, entries in streams.items():
            assert first_break(entries) is None
            assert [entry.position for entry in entries] == list(range(1, len(entries) + 1))
            assert end_of(entries) == await journal.head(name)
            is_in_the_order_of_what_was_told(entries, account)
        for case_id in CASES:
            past = is_what_one_writer_would_have_written(case_id, streams[case_id], account)
            await queue_is_what_the_case_comes_to(journal, case_id, past)

    stands = defaultdict(set)
    for name, entries in streams.items():
        for command_id, block in blocks(entries):
            stands[command_id].add(name)
            assert name in CASES or [json.loads(entry.data)["n"] for entry in block] == [1, 2]
    for one in account.given.values():
        assert stands.get(one.command_id, set()) == (set(one.streams) if one.written else set()), one
    assert sum(one.written for one in account.given.values()) > WRITERS * COMMANDS / 4
    assert account.troubles["SerializationFailure"] > 0
    assert account.troubles["AdminShutdown"] + account.troubles["OperationalError"] > 0
    assert account.troubles["duplicate"] > 0


def test_the_model_objects_to_a_command_that_was_decided_on_what_others_had_changed() -> None:
    """The model is not blind: entries decided on an older state, or swapped, or doubled, are seen."""
    account = Account()
    past = stages.until("FA-M", "in the first review").history
    standing = tuple(entry for append in _written("FA-M", "in the first review") for entry in append)
    (command, by) = next((c, by) for c, by in commands(past.case) if type(c).__name__ == "Reject")
    for name in ("a-1", "b-1"):
        one = account.begin(name, "FA-M")
        one.command, one.asked = command, Asked(name, by, format_time(BEGAN))
        account.end(one, written=True)
    first = _sealed("FA-M", past, _events(past, command, account.given["a-1"].asked), account.given["a-1"].asked)
    stale = _events(past, command, account.given["b-1"].asked)
    second = _sealed("FA-M", past.after(first), stale, account.given["b-1"].asked)
    is_what_one_writer_would_have_written("FA-M", (*standing, *first), account)
    with pytest.raises(AssertionError):
        is_what_one_writer_would_have_written("FA-M", (*standing, *first, *second), account)
    is_in_the_order_of_what_was_told((*first, *second), account)
    with pytest.raises(AssertionError, match="was answered before"):
        is_in_the_order_of_what_was_told((*second, *first), account)
    with pytest.raises(AssertionError, match="twice"):
        blocks((*first, *second, *first))


def _written(case_id: str, stage: str) -> Iterator[tuple[Entry, ...]]:
    head = Head()
    for append in stages.appends(case_id, stage):
        entries = append.sealed(head)
        head = end_of(entries)
        yield entries
