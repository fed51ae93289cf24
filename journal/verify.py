"""Checking the whole journal: every stream's chain, each against what was sealed of it, and the seals themselves.

Streams are checked in ranges, by as many processes as wanted, all in one snapshot of the database. What one who rules
the database can do shows against the signed checkpoints; what one who rules tables and files can do shows against a
checkpoint or a public key kept elsewhere. Entries after the last checkpoint are protected by their chain alone.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import closing
from dataclasses import dataclass
from functools import reduce
from typing import Self

from journal import chains, seals
from journal.chains import LAST, SQL, Checked, Finding, Range, SyncConnection
from journal.outside import Outside
from journal.resuming import Course, Notes
from journal.signing import Signed

STREAMS_AT_ONCE = 500
STREAMS_PER_PROCESS = 5000
"""A process takes a second to start, in which another checks as many streams."""

Progress = Callable[[int, int], None]
"""Told now and then how many of how many streams are checked."""


@dataclass(frozen=True, slots=True)
class Report:
    """What was read, and what was found; a sound journal has no findings. `unsealed` streams have entries that no
    checkpoint covers yet. `resumed` says that part of it was checked by a run that broke off."""

    streams: int
    events: int
    checkpoints: int
    unsealed: int
    resumed: bool
    findings: tuple[Finding, ...]

    @property
    def sound(self) -> bool:
        return not self.findings


@dataclass(frozen=True, slots=True)
class Plan:
    """How to check: how many processes share the streams (None: as many as there are cores and as is worth while), how
    many streams one takes at a time, the public keys and checkpoints known from elsewhere, and where to keep notes from
    which a run that broke off is resumed."""

    processes: int | None = None
    streams_at_once: int = STREAMS_AT_ONCE
    trusted: Sequence[str] = ()
    kept: Sequence[Signed] = ()
    notes: Notes | None = None
    resume: bool = False


def verify(url: str, outside: Outside, plan: Plan, progress: Progress = lambda _done, _all: None) -> Report:
    """Checks the journal at `url` as it stands when this begins, and the checkpoints in the folder beside it.

    Raises psycopg's errors when it cannot be read.
    """
    listed = outside.numbers()
    with closing(chains.connect(url)) as connection:
        snapshot = str(_value(connection, "lend_snapshot"))
        standing = seals.read(connection, outside, listed)
        found = list(seals.findings(standing, trusted=plan.trusted, kept=plan.kept))
        course = _course(connection, standing, plan)
        total = int(str(_value(connection, "size")))
        best = standing.best()
        wanted = plan.processes or min(os.cpu_count() or 1, total // STREAMS_PER_PROCESS)
        reader = _Readers(url, snapshot, min(wanted, len(course.left)))
        done = reduce(_together, course.done.values(), Checked(0, 0, 0, ()))
        progress(done.streams, total)
        with reader:
            roots = reader.roots(best, connection)
            for number, part in reader.checked(course.left, connection):
                course.note(number, part)
                done = _together(done, part)
                progress(done.streams, total)
            found += roots.result()
        course.end()
    by_stream = sorted(done.findings, key=lambda finding: finding.stream)
    return Report(done.streams, done.events, len(best), done.unsealed, course.resumed, (*found, *by_stream))


class _Readers:
    """Who reads: this process over its own connection, or a pool of processes over one each, in the same snapshot."""

    def __init__(self, url: str, snapshot: str, processes: int) -> None:
        self._pool: ProcessPoolExecutor | None = None
        if processes > 1:
            self._pool = ProcessPoolExecutor(
                processes, multiprocessing.get_context("spawn"), initializer=_open, initargs=(url, snapshot)
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def roots(self, best: Mapping[int, Signed], connection: SyncConnection) -> Future[list[Finding]]:
        """The findings about the checkpoints' roots."""
        if self._pool is not None:
            return self._pool.submit(_roots, dict(best))
        found = Future[list[Finding]]()
        found.set_result(seals.root_findings(connection, best))
        return found

    def checked(self, left: Sequence[tuple[int, Range]], connection: SyncConnection) -> Iterator[tuple[int, Checked]]:
        """Each range by number as it is done."""
        if self._pool is None:
            yield from ((number, chains.check(connection, part)) for number, part in left)
            return
        under_way = {self._pool.submit(_check, part): number for number, part in left}
        while under_way:
            ready, _ = wait(under_way, return_when=FIRST_COMPLETED)
            for each in ready:
                yield under_way.pop(each), each.result()


_own: SyncConnection
"""The connection of a process of the pool."""


def _open(url: str, snapshot: str) -> None:
    global _own  # noqa: PLW0603 — a pool hands its processes nothing else to keep things in
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who interrupts the check is answered by the process that began it
    _own = chains.connect(url, snapshot)


def _check(part: Range) -> Checked:
    return chains.check(_own, part)


def _roots(best: Mapping[int, Signed]) -> list[Finding]:
    return seals.root_findings(_own, best)


def _course(connection: SyncConnection, standing: seals.Seals, plan: Plan) -> Course:
    """What to check, and what of it a run that broke off has checked."""
    uppers = [str(row[0]) for row in connection.execute(SQL["bounds"], {"streams": plan.streams_at_once})]
    identity = str(_value(connection, "identity"))
    return Course.begin(identity, standing.best(), [*uppers, LAST], plan.notes, resume=plan.resume)


def _together(one: Checked, other: Checked) -> Checked:
    return Checked(
        one.streams + other.streams,
        one.events + other.events,
        one.unsealed + other.unsealed,
        one.findings + other.findings,
    )


def _value(connection: SyncConnection, statement: str) -> object:
    row = connection.execute(SQL[statement]).fetchone()
    assert row is not None
    return row[0]
