"""The checkpoints themselves, checked: their chain, signatures and keys, table against files, and their roots against
what the table of sealed heads says."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any

from psycopg.rows import class_row

from domain.merkle import Node, leaf_hash, renewed, root_node, widths
from domain.stream import GENESIS
from journal.chains import SQL, Finding, SyncConnection
from journal.checkpoint import Checkpoint
from journal.key_ring import Ring
from journal.outside import Outside, OutsideError
from journal.signing import Signed, UnreadableStatementError, brief

ROWS_AT_ONCE = 10_000
WAITS, WAIT_SECONDS = 10, 0.1


@dataclass(frozen=True, slots=True)
class Seals:
    """The checkpoints as table and files have them, by number, and the ring of each."""

    table: Mapping[int, Signed]
    files: Mapping[int, Signed]
    table_ring: Ring
    files_ring: Ring
    unreadable: tuple[str, ...] = ()

    @property
    def ring(self) -> Ring:
        """The ring to go by: the files', which the database's rulers do not rule, where there is one."""
        return self.files_ring if self.files_ring.statements else self.table_ring

    def best(self) -> dict[int, Signed]:
        """Each checkpoint once, from where it is signed by a key of the ring; the files' where both are."""
        keys = self.ring.keys
        return {
            number: next((one for one in both if _signed(one, keys)), both[0])
            for number in sorted({*self.table, *self.files})
            if (both := [found[number] for found in (self.files, self.table) if number in found])
        }


def read(connection: SyncConnection, outside: Outside, listed: Iterable[int]) -> Seals:
    """What stands in the table, as the connection's snapshot has it, and in the files.

    `listed` are the files that stood before the snapshot was taken, so that none is newer than it. A file that the
    table is ahead of is waited for a little: it is written right after its row.
    """
    unreadable: list[str] = []
    table = {number: Signed(*rest) for number, *rest in connection.execute(SQL["checkpoints"])}
    with connection.cursor(row_factory=class_row(Signed)) as cursor:
        table_ring = Ring(tuple(cursor.execute(SQL["keys"]).fetchall()))
    files: dict[int, Signed] = {}
    if (newest := max(table, default=0)) and outside.folder.is_dir():
        _wait_for(outside, newest)
    for number in sorted({*listed, *(number for number in table if outside.has(number))}):
        try:
            files[number] = outside.read(number)
        except OutsideError as error:
            unreadable.append(str(error))
    try:
        files_ring = outside.ring()
    except OutsideError as error:
        unreadable.append(str(error))
        files_ring = Ring()
    return Seals(table, files, table_ring, files_ring, tuple(unreadable))


def _wait_for(outside: Outside, number: int) -> None:
    for _ in range(WAITS):
        if outside.has(number):
            return
        time.sleep(WAIT_SECONDS)


def findings(seals: Seals, *, trusted: Sequence[str], kept: Sequence[Signed] = ()) -> Iterator[Finding]:
    """What is wrong with the checkpoints. `trusted` are public keys known from elsewhere, each of which must be in the
    ring; `kept` are checkpoints kept elsewhere, each of which must be in the chain."""
    yield from (Finding("", text) for text in seals.unreadable)
    yield from _ring_findings(seals, trusted)
    yield from _table_against_files(seals)
    best = seals.best()
    yield from _chain_findings(best, seals.ring)
    for signed in kept:
        number = signed.body().get("number")
        if not isinstance(number, int) or best.get(number) != signed:
            yield Finding("", f"checkpoint {number}, which was kept elsewhere, is not the one that stands here")


def _ring_findings(seals: Seals, trusted: Sequence[str]) -> Iterator[Finding]:
    for where, ring in (("database", seals.table_ring), ("folder", seals.files_ring)):
        if problem := ring.problem():
            yield Finding("", f"the key ring in the {where}: {problem}")
    if seals.files and seals.files_ring != seals.table_ring:
        yield Finding("", "the key rings in the database and in the folder of checkpoints differ")
    if seals.table or seals.files:
        for key in trusted:
            if key not in seals.ring.keys:
                problem = f"key {brief(key)}, which is trusted, is not in the key ring: a made-up ring, or a wrong key"
                yield Finding("", problem)


def _table_against_files(seals: Seals) -> Iterator[Finding]:
    for first, last in _runs(sorted(set(seals.files) - set(seals.table))):
        yield Finding("", f"{_named(first, last)} in the folder but not in the database: removed there")
    for first, last in _runs(sorted(set(seals.table) - set(seals.files))):
        yield Finding("", f"{_named(first, last)} in the database but not in the folder: removed there")
    for number in sorted(set(seals.table) & set(seals.files)):
        if seals.table[number] != seals.files[number]:
            yield Finding("", f"checkpoint {number} reads differently in the database and in the folder")


