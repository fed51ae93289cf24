"""Whole histories of freeze appeals, written into a journal as they are, in any order between the cases."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

import psycopg

from domain.case import Case
from domain.stream import Draft, Entry, Head, canonical, seal
from domain.wire import History
from tests.domain.exploration import Arrow, arrows_of, commands, states
from tests.domain.properties.cooperation import Cooperation
from tests.domain.properties.moves import Moves
from tests.domain.properties.test_properties import a_world
from tests.domain.specification import Past

KIND = "freeze_appeal"
_STREAM = """
    insert into journal.streams (stream, kind, position, head, version, opened_at)
    values (%(stream)s, %(kind)s, %(position)s, decode(%(hash)s, 'hex'), %(version)s, %(occurred_at)s)
    on conflict (stream) do update set position = excluded.position, head = excluded.head, version = excluded.version
"""
_EVENT = """
    insert into journal.events (
        stream, position, version, type, form, occurred_at, actor, command_id, ordinal, data, previous_hash, hash
    )
    values (
        %(stream)s, %(position)s, %(version)s, %(type)s, %(form)s, %(occurred_at)s, %(actor)s, %(command_id)s,
        %(ordinal)s, %(data)s::json, decode(%(previous_hash)s, 'hex'), decode(%(hash)s, 'hex')
    )
"""


@dataclass(frozen=True)
class Told:
    """A case's entries under an id of its own, and what the rules fold them to."""

    case_id: str
    entries: tuple[Entry, ...]

    @classmethod
    def of(cls, case_id: str, entries: Iterable[Entry]) -> Told:
        return cls(case_id, tuple(replace(entry, stream=case_id) for entry in entries))

    @property
    def folded(self) -> tuple[Case, ...]:
        """The case after each of its entries."""
        history, cases = History(), []
        for entry in self.entries:
            history = history.after([entry])
            cases.append(history.case)
        return tuple(cases)

    @property
    def case(self) -> Case:
        return self.folded[-1]


def random_histories(how_many: int) -> list[Told]:
    """Cases to which anything happened: orders, disposals, reopenings, failed steps, bounced payouts."""
    told = []
    for number in range(how_many):
        throw = random.Random(number)
        world = a_world(throw)
        moves, good_will = Moves(world, throw), Cooperation(world)
        for _ in range(60):
            if good_will.over():
                break
            good_will.next_act() if moves.chance(60) else moves.any_move()
        told.append(Told.of(f"FA-RANDOM-{number:03}", world.entries))
    return told


def explored_histories() -> list[Told]:
    """For every way there is from one status to another a case that went it last."""
    seen: set[Arrow] = set()
    found: list[Told] = []
    for before in states():
        for after in _next(before):
            ways = set(arrows_of(before.case, after.events[len(before.events) :], after.entries[-1].occurred_at))
            if ways - seen:
                seen |= ways
                found.append(Told.of(f"FA-WAY-{len(found):03}", after.entries))
    return found


def _next(before: Past) -> Iterator[Past]:
    for command, by in commands(before.case):
        yield before.when(command, by=by).after
    for name in before.case.dues:
        yield before.when_due(name).after


async def write(connection: psycopg.AsyncConnection, entries: Sequence[Entry], kind: str = KIND) -> None:
    """Writes entries in the order given, within the connection's transaction if it is in one. All of a command's must
    be among them."""
    counts: Counter[tuple[str, str]] = Counter()
    rows = []
    for entry in entries:
        counts[entry.stream, entry.command_id] += 1
        rows.append({**entry.row(), "kind": kind, "ordinal": counts[entry.stream, entry.command_id]})
    async with connection.cursor() as cursor:
        await cursor.executemany(_STREAM, rows)
        await cursor.executemany(_EVENT, rows)


def shuffled(told: Sequence[Told], dice: random.Random) -> list[list[Entry]]:
    """All commands' entries, each case's in their own order, the cases mixed."""
    left = [[list(own) for _, own in groupby(each.entries, lambda entry: entry.command_id)] for each in told]
    mixed = []
    while left := [commands for commands in left if commands]:
        mixed.append(dice.choice(left).pop(0))
    return mixed


def said(
    case_id: str, *events: tuple[str, dict[str, Any]], at: str = "2026-03-02T01:00:00.000000+00:00"
) -> list[Entry]:
    """A case whose events hold just these bodies; the first opens it."""
    drafts = [Draft(type_, 1, number, canonical(body)) for number, (type_, body) in enumerate(events, 1)]
    return list(seal(case_id, Head(), drafts, occurred_at=at, actor="officer:officer1", command_id=f"{case_id}:1"))
