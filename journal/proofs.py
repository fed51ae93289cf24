"""Proving to outsiders that a stream is as it was sealed: its place in the newest checkpoint's tree."""

from __future__ import annotations

from dataclasses import dataclass

from psycopg.rows import class_row

from domain.merkle import leaf_hash, path_nodes, proven_root
from journal.checkpoint import Checkpoint
from journal.key_ring import Ring
from journal.sealing import SQL, AlteredSealsError, newest_of, nodes_of, ring_of
from journal.signing import Signed
from journal.statements import Pool


@dataclass(frozen=True, slots=True)
class SealedHead:
    """Where a stream stood when it was sealed last, and its leaf in the tree."""

    leaf: int
    position: int
    hash: str


@dataclass(frozen=True, slots=True)
class Proof:
    """A stream's head under a checkpoint: `path` leads from its leaf to the checkpoint's root."""

    head: SealedHead
    path: tuple[str, ...]
    checkpoint: Signed
    ring: Ring


async def ring_now(pool: Pool) -> Ring:
    """The key ring; empty until the first checkpoint is made."""
    async with pool.connection() as connection:
        return await ring_of(connection)


async def proof_of(pool: Pool, stream: str) -> Proof | None:
    """The proof under the newest checkpoint; None when the stream is not sealed yet.

    Raises AlteredSealsError when what is stored does not lead to the signed root.
    """
    async with pool.connection() as connection, connection.transaction():
        await connection.execute(SQL["begin"])
        newest = await newest_of(connection)
        async with connection.cursor(row_factory=class_row(SealedHead)) as cursor:
            await cursor.execute(SQL["sealed_head"], {"stream": stream})
            head = await cursor.fetchone()
        if newest is None or head is None:
            return None
        checkpoint = Checkpoint.of(newest.signed)
        wanted = path_nodes(checkpoint.streams, head.leaf)
        known = await nodes_of(connection, wanted)
        path = [known[node] for node in wanted if node in known]
        leaf = leaf_hash(stream, head.position, head.hash)
        if proven_root(checkpoint.streams, head.leaf, leaf, path) != bytes.fromhex(checkpoint.root):
            raise AlteredSealsError(
                f"what is stored of {stream} does not lead to the root of checkpoint {checkpoint.number}: "
                "run `thaw journal verify`"
            )
        return Proof(head, tuple(step.hex() for step in path), newest.signed, await ring_of(connection))
