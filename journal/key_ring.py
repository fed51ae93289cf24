"""The keys that have signed for this journal, each introduced by the one before it.

Who trusts one key of the ring may trust the later ones, because each is named in a statement that the key before it
signed. The checkpoints before a key's own are vouched for by their chain of hashes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from journal.signing import Signed, SigningKey, UnreadableStatementError, brief

FORM = "thaw-key/1"


@dataclass(frozen=True, slots=True)
class Ring:
    """The statements that introduced the keys, oldest first."""

    statements: tuple[Signed, ...] = ()

    @property
    def keys(self) -> tuple[str, ...]:
        """The public keys in hex, oldest first."""
        return tuple(str(_body(signed).get("public_key")) for signed in self.statements)

    def with_first(self, key: SigningKey, made_at: str) -> Ring:
        """An empty ring's first key, which introduces itself."""
        assert not self.statements
        return Ring((_introduction(key, 1, key.public, made_at),))

    def with_next(self, old: SigningKey, public_key: str, made_at: str) -> Ring:
        """The ring with a new key, introduced by its newest."""
        assert self.keys[-1] == old.public
        return Ring((*self.statements, _introduction(old, len(self.statements) + 1, public_key, made_at)))

    def problem(self) -> str | None:
        """What is wrong with the ring, in words; None when each key is introduced by the one before it."""
        signer = self.keys[0] if self.statements else ""
        for number, (signed, key) in enumerate(zip(self.statements, self.keys, strict=True), 1):
            body = _body(signed)
            if body.get("form") != FORM or body.get("number") != number:
                return f"key {number}: its statement is of another form or number"
            if body.get("introduced_by") != signer or not signed.is_by(signer):
                return f"key {number} ({brief(key)}): not introduced by {brief(signer)}, the key before it"
            signer = key
        return None


def _body(signed: Signed) -> dict[str, Any]:
    """What a statement says; nothing, and so of no form, when it cannot be read."""
    try:
        return signed.body()
    except UnreadableStatementError:
        return {}


def _introduction(by: SigningKey, number: int, public_key: str, made_at: str) -> Signed:
    return by.sign(
        {
            "form": FORM,
            "number": number,
            "made_at": made_at,
            "public_key": public_key,
            "introduced_by": by.public,
        }
    )
