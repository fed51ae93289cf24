"""One range of streams, checked: each is the unbroken chain its head says it is, and stands as it was sealed.

Found are a changed byte, a removed, inserted or swapped entry, one cut off at the end, a moved head, entries without a
head, and against the seals a stream that is gone or was rewritten as a whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any

import psycopg

from domain.stream import GENESIS, digest
from journal.connections import options
from journal.statements import load

SQL = load("verify")
ROWS_AT_ONCE = 2000
LAST = "\U0010ffff"
"""No stream's name comes after this one."""

SyncConnection = psycopg.Connection[Any]


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong with a stream; `stream` is empty for what is wrong with the checkpoints."""

    stream: str
    problem: str


@dataclass(frozen=True, slots=True)
class Range:
    """The streams whose names come after `after`, up to and with `upto`."""

    after: str
    upto: str


@dataclass(frozen=True, slots=True)
class Checked:
    """What was read of a range, how many of its streams have entries that no checkpoint covers, what was found."""

    streams: int
    events: int
    unsealed: int
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class _Head:
    position: int
    hash: str
    version: int


@dataclass(frozen=True, slots=True)
class _Seal:
    checkpoint: int
    position: int
    hash: str


@dataclass(slots=True)
class _Read:
    """How many entries were read."""

    events: int = 0


@dataclass(slots=True)
class _End:
    """Where reading a stream has come to."""

    position: int = 0
    hash: str = GENESIS
    version: int = 0


def connect(url: str, snapshot: str | None = None) -> SyncConnection:
    """A connection that reads one snapshot: a new one, or one that another connection lends."""
    asked = options(url) | {"prepare_threshold": None}
    connection = psycopg.connect(url, **asked)
    connection.execute(SQL["begin"])
    if snapshot is not None:
        connection.execute(psycopg.sql.SQL("set transaction snapshot {}").format(snapshot))
    connection.execute(SQL["patience"])
    return connection


def check(connection: SyncConnection, part: Range) -> Checked:
    """Checks every stream of the range that has a head, entries or a seal. Memory: the range's heads and seals, and
    some two thousand entries at a time."""
    names = {"after": part.after, "upto": part.upto}
    heads = {stream: _Head(*rest) for stream, *rest in connection.execute(SQL["heads"], names)}
    seals = {
        stream: [_Seal(*rest) for _, *rest in rows]
        for stream, rows in groupby(connection.execute(SQL["sealed"], names), key=itemgetter(0))
    }
    findings: list[Finding] = []
    read, unsealed = _Read(), 0
    without_entries = set(heads) | set(seals)
    for stream, rows in groupby(_entries(connection, names, read), key=itemgetter(0)):
        without_entries.discard(stream)
        end, sealed = _End(), seals.get(stream, [])
        problem = _walk(rows, end, sealed) or _end_problem(stream, end, heads.get(stream), sealed)
        unsealed += not sealed or sealed[-1].position < end.position
        if problem:
            findings.append(Finding(stream, problem))
    findings += [Finding(stream, _absence(stream, heads, seals)) for stream in sorted(without_entries)]
    return Checked(len(heads), read.events, unsealed, tuple(sorted(findings, key=lambda finding: finding.stream)))


def _entries(connection: SyncConnection, names: dict[str, str], read: _Read) -> Iterator[tuple[Any, ...]]:
    with connection.cursor(name="entries") as cursor:
        cursor.itersize = ROWS_AT_ONCE
        cursor.execute(SQL["entries"], names)
        for row in cursor:
            read.events += 1
            yield row


def _walk(rows: Iterable[tuple[Any, ...]], end: _End, seals: Sequence[_Seal]) -> str | None:
    """Follows a chain to its end, or to what breaks it, in words."""
    expected = {seal.position: seal for seal in seals}
    for stream, position, version, type_, form, occurred_at, actor, command_id, data, previous_hash, hash_ in rows:
        if position != end.position + 1:
            return f"{stream}: position {position} follows {end.position}"
        if previous_hash != end.hash:
            return f"{stream}@{position}: does not continue the entry before it"
        own = digest(
            previous_hash,
            stream=stream,
            position=position,
            version=version,
            type=type_,
            form=form,
            occurred_at=occurred_at,
            actor=actor,
            command_id=command_id,
            data=data,
        )
        if own != hash_:
            return f"{stream}@{position}: its content does not match its hash"
        end.position, end.hash, end.version = position, hash_, version
        seal = expected.get(position)
        if seal is not None and seal.hash != hash_:
            return (
                f"{stream}@{position}: checkpoint {seal.checkpoint} sealed {seal.hash[:12]} here, now it is "
                f"{hash_[:12]}: the chain was rewritten"
            )
    return None


def _end_problem(stream: str, end: _End, head: _Head | None, seals: Sequence[_Seal]) -> str | None:
    """What is wrong with where an unbroken chain ends."""
    if seals and seals[-1].position > end.position:
        last = seals[-1]
        return f"{stream}: ends at {end.position}, but checkpoint {last.checkpoint} sealed {last.position} entries"
    if head is None:
        return f"{stream}: has entries but no head"
    if (end.position, end.hash) != (head.position, head.hash):
        return f"{stream}: ends at {end.position} ({end.hash[:12]}), its head says {head.position} ({head.hash[:12]})"
    if end.version != head.version:
        return f"{stream}: ends with version {end.version}, its head says {head.version}"
    return None


def _absence(stream: str, heads: dict[str, _Head], seals: dict[str, list[_Seal]]) -> str:
    """What is wrong with a stream that has no entries."""
    if stream in seals:
        last = seals[stream][-1]
        return f"{stream}: checkpoint {last.checkpoint} sealed {last.position} entries, and none of them stands"
    return f"{stream}: has a head at {heads[stream].position} but no entries"
