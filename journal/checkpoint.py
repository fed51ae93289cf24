"""What a checkpoint says: at this moment the journal's streams ended so, all of them under one signed hash."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any, Self

from domain.stream import GENESIS
from journal.signing import Signed, SigningKey, UnreadableStatementError

FORM = "thaw-checkpoint/1"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A checkpoint's statement.

    `previous` is the hash of the statement before it (64 zeros for the first), `key` the signer's public key,
    `root` the Merkle tree's root over the heads of `streams` streams, which have `events` events together.
    `made_at` is RFC 3339 in UTC. All hashes and keys are hex.
    """

    number: int
    made_at: str
    previous: str
    key: str
    streams: int
    events: int
    root: str

    @classmethod
    def of(cls, signed: Signed) -> Self:
        """What a signed statement says. Raises UnreadableStatementError for anything but a checkpoint."""
        body = signed.body()
        known = {field.name: {"int": int, "str": str}[str(field.type)] for field in fields(cls)}
        if body.pop("form", None) != FORM or set(body) != set(known):
            raise UnreadableStatementError("not a statement of the form " + FORM)
        if any(type(body[name]) is not kind for name, kind in known.items()):
            raise UnreadableStatementError("a checkpoint with a field of another type")
        return cls(**body)

    def signed(self, key: SigningKey) -> Signed:
        """The statement, signed. The key must be the one it names."""
        assert key.public == self.key
        return key.sign(self.body())

    def body(self) -> dict[str, Any]:
        """The statement as it is signed."""
        return {"form": FORM, **asdict(self)}


def hash_before(newest: Signed | None) -> str:
    """What the next checkpoint names as its previous one."""
    return newest.hash if newest else GENESIS
