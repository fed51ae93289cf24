"""Appends: events written per second by the journal, beside what else could write them to the same PostgreSQL.

Every event of whole freeze appeals is written, one by one or eight at a time, on one connection and on four. The
journal's figures include sealing (the hash chain), idempotency, the case's row of the list and the reviewers' queue.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from statistics import median
from time import perf_counter
from typing import Any

import journal as journals
from bench import stories
from bench.library import Library
from bench.plain import LoneInserts, PlainWriter, Work, Writer, sealed
from bench.rounds import Contender, at_least, in_rounds, significant
from bench.servers import folder, postgres
from bench.stories import Append
from journal import Journal
from workers.stack.postgres import Postgres

SIZES = {"single": 1, "batch_of_8": 8}
CONNECTIONS = (1, 4)

_numbers = count(1)


@dataclass(frozen=True, slots=True)
class Amount:
    """How much is measured: rounds, and whole cases per connection in each turn (of 8-event batches four times as
    many). Many short turns: what is compared lies close together in time, however the machine's load drifts."""

    rounds: int = 40
    cases: int = 1


QUICK = Amount(4, 1)


async def measure(amount: Amount) -> dict[str, Any]:
    """The figures of all sizes and numbers of connections."""
    with folder() as where, postgres(where) as server:
        url = server.create_database("thaw")
        await journals.migrate(url)
        return {
            name: {f"connections_{n}": await _measure(server, url, name, n, amount) for n in CONNECTIONS}
            for name in SIZES
        }


async def _measure(server: Postgres, url: str, size: str, connections: int, amount: Amount) -> dict[str, Any]:
    async with (
        await Journal.open(url, min_size=connections, max_size=connections) as journal,
        PlainWriter(url, connections) as plain,
        LoneInserts(url, connections) as lone,
    ):
        library = Library(server, connections)

        def cases() -> list[list[Append]]:
            return _cases(amount.cases * connections * (1 if size == "single" else 4), SIZES[size])

        contenders: dict[str, Contender] = {
            "thaw": lambda: _turn([_Ours(journal).write] * connections, cases()),
            "plain_psycopg": lambda: _turn(plain.writers, [sealed(case) for case in cases()]),
            "eventsourcing": lambda: asyncio.to_thread(library.held, cases()),
            "eventsourcing_read_first": lambda: asyncio.to_thread(library.read_first, cases()),
        }
        if size == "single":
            contenders["lone_insert"] = lambda: _turn(lone.writers, [sealed(case) for case in cases()])
        try:
            measured = await in_rounds(amount.rounds, contenders, f"append {size}, {connections} connections")
        finally:
            library.close()
    return _figures(size, measured)


def _figures(size: str, measured: dict[str, list[float]]) -> dict[str, Any]:
    thaw = measured["thaw"]
    targets = {
        "plain_psycopg": 1.2 if size == "single" else 1.4,
        "eventsourcing": 5,
        "eventsourcing_read_first": 5,
        "lone_insert": 0.6,
    }
    beside = {name: at_least(targets[name], thaw, figures) for name, figures in measured.items() if name != "thaw"}
    if "lone_insert" in beside:
        beside["lone_insert"]["aim"] = 0.9
    return {"events_per_s": significant(median(thaw)), "beside": beside}


@dataclass(frozen=True, slots=True)
class _Ours:
    journal: Journal

    async def write(self, appends: Sequence[Append]) -> int:
        return (await stories.write(self.journal, appends)).position


async def _turn(writers: Sequence[Writer[Work]], cases: Sequence[Work]) -> float:
    """Events per second when the writers, all at once, write equal shares of the cases."""
    shares = [cases[number :: len(writers)] for number in range(len(writers))]
    began = perf_counter()
    written = await asyncio.gather(*(_write(writer, share) for writer, share in zip(writers, shares, strict=True)))
    return sum(written) / (perf_counter() - began)


async def _write(writer: Writer[Work], cases: Sequence[Work]) -> int:
    return sum([await writer(case) for case in cases])


def _cases(number: int, size: int) -> list[list[Append]]:
    """New cases, never written before."""
    return [stories.cut(stories.whole(f"BENCH-{next(_numbers)}"), size) for _ in range(number)]
