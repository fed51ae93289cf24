"""Ed25519 signatures (RFC 8032) over canonical JSON: the key that makes them, and their check.

What is signed is always an object with a `form`, so that no signature of one kind can pass for another.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from domain.stream import canonical

KEY_BYTES = 32


class InvalidSigningKeyError(ValueError):
    """The signing key is missing or is not 64 hex digits."""


class UnreadableStatementError(ValueError):
    """What should be a signed statement is none."""


@dataclass(frozen=True, slots=True)
class Signed:
    """A statement as it was signed (canonical JSON), and the signature in hex."""

    statement: str
    signature: str

    @property
    def hash(self) -> str:
        """Names the statement: SHA-256 of its text, in hex."""
        return hashlib.sha256(self.statement.encode()).hexdigest()

    def body(self) -> dict[str, Any]:
        """The statement as an object. Raises UnreadableStatementError when it is none."""
        try:
            body = json.loads(self.statement)
        except ValueError:
            body = None
        if not isinstance(body, dict):
            raise UnreadableStatementError("a statement that is no JSON object")
        return body

    def row(self) -> dict[str, Any]:
        """As one JSON object, for files and dossiers."""
        return {"statement": self.body(), "signature": self.signature}

    @classmethod
    def of_row(cls, row: Any) -> Signed:
        """The reverse of `row`. Raises UnreadableStatementError."""
        match row:
            case {"statement": dict() as statement, "signature": str() as signature}:
                return cls(canonical(statement), signature)
            case _:
                raise UnreadableStatementError("not an object with a statement and its signature")

    def is_by(self, public_key: str) -> bool:
        """Whether the signature is that key's (hex) over this statement."""
        try:
            key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key))
            key.verify(bytes.fromhex(self.signature), self.statement.encode())
        except (InvalidSignature, ValueError):
            return False
        return True


class SigningKey:
    """An Ed25519 key. `public` is its public half in hex."""

    __slots__ = ("_key", "public")

    def __init__(self, text: str) -> None:
        """`text` is 64 hex digits (32 bytes); anything else raises InvalidSigningKeyError, which never repeats it."""
        try:
            seed = bytes.fromhex(text)
        except ValueError:
            seed = b""
        if len(seed) != KEY_BYTES:
            raise InvalidSigningKeyError(
                f"the signing key must be 64 hex digits (32 bytes), not {len(text)} characters: set THAW_SIGNING_KEY"
            )
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.public = self._key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()

    def sign(self, body: Mapping[str, Any]) -> Signed:
        """The body as a signed statement."""
        text = canonical(body)
        return Signed(text, self._key.sign(text.encode()).hex())

    def __repr__(self) -> str:
        return f"SigningKey({brief(self.public)})"


def brief(public_key: str) -> str:
    """A public key as people compare it: its first 16 digits."""
    return public_key[:16]
