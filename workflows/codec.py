"""Encrypts everything Temporal stores about a case, so that neither its database nor its UI shows it to outsiders.

AES-256-GCM over the zlib-compressed payload. Each payload names its key, so keys rotate: the first key encrypts, all
of them decrypt. (Payloads hold ids and references only; this is the second fence.)
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Sequence
from hashlib import sha256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from temporalio.api.common.v1 import Payload
from temporalio.converter import PayloadCodec

ENCODING = b"binary/encrypted"
_NONCE_BYTES = 12
_MOST_BYTES = 64 * 1024 * 1024
"""More than Temporal takes in one payload; what inflates beyond it was not made here."""


class UndecodableError(Exception):
    """A payload that none of the known keys opens, or that was altered."""


def key_id(key: bytes) -> str:
    """The name a payload gives its key: it identifies the key and tells nothing of it."""
    return sha256(b"thaw payload key" + key).hexdigest()[:16]


class EncryptionCodec(PayloadCodec):
    """Encrypts with the first of `keys` (64 hex digits each), decrypts with any. Raises ValueError for a wrong key."""

    def __init__(self, *keys: str) -> None:
        raw = [bytes.fromhex(key) for key in keys]
        if not raw or any(len(key) != 32 for key in raw):
            raise ValueError("a payload key is 64 hex digits")
        self._ciphers = {key_id(key): AESGCM(key) for key in raw}
        self._newest = key_id(raw[0])

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        return [payload if _is_about_the_workflow(payload) else self.seal(payload) for payload in payloads]

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        return [self.open(payload) for payload in payloads]

    def seal(self, payload: Payload) -> Payload:
        """The payload, whole with its metadata, as an encrypted one."""
        name = self._newest.encode()
        nonce = os.urandom(_NONCE_BYTES)
        content = zlib.compress(payload.SerializeToString(), level=1)
        data = nonce + self._ciphers[self._newest].encrypt(nonce, content, ENCODING + name)
        return Payload(metadata={"encoding": ENCODING, "encryption-key-id": name}, data=data)

    def open(self, payload: Payload) -> Payload:
        """What `seal` was given; a payload that is not encrypted comes back as it is. Raises UndecodableError."""
        if payload.metadata.get("encoding") != ENCODING:
            return payload
        name = payload.metadata.get("encryption-key-id", b"")
        cipher = self._ciphers.get(name.decode(errors="replace"))
        if cipher is None:
            raise UndecodableError("the payload's key is not among the keys this process knows")
        try:
            content = cipher.decrypt(payload.data[:_NONCE_BYTES], payload.data[_NONCE_BYTES:], ENCODING + name)
        except (InvalidTag, ValueError) as error:
            raise UndecodableError("the payload was altered or cut") from error
        return Payload.FromString(_inflate(content))


def _is_about_the_workflow(payload: Payload) -> bool:
    """Whether it is what a workflow says of itself to engineers: its messages, and the one sentence it waits for, which
    names no reason and nobody's data. Temporal's own tools show it only as it is."""
    return payload.metadata.get("messageType") == b"temporal.api.sdk.v1.WorkflowMetadata"


def _inflate(content: bytes) -> bytes:
    inflater = zlib.decompressobj()
    plain = inflater.decompress(content, _MOST_BYTES)
    if inflater.unconsumed_tail:
        raise UndecodableError("the payload is too large")
    return plain
