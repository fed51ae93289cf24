"""Checking the whole journal: that every stream is the unbroken chain its head says it is.

Found are a changed byte, a removed, inserted or swapped entry, one cut off at the end, a head that was moved, and
entries whose stream has no head. What one who rewrites a chain *and* its head leaves behind cannot be seen from inside
the database.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import groupby

from psycopg import IsolationLevel
from psycopg.rows import class_row

from domain.stream import Entry, Head, end_of, first_break
from journal.statements import Connection, Pool, load

SQL = load("verify")
STREAMS_AT_ONCE = 500

Progress = Callable[[int, int], None]
"""Told now and then how many of how many streams are checked."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong with one stream."""

    stream: str
    problem: str


@dataclass(frozen=True, slots=True)
class Report:
    """What was read, and what was found; a sound journal has no findings."""

    streams: int
    events: int
    findings: tuple[Finding, ...]

    @property
    def sound(self) -> bool:
        return not self.findings


@dataclass(frozen=True, slots=True)
class _StreamHead:
    stream: str
    position: int
    hash: str
    version: int


async def verify(pool: Pool, progress: Progress = lambda _done, _all: None) -> Report:
    """Reads every stream as it stood when this began, and checks it. Memory: some five hundred streams at a time."""
    async with pool.connection() as connection:
        await connection.set_isolation_level(IsolationLevel.REPEATABLE_READ)
        await connection.set_read_only(True)
        try:
            async with connection.transaction():
                return await _verify(connection, progress)
        finally:
            await connection.set_isolation_level(None)
            await connection.set_read_only(None)


async def _verify(connection: Connection, progress: Progress) -> Report:
    await connection.execute("set local statement_timeout = 0")
    row = await (await connection.execute(SQL["size"])).fetchone()
    total = int(row[0]) if row else 0
    streams, events, findings = 0, 0, list[Finding]()
    heads = await _heads(connection, "")
    while heads:
        entries = await _entries(connection, [head.stream for head in heads])
        for head in heads:
            own = entries.get(head.stream, ())
            events += len(own)
            if (problem := _problem(head, own)) is not None:
                findings.append(Finding(head.stream, problem))
        streams += len(heads)
        progress(streams, total)
        heads = await _heads(connection, heads[-1].stream)
    async with connection.cursor() as cursor:
        await cursor.execute(SQL["orphans"])
        findings += [Finding(stream, f"{stream}: has entries but no head") for (stream,) in await cursor.fetchall()]
    return Report(streams, events, tuple(findings))


def _problem(head: _StreamHead, entries: tuple[Entry, ...]) -> str | None:
    """What is wrong with a stream, in words."""
    if not entries:
        return f"{head.stream}: has a head at {head.position} but no entries"
    if (broken := first_break(entries)) is not None:
        return broken
    end = end_of(entries)
    if end != Head(head.position, head.hash):
        return (
            f"{head.stream}: ends at {end.position} ({end.hash[:12]}), its head says {head.position} ({head.hash[:12]})"
        )
    if entries[-1].version != head.version:
        return f"{head.stream}: ends with version {entries[-1].version}, its head says {head.version}"
    return None


async def _heads(connection: Connection, after: str) -> list[_StreamHead]:
    async with connection.cursor(row_factory=class_row(_StreamHead)) as cursor:
        await cursor.execute(SQL["heads"], {"after": after, "limit": STREAMS_AT_ONCE})
        return await cursor.fetchall()


async def _entries(connection: Connection, streams: list[str]) -> dict[str, tuple[Entry, ...]]:
    async with connection.cursor(row_factory=class_row(Entry)) as cursor:
        await cursor.execute(SQL["entries"], {"streams": streams})
        rows = await cursor.fetchall()
    return {stream: tuple(group) for stream, group in groupby(rows, key=lambda entry: entry.stream)}
