"""Appends: events written per second by the journal, beside what else could write them to the same PostgreSQL.

Every event of whole freeze appeals is written, one by one or eight at a time, on one connection and on four. The
journal's figures include sealing (the hash chain), idempotency, the case's row of the list and the reviewers' queue.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from itertools import count
from statistics import median
from time import perf_counter
from typing import Any

import journal as journals
from bench import stories
from bench.library import Library
from bench.plain import LoneInserts, PlainWriter
from bench.rounds import at_least, in_rounds, significant
from bench.servers import folder, postgres
from bench.stories import Append
from domain.stream import Head
from journal import Journal
from workers.stack.postgres import Postgres

SIZES = {"single": 1, "batch_of_8": 8}
CONNECTIONS = (1, 4)

Writer = Callable[[Sequence[Append]], Awaitable[None]]
"""Writes one case's appends, in order."""

_numbers = count(1)


@dataclass(frozen=True, slots=True)
class Amount:
    """How much is measured: rounds, and whole cases per connection in each turn."""

    rounds: int = 15
    cases: int = 6


QUICK = Amount(3, 2)


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

        def ours() -> Awaitable[float]:
            return _turn([_Ours(journal).write] * connections, SIZES[size], amount.cases)

        def in_psycopg() -> Awaitable[float]:
            return _turn(plain.writers, SIZES[size], amount.cases)

        def one_insert() -> Awaitable[float]:
            return _turn(lone.writers, 1, amount.cases)

        async def by_library() -> float:
            return await asyncio.to_thread(library.turn, _cases(connections * amount.cases, SIZES[size]))

        contenders = {"thaw": ours, "plain_psycopg": in_psycopg, "eventsourcing": by_library}
        if size == "single":
            contenders["lone_insert"] = one_insert
        try:
            measured = await in_rounds(amount.rounds, contenders, f"append {size}, {connections} connections")
        finally:
            library.close()
    return _figures(size, measured)


def _figures(size: str, measured: dict[str, list[float]]) -> dict[str, Any]:
    thaw = measured["thaw"]
    beside = {
        "plain_psycopg": at_least(1.2 if size == "single" else 1.4, thaw, measured["plain_psycopg"]),
        "eventsourcing": at_least(5, thaw, measured["eventsourcing"]),
    }
    if "lone_insert" in measured:
        beside["lone_insert"] = {**at_least(0.6, thaw, measured["lone_insert"]), "aim": 0.9}
    return {"events_per_s": significant(median(thaw)), "beside": beside}


@dataclass(frozen=True, slots=True)
class _Ours:
    journal: Journal

    async def write(self, appends: Sequence[Append]) -> None:
        await stories.write(self.journal, appends)


async def _turn(writers: Sequence[Writer], size: int, cases: int) -> float:
    """Events per second when every writer writes so many cases, all writers at once."""
    work = [_cases(cases, size) for _ in writers]
    began = perf_counter()
    await asyncio.gather(*(_write(writer, own) for writer, own in zip(writers, work, strict=True)))
    return sum(_events(own) for own in work) / (perf_counter() - began)


async def _write(writer: Writer, cases: Sequence[Sequence[Append]]) -> None:
    for appends in cases:
        await writer(appends)


def _cases(number: int, size: int) -> list[list[Append]]:
    """New cases, never written before."""
    return [stories.cut(stories.whole(f"BENCH-{next(_numbers)}"), size) for _ in range(number)]


def _events(cases: Sequence[Sequence[Append]]) -> int:
    return sum(len(append.drafts) for appends in cases for append in appends)


__all__ = ["QUICK", "Amount", "Head", "measure"]
