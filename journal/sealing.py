"""Making checkpoints: sealing where the streams stand, under one signed hash, in the database and outside it.

A checkpoint costs what moved since the last one: some forty hashes and twenty small rows per moved head in a journal of
a million streams. No node of the stored tree is believed: the old root is computed beside the new one from the same
neighbours and must be the one that was signed last.

A head is sealed only if it continues what was sealed before. One that does not was rewritten: it keeps its old seal,
which `journal.verify` then finds broken.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from psycopg.rows import class_row

from domain.merkle import Node, beside, leaf_hash, renewed, root_node
from journal.checkpoint import Checkpoint, hash_before
from journal.key_ring import Ring
from journal.outside import Outside, OutsideError
from journal.signing import Signed, SigningKey, brief
from journal.statements import Connection, Pool, load

SQL = load("checkpoints")
MOST_AT_ONCE = 100_000
"""Heads per checkpoint; what is more comes under the next one."""


class SealingError(Exception):
    """No checkpoint can be made; the message says why and what to do."""


class WrongSigningKeyError(SealingError):
    """The signing key in use is not one that may sign for this journal now."""


class AlteredSealsError(SealingError):
    """What was sealed reads differently now: someone changed the table of sealed heads."""


@dataclass(frozen=True, slots=True)
class Moved:
    """A head that is not sealed as it stands; `leaf` and what is sealed are None for a new stream."""

    stream: str
    position: int
    hash: str
    leaf: int | None
    sealed_position: int | None
    sealed_hash: str | None
    continues: bool


@dataclass(frozen=True, slots=True)
class Sealed:
    """What a round of sealing did: the newest checkpoint, how many heads it sealed now (none: it stood before), whether
    more are waiting, and the streams that do not continue what was sealed of them."""

    checkpoint: Checkpoint | None
    heads: int
    more: bool
    rewritten: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Kept:
    """A checkpoint as its row has it."""

    number: int
    statement: str
    signature: str
    seen_to: str
    regressed: bool

    @property
    def signed(self) -> Signed:
        return Signed(self.statement, self.signature)


class Sealer:
    """Makes checkpoints. Any number of them may run at once: one works, the others wait."""

    def __init__(self, pool: Pool, key: str, folder: Outside, *, most_at_once: int = MOST_AT_ONCE) -> None:
        """`key` is the setting `signing_key`. Raises InvalidSigningKeyError."""
        self.pool, self.key, self.outside = pool, SigningKey(key), folder
        self._most = most_at_once

    async def seal(self, now: str, *, everything: bool = False, stream: str | None = None) -> Sealed:
        """Makes a checkpoint if any head moved. `now` is RFC 3339 in UTC. What was written since the last one is
        looked at, and `stream` at any rate; with `everything` all heads are compared, which a restored database needs.

        Raises SealingError, OutsideError (the checkpoint may stand in the database then, and its file follows with the
        next one), OSError when the folder cannot be written, and psycopg's errors.
        """
        async with self.pool.connection() as connection, connection.transaction():
            await _begin(connection)
            newest = await newest_of(connection)
            ring = await self._ring(connection, newest, now)
            await asyncio.to_thread(self._agree, newest)
            if newest is not None and (everything or newest.regressed):
                await _all_there(connection, Checkpoint.of(newest.signed))
            since = None if everything or newest is None or newest.regressed else newest.seen_to
            moved = await self._moved(connection, since, stream)
            fresh = [head for head in moved if head.continues]
            rewritten = tuple(head.stream for head in moved if not head.continues)
            more = len(moved) == self._most
            last = newest.signed if newest else None
            if fresh:
                last = await self._keep(connection, newest, fresh, now, more=more)
        async with self.pool.connection() as connection:
            await self._write_down(connection, last, ring)
        return Sealed(Checkpoint.of(last) if last else None, len(fresh), more and bool(fresh), rewritten)

    async def rotate(self, next_key: SigningKey, now: str) -> Ring:
        """Introduces the next key, signed by this one. The same again changes nothing. Raises like `seal`."""
        async with self.pool.connection() as connection, connection.transaction():
            await _begin(connection)
            ring = await self._ring(connection, await newest_of(connection), now)
            if next_key.public not in ring.keys:
                if ring.keys[-1] != self.key.public:
                    raise WrongSigningKeyError(
                        f"key {brief(self.key.public)} was followed by {brief(ring.keys[-1])}: rotate from that one"
                    )
                ring = ring.with_next(self.key, next_key.public, now)
                await _keep_key(connection, ring)
        await asyncio.to_thread(self.outside.write_ring, ring)
        return ring

    async def _ring(self, connection: Connection, newest: _Kept | None, now: str) -> Ring:
        """The key ring, in which our key has its place."""
        ring = await ring_of(connection)
        if not ring.statements:
            if newest is not None:
                raise SealingError("checkpoints stand without the keys that signed them: run `thaw journal verify`")
            ring = ring.with_first(self.key, now)
            await _keep_key(connection, ring)
        if self.key.public not in ring.keys:
            raise WrongSigningKeyError(
                f"this journal is signed by key {brief(ring.keys[-1])}, but THAW_SIGNING_KEY holds "
                f"{brief(self.key.public)}: set the key it was signed with, or introduce a new one with it by "
                "`thaw journal rotate-key`"
            )
        used = Checkpoint.of(newest.signed).key if newest else ring.keys[0]
        if used in ring.keys and ring.keys.index(self.key.public) < ring.keys.index(used):
            raise WrongSigningKeyError(
                f"THAW_SIGNING_KEY holds {brief(self.key.public)}, which {brief(used)} has followed: start this "
                "process again with the new key"
            )
        return ring

    def _agree(self, newest: _Kept | None) -> None:
        """That the folder is not ahead of the table, and has the same last checkpoint if it has it at all."""
        number = newest.number if newest else 0
        if self.outside.has(number + 1):
            raise OutsideError(
                f"checkpoint {number + 1} stands in {self.outside.folder} but not in the database, which has lost what "
                "it covers. If you restored a backup, move the files from that number on elsewhere and keep them; if "
                "not, run `thaw journal verify`"
            )
        if newest and self.outside.has(number):
            self.outside.write(number, newest.signed)

    async def _moved(self, connection: Connection, since: str | None, stream: str | None) -> Sequence[Moved]:
        statement = SQL["all_moved"] if since is None else SQL["moved"]
        async with connection.cursor(row_factory=class_row(Moved)) as cursor:
            await cursor.execute(statement, {"since": since, "stream": stream, "limit": self._most})
            return await cursor.fetchall()

    async def _keep(
        self, connection: Connection, newest: _Kept | None, moved: Sequence[Moved], now: str, *, more: bool
    ) -> Signed:
        """Puts a new checkpoint over the moved heads into the database."""
        before = Checkpoint.of(newest.signed) if newest else None
        size = before.streams if before else 0
        leaves: dict[int, Moved] = {}
        for head in moved:
            leaves[size if head.leaf is None else head.leaf] = head
            size += head.leaf is None
        nodes = await _grown(connection, before, size, leaves)
        made = Checkpoint(
            number=before.number + 1 if before else 1,
            made_at=now,
            previous=hash_before(newest.signed if newest else None),
            key=self.key.public,
            streams=size,
            events=(before.events if before else 0) + sum(h.position - (h.sealed_position or 0) for h in moved),
            root=nodes[root_node(size)].hex(),
        )
        signed = made.signed(self.key)
        await connection.execute(
            SQL["seal"],
            {
                "checkpoint": made.number,
                "streams": [head.stream for head in leaves.values()],
                "leaves": list(leaves),
                "positions": [head.position for head in leaves.values()],
                "hashes": [head.hash for head in leaves.values()],
            },
        )
        await _keep_nodes(connection, nodes)
        seen_to = (newest.seen_to if newest else "0") if more else None
        row = {"number": made.number, "statement": signed.statement, "signature": signed.signature, "seen_to": seen_to}
        await connection.execute(SQL["keep"], row)
        return signed

    async def _write_down(self, connection: Connection, last: Signed | None, ring: Ring) -> None:
        """Writes what the folder lacks: the ring, the last checkpoint, and those before it back to one that stands."""
        await asyncio.to_thread(self.outside.write_ring, ring)
        lacking: list[tuple[int, Signed]] = []
        number = Checkpoint.of(last).number if last else 0
        while number > 0 and not await asyncio.to_thread(self.outside.has, number):
            signed = await _one(connection, number)
            lacking.append((number, signed))
            number -= 1
        for number, signed in reversed(lacking):
            await asyncio.to_thread(self.outside.write, number, signed)


async def newest_of(connection: Connection) -> _Kept | None:
    """The newest checkpoint in the database."""
    async with connection.cursor(row_factory=class_row(_Kept)) as cursor:
        await cursor.execute(SQL["newest"])
        return await cursor.fetchone()


async def ring_of(connection: Connection) -> Ring:
    """The key ring in the database."""
    async with connection.cursor(row_factory=class_row(Signed)) as cursor:
        await cursor.execute(SQL["keys"])
        return Ring(tuple(await cursor.fetchall()))


async def nodes_of(connection: Connection, wanted: Sequence[Node]) -> dict[Node, bytes]:
    """Those of the nodes that are stored."""
    levels, indexes = [level for level, _ in wanted], [index for _, index in wanted]
    cursor = await connection.execute(SQL["nodes"], {"levels": levels, "indexes": indexes})
    return {(level, index): bytes(hash_) for level, index, hash_ in await cursor.fetchall()}


async def _begin(connection: Connection) -> None:
    for statement in ("begin", "patience", "lock"):
        await connection.execute(SQL[statement])


async def _one(connection: Connection, number: int) -> Signed:
    async with connection.cursor(row_factory=class_row(Signed)) as cursor:
        await cursor.execute(SQL["one"], {"number": number})
        found = await cursor.fetchone()
    if found is None:
        raise SealingError(f"checkpoint {number} is missing from the database: run `thaw journal verify`")
    return found


async def _keep_key(connection: Connection, ring: Ring) -> None:
    newest = ring.statements[-1]
    row = {"number": len(ring.statements), "statement": newest.statement, "signature": newest.signature}
    await connection.execute(SQL["keep_key"], row)


async def _grown(
    connection: Connection, before: Checkpoint | None, size: int, moved: Mapping[int, Moved]
) -> dict[Node, bytes]:
    """The nodes that differ in the new tree, after the old one was proved with the same neighbours."""
    old_size = before.streams if before else 0
    edge = {old_size - 1} - set(moved) if 0 < old_size < size else set()  # it gets a new neighbour
    touched = set(moved) | edge
    wanted = sorted(beside(size, touched) | {(0, leaf) for leaf in edge})
    known = await nodes_of(connection, wanted)
    old = {leaf: known.get((0, leaf), b"") for leaf in edge}
    old |= {
        leaf: leaf_hash(head.stream, head.sealed_position or 0, head.sealed_hash or "")
        for leaf, head in moved.items()
        if leaf < old_size
    }
    if before is not None and not _leads_to(before, old, known):
        known = await _known_anew(connection, before, wanted)
        old |= {leaf: known[0, leaf] for leaf in edge}
        if not _leads_to(before, old, known):
            raise AlteredSealsError(
                f"the sealed heads no longer lead to the root of checkpoint {before.number}: someone changed them. "
                "Run `thaw journal verify`"
            )
    new = {leaf: leaf_hash(head.stream, head.position, head.hash) for leaf, head in moved.items()}
    return renewed(size, {leaf: old[leaf] for leaf in edge} | new, known)


def _leads_to(before: Checkpoint, leaves: Mapping[int, bytes], known: Mapping[Node, bytes]) -> bool:
    """Whether these leaves and neighbours are those of the tree that was signed."""
    try:
        return renewed(before.streams, leaves, known)[root_node(before.streams)].hex() == before.root
    except KeyError:
        return False


async def _all_there(connection: Connection, newest: Checkpoint) -> None:
    """That no stream's seals were removed: it would be sealed anew, as if it had just begun."""
    row = await (await connection.execute(SQL["sealed_streams"])).fetchone()
    if row is None or row[0] != newest.streams:
        raise AlteredSealsError(
            f"checkpoint {newest.number} covers {newest.streams} streams, but the seals of {row and row[0]} stand: "
            "someone changed them. Run `thaw journal verify`"
        )


async def _known_anew(connection: Connection, before: Checkpoint, wanted: Sequence[Node]) -> dict[Node, bytes]:
    """The nodes wanted, after the stored tree, which was lost or altered, was computed from the sealed heads."""
    cursor = await connection.execute(SQL["sealed_leaves"])
    leaves = {leaf: leaf_hash(stream, position, head) for leaf, stream, position, head in await cursor.fetchall()}
    if set(leaves) != set(range(before.streams)):
        raise AlteredSealsError(
            f"checkpoint {before.number} covers {before.streams} streams, but {len(leaves)} are sealed: someone "
            "changed them. Run `thaw journal verify`"
        )
    nodes = renewed(before.streams, leaves, {})
    await connection.execute(SQL["forget_nodes"])
    await _keep_nodes(connection, nodes)
    return {node: nodes[node] for node in wanted if node in nodes}


async def _keep_nodes(connection: Connection, nodes: Mapping[Node, bytes]) -> None:
    await connection.execute(
        SQL["keep_nodes"],
        {
            "levels": [level for level, _ in nodes],
            "indexes": [index for _, index in nodes],
            "hashes": list(nodes.values()),
        },
    )
