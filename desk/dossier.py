"""A case as one JSON document that anyone can check: its sealed entries chain by SHA-256 from the first to the last.

The signature is Ed25519 over the canonical JSON of everything but `signature`; the key is derived from the desk's own
secret, and its public half is in the dossier.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from desk.config import DeskConfig
from desk.histories import Told
from desk.views import Viewer, case_view
from domain.stream import GENESIS, canonical

FORM = "thaw-dossier/1"
HOW = """\
1. Remove `signature`. Write the rest as JSON with sorted keys, no spaces and no escaped non-ASCII characters; check
   `signature.ed25519` (hex) over these UTF-8 bytes with `public_key` (hex).
2. For each entry in order: its `previous_hash` is the `hash` of the one before it (the first: 64 zeros), and its
   `hash` is the SHA-256 of the bytes of `previous_hash` (from hex) followed by the UTF-8 JSON array [stream, position,
   version, type, form, occurred_at, actor, command_id, data] without spaces.
3. `head` is the last entry's position and hash. Each document's SHA-256 stands in `documents` and in its DocumentAdded
   entry.
"""


def dossier(told: Told, viewer: Viewer, config: DeskConfig) -> dict[str, Any]:
    """The signed dossier of a case."""
    key = _key(config.vault_key)
    head = told.history.head
    body: dict[str, Any] = {
        "form": FORM,
        "case": case_view(told, viewer, config),
        "genesis": GENESIS,
        "head": {"position": head.position, "hash": head.hash},
        "entries": [asdict(entry) for entry in told.entries],
        "documents": [
            {"document_id": d.document_id, "type": d.doc_type, "sha256": d.filed.sha256}
            for d in told.case.evidence.documents
        ],
        "verification": HOW.splitlines(),
        "public_key": public_key(config),
    }
    body = json.loads(json.dumps(body, ensure_ascii=False))
    return {**body, "signature": {"ed25519": key.sign(canonical(body).encode()).hex()}}


def public_key(config: DeskConfig) -> str:
    """The key that checks our dossiers, in hex."""
    return _key(config.vault_key).public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()


def _key(secret: str) -> Ed25519PrivateKey:
    derive = HKDF(SHA256(), 32, None, b"thaw: signing of dossiers")
    return Ed25519PrivateKey.from_private_bytes(derive.derive(bytes.fromhex(secret)))
