"""Verifying and sealing: a journal of whole cases, sealed, checked by one process and by as many as there are cores.

The cases are written in bulk: how fast appends are is another measurement.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import journal as journals
from bench import stories
from bench.rounds import in_rounds, ratio, say, significant
from bench.servers import folder, postgres
from domain.stream import Entry, Head, seal
from journal import Journal
from journal.outside import Outside
from journal.sealing import Sealer
from journal.verify import Plan, verify

AT = "2026-03-02T01:00:00.000000+00:00"
KEY = "31" * 32
EVENTS = """copy journal.events (stream, position, version, type, form, occurred_at, actor, command_id, ordinal, data,
    previous_hash, hash) from stdin"""


@dataclass(frozen=True, slots=True)
class Amount:
    """How much is measured: rounds, cases in the journal, and cases that go on before a later checkpoint."""

    rounds: int = 3
    cases: int = 12_000
    moved: int = 100


QUICK = Amount(1, 6, 2)


async def measure(amount: Amount) -> dict[str, Any]:
    """Events per second by one process and by several, and what checkpoints cost."""
    with folder() as where, postgres(where) as server:
        url = server.create_database("thaw")
        await journals.migrate(url)
        async with await Journal.open(url) as journal:
            events = await _write(journal, amount.cases)
            sealer = Sealer(journal.pool, KEY, Outside(where / "checkpoints"))
            sealing = await _sealing(journal, sealer, amount)
        return {
            "streams": amount.cases,
            "events": events,
            "verify": await _verifying(url, where / "checkpoints", events, amount),
            "seal": sealing,
        }


async def _verifying(url: str, checkpoints: Path, events: int, amount: Amount) -> dict[str, Any]:
    cores = max(2, os.cpu_count() or 1)

    def turn(processes: int) -> Callable[[], Any]:
        plan = Plan(processes=processes, streams_at_once=max(1, min(500, amount.cases // (4 * cores))))

        def check() -> float:
            began = perf_counter()
            report = verify(url, Outside(checkpoints), plan)
            if not report.sound:
                raise RuntimeError(f"the journal of the measurement is not sound: {report.findings[:3]}")
            return events / (perf_counter() - began)

        return lambda: asyncio.to_thread(check)

    measured = await in_rounds(amount.rounds, {"one": turn(1), "several": turn(cores)}, "verify")
    return {
        "events_per_s": significant(median(measured["several"])),
        "processes": cores,
        "beside_one_process": {
            "per_s": significant(median(measured["one"])),
            "ratio": round(ratio(measured["several"], measured["one"]), 2),
        },
    }


async def _sealing(journal: Journal, sealer: Sealer, amount: Amount) -> dict[str, Any]:
    """Seconds for the first checkpoint over everything, for one after some cases went on, and for one with no news."""
    first = await _timed(sealer)
    async with journal.pool.connection() as connection:
        rows = await (
            await connection.execute(
                "select stream, position, encode(head, 'hex') from journal.streams order by stream limit %s",
                (amount.moved,),
            )
        ).fetchall()
    for stream, position, head in rows:
        await _append(journal, _one_more(stream, Head(position, head)))
    moved = await _timed(sealer)
    nothing = await _timed(sealer)
    say(f"seal: first {first:.3g} s, {amount.moved} moved {moved:.3g} s, nothing {nothing:.3g} s")
    return {
        "first_s": significant(first),
        "moved_heads": amount.moved,
        "moved_s": significant(moved),
        "quiet_s": significant(nothing),
    }


async def _timed(sealer: Sealer) -> float:
    began = perf_counter()
    await sealer.seal(AT)
    return perf_counter() - began


def _one_more(stream: str, head: Head) -> list[Entry]:
    """One more event of a stream."""
    draft = stories.whole("BENCH-VERIFY")[0].drafts[0]
    return list(seal(stream, head, [draft], occurred_at=AT, actor="system:", command_id="more"))


async def _write(journal: Journal, cases: int) -> int:
    """Writes as many cases, each of the events of a whole appeal; how many events that makes."""
    story = stories.whole("BENCH-VERIFY")
    count = 0
    for number in range(cases):
        head, entries = Head(), list[Entry]()
        for append in story:
            entries += seal(
                f"BENCH-{number:07}", head, append.drafts,
                occurred_at=append.occurred_at, actor=append.actor, command_id=append.command_id,
            )  # fmt: skip
            head = Head(entries[-1].position, entries[-1].hash)
        await _append(journal, entries)
        count += len(entries)
    return count


async def _append(journal: Journal, entries: list[Entry]) -> None:
    """Puts entries at the end of their stream, past the API."""
    last = entries[-1]
    async with journal.pool.connection() as connection, connection.transaction(), connection.cursor() as cursor:
        async with cursor.copy(EVENTS) as copy:
            for e in entries:
                await copy.write_row(
                    (e.stream, e.position, e.version, e.type, e.form, e.occurred_at, e.actor, e.command_id,
                     e.position, e.data, bytes.fromhex(e.previous_hash), bytes.fromhex(e.hash))
                )  # fmt: skip
        await cursor.execute(
            "insert into journal.streams (stream, kind, position, head, version) values (%s, 'bench', %s, %s, %s) "
            "on conflict (stream) do update set position = excluded.position, head = excluded.head, "
            "version = excluded.version",
            (last.stream, last.position, bytes.fromhex(last.hash), last.version),
        )