def _chain_findings(best: Mapping[int, Signed], ring: Ring) -> Iterator[Finding]:
    keys, previous, used = ring.keys, GENESIS, 0
    for number in range(1, max(best, default=0) + 1):
        if number not in best:
            yield Finding("", f"checkpoint {number} is missing everywhere")
            return
        signed = best[number]
        try:
            checkpoint = Checkpoint.of(signed)
        except UnreadableStatementError as error:
            yield Finding("", f"checkpoint {number}: {error}")
            return
        if not _signed(signed, keys):
            yield Finding("", f"checkpoint {number}: forged: no key of the ring signed it")
        elif checkpoint.number != number or checkpoint.previous != previous:
            yield Finding("", f"checkpoint {number}: does not continue the one before it")
        elif keys.index(checkpoint.key) < used:
            yield Finding("", f"checkpoint {number}: signed by {brief(checkpoint.key)}, which others had followed")
        else:
            used = keys.index(checkpoint.key)
        previous = signed.hash


def root_findings(connection: SyncConnection, best: Mapping[int, Signed]) -> list[Finding]:
    """Computes every checkpoint's root anew from the sealed heads, and names the first that is another.

    Memory: some 150 bytes a stream; time: some forty hashes for every head that was ever sealed.
    """
    tree, seen, events = _Tree(), 0, 0
    for number, rows in groupby(_all_sealed(connection), key=itemgetter(0)):
        if number != seen + 1 or number not in best:
            return [Finding("", f"checkpoint {seen + 1}: its sealed heads were removed, or {number} has none to go by")]
        seen = number
        try:
            checkpoint = Checkpoint.of(best[number])
            events += tree.move(rows)
        except UnreadableStatementError:
            return []  # the chain's own findings name it
        except _MisplacedError as error:
            return [Finding("", f"checkpoint {number}: {error}")]
        said = (checkpoint.root, checkpoint.streams, checkpoint.events)
        if said != (tree.root, tree.size, events):
            return [
                Finding(
                    "",
                    f"checkpoint {number}: the sealed heads in the database lead to another root, number of streams or "
                    "of events than it says: they were changed (later ones were not compared)",
                )
            ]
    if seen < max(best, default=0):
        return [Finding("", f"checkpoint {seen + 1}: its sealed heads were removed")]
    return []


class _MisplacedError(Exception):
    """A sealed head that no checkpoint could have sealed so."""


class _Tree(Mapping[Node, bytes]):
    """The tree as it grew, level by level."""

    def __init__(self) -> None:
        self._levels: list[list[bytes]] = [[]]
        self._streams: list[tuple[str, int]] = []

    @property
    def size(self) -> int:
        return len(self._streams)

    @property
    def root(self) -> str:
        return self[root_node(self.size)].hex()

    def move(self, rows: Iterable[tuple[Any, ...]]) -> int:
        """Moves the heads that a checkpoint sealed; how many entries they gained."""
        gained, edge = 0, self.size - 1
        touched: dict[int, bytes] = {}
        for _, leaf, stream, position, hash_ in rows:
            if leaf > self.size:
                raise _MisplacedError(f"the leaf of {stream} leaves a gap")
            before = 0
            if leaf == self.size:
                self._streams.append((stream, position))
            else:
                owner, before = self._streams[leaf]
                if owner != stream or position <= before:
                    raise _MisplacedError(f"{stream} is sealed in another's place, or behind where it was")
                self._streams[leaf] = (stream, position)
            gained += position - before
            touched[leaf] = leaf_hash(stream, position, hash_)
        if 0 <= edge < self.size - 1:
            touched.setdefault(edge, self._levels[0][edge])
        for (level, index), node in sorted(renewed(self.size, touched, self).items()):
            self._put(level, index, node)
        return gained

    def _put(self, level: int, index: int, node: bytes) -> None:
        while len(self._levels) <= level:
            self._levels.append([])
        row = self._levels[level]
        if index == len(row):
            row.append(node)
        else:
            row[index] = node

    def __getitem__(self, node: Node) -> bytes:
        level, index = node
        return self._levels[level][index]

    def __iter__(self) -> Iterator[Node]:
        return ((level, index) for level, width in enumerate(widths(self.size)) for index in range(width))

    def __len__(self) -> int:
        return sum(widths(self.size))


def _all_sealed(connection: SyncConnection) -> Iterator[tuple[Any, ...]]:
    with connection.cursor(name="sealed") as cursor:
        cursor.itersize = ROWS_AT_ONCE
        cursor.execute(SQL["all_sealed"])
        yield from cursor


def _signed(signed: Signed, keys: Sequence[str]) -> bool:
    """Whether the key it names is one of these and signed it."""
    try:
        key = signed.body().get("key")
    except UnreadableStatementError:
        return False
    return key in keys and signed.is_by(str(key))


def _runs(numbers: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Numbers that follow each other, as first and last."""
    for _, group in groupby(enumerate(numbers), key=lambda pair: pair[1] - pair[0]):
        run = [number for _, number in group]
        yield run[0], run[-1]


def _named(first: int, last: int) -> str:
    return f"checkpoint {first} stands" if first == last else f"checkpoints {first} to {last} stand"
