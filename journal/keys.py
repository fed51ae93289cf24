"""The vault's cryptography, without any storage: the key-encryption key, data keys, sealed bytes.

A key-encryption key (KEK) stays outside the database and wraps one data key per subject (AES-KW, RFC 3394).
A data key seals that subject's records with AES-256-GCM-SIV (RFC 8452), which keeps its promises even if a
nonce should ever repeat. What a sealed record *is* (its identity) goes in as associated data, so a record moved
to another row, subject or kind does not open.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from collections.abc import Callable, Iterable

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCMSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap

KEY_BYTES = 32
NONCE_BYTES = 12
FORM = b"\x01"
"""First byte of everything sealed: which way of sealing was used, so that a later way can stand beside it."""


class InvalidKekError(ValueError):
    """The key-encryption key is missing or is not 64 hex digits."""


class DamagedError(Exception):
    """Sealed bytes do not open: they, their place or their key were changed after they were written."""


class Kek:
    """A key-encryption key. `id` names it without betraying it."""

    __slots__ = ("_key", "id")

    def __init__(self, text: str) -> None:
        """`text` is 64 hex digits (32 bytes); anything else raises `InvalidKekError`, which never repeats the text."""
        if not text:
            raise InvalidKekError("the vault has no key-encryption key; set vault_key to 64 hex digits")
        try:
            key = bytes.fromhex(text)
        except ValueError:
            key = b""
        if len(key) != KEY_BYTES:
            raise InvalidKekError(
                f"the key-encryption key must be 64 hex digits (32 bytes), not {len(text)} characters"
            )
        self._key = key
        self.id = derive(key, "key id")[:8].hex()

    def wrap(self, data_key: bytes) -> bytes:
        """`data_key` as it may be stored."""
        return aes_key_wrap(self._key, data_key)

    def unwrap(self, wrapped: bytes) -> bytes:
        """The data key inside `wrapped`. Raises `DamagedError` when this key did not wrap it."""
        try:
            return aes_key_unwrap(self._key, wrapped)
        except (InvalidUnwrap, ValueError) as error:
            raise DamagedError("a data key does not unwrap") from error

    def __repr__(self) -> str:
        return f"Kek({self.id})"


class WrongKekError(Exception):
    """The key-encryption keys at hand are not the one that wrapped a data key of the vault."""

    def __init__(self, expected: str, given: Iterable[str]) -> None:
        self.expected, self.given = expected, tuple(given)
        held = " and ".join(self.given)
        super().__init__(
            f"the vault was sealed under key-encryption key {expected}, but vault_key holds {held}: "
            "set vault_key (or, while keys are changed, vault_key_next) to the key this database was made with"
        )


class Keyring:
    """The key-encryption keys a process may use, by their ids.

    While the vault changes from one key to the next both are needed. A process that began before the change and meets
    a key it does not know asks `more` once again, which says what the settings hold by now.
    """

    def __init__(self, first: str, *others: str, more: Callable[[], Iterable[str]] = tuple) -> None:
        """Each key is 64 hex digits. `first` is the one to begin a new vault with. Raises `InvalidKekError`."""
        self.first = Kek(first)
        self._keks = {kek.id: kek for kek in (self.first, *(Kek(text) for text in others))}
        self._more = more

    @property
    def ids(self) -> tuple[str, ...]:
        """The fingerprints of the keys at hand."""
        return tuple(self._keks)

    def get(self, kek_id: str) -> Kek:
        """The key of this id. Raises `WrongKekError`."""
        if kek_id not in self._keks:
            self._keks |= {kek.id: kek for kek in map(Kek, self._more())}
        if kek_id not in self._keks:
            raise WrongKekError(kek_id, self.ids)
        return self._keks[kek_id]


def new_data_key() -> bytes:
    """A random 256-bit data key."""
    return os.urandom(KEY_BYTES)


def identity(*parts: str) -> bytes:
    """What is sealed, as associated data: no two different lists of parts give the same bytes."""
    return json.dumps(["thaw", *parts], ensure_ascii=False, separators=(",", ":")).encode()


def seal(data_key: bytes, plain: bytes, associated: bytes) -> bytes:
    """`plain` sealed: form, nonce, ciphertext with tag. Opens only with the same key and the same `associated`."""
    nonce = os.urandom(NONCE_BYTES)
    return FORM + nonce + AESGCMSIV(data_key).encrypt(nonce, plain, associated)


def unseal(data_key: bytes, sealed: bytes, associated: bytes) -> bytes:
    """The plain bytes of `sealed`. Raises `DamagedError` if anything about them was changed."""
    if sealed[:1] != FORM:
        raise DamagedError("sealed in a form this version does not know")
    try:
        return AESGCMSIV(data_key).decrypt(sealed[1 : 1 + NONCE_BYTES], sealed[1 + NONCE_BYTES :], associated)
    except (InvalidTag, ValueError) as error:
        raise DamagedError("sealed bytes do not match their key and identity") from error


def blind(index_key: bytes, name: str, value: str) -> bytes:
    """HMAC-SHA-256 of a value under the index called `name`: equal values meet, and none can be read back."""
    return hmac.new(index_key, identity(name, value), hashlib.sha256).digest()


def derive(key: bytes, purpose: str) -> bytes:
    """A 256-bit key for one purpose (HKDF-SHA-256), so that no key is used in two ways."""
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=identity(purpose)).derive(key)
