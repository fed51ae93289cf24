"""A case's dossier: its sealed entries, its place under a signed checkpoint, and all that is needed to check both.

It carries references, never a person's name, number or paper, so that it still verifies when the person was forgotten.
It is signed as a whole with the key that signs checkpoints. `desk/verify_dossier.py` checks it without us.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import structlog
from psycopg.errors import LockNotAvailable

from desk import problems
from desk.context import Desk
from desk.histories import Told, tell
from desk.language import Language
from desk.runs import run_link
from desk.views import Viewer, case_view
from domain.text import Text
from journal.checkpoint import Checkpoint
from journal.key_ring import Ring
from journal.outside import OutsideError
from journal.proofs import Proof, proof_of, ring_now
from journal.sealing import SealingError

LOG = structlog.stdlib.get_logger()

FORM = "thaw-dossier/2"
FACTS = (
    "case_id", "kind", "status", "version", "terminal_sn", "merchant_no", "merchant_type", "reason_code", "reason",
    "policy_version", "tier", "opened_at", "closed_at", "controls", "money", "documents", "approvals", "payout",
    "actions_done", "rounds",
)  # fmt: skip
"""What a dossier repeats of the case's view, for people; all of it follows from the entries."""

ALL_SEALED = Text("", "")
WRITTEN_SINCE = Text("这些事件在该检查点之后写入。", "They were written after this checkpoint.")
NO_CHECKPOINT = Text(
    "导出时未能生成新的检查点，请稍后重新导出。", "No new checkpoint could be made at the time: export it again later."
)
NOT_PROVED = Text(
    "该案件的封存记录与已签名的检查点不符，须核查日志。",
    "What is sealed of this case does not lead to the signed checkpoint: the journal must be verified.",
)

HOW = """\
`verify_dossier.py`, which every desk serves at /verify_dossier.py, does all of this. By hand:
1. `keys`: each statement is signed (Ed25519, hex) by the key before it, the first by its own. What is signed is the
   statement as JSON with sorted keys, without spaces, without escaped non-ASCII characters, in UTF-8.
2. Remove `signature`; the rest, written so, is signed by `public_key`, which is one of the keys.
3. For each entry in order: its `previous_hash` is the `hash` of the one before it (the first: 64 zeros), and its
   `hash` is the SHA-256 of the bytes of `previous_hash` (from hex) followed by the UTF-8 JSON array [stream, position,
   version, type, form, occurred_at, actor, command_id, data] without spaces. `head` is the last entry's.
4. `seal`: the entry at `position` has `hash`. The leaf is the SHA-256 of a zero byte and the JSON array [stream,
   position, hash] without spaces; with `path`, as in RFC 6962, section 2.1, it leads to the checkpoint's `root` in a
   tree of `streams` leaves, where it is number `leaf` from 0. The checkpoint is signed by its `key`.
5. Each document's SHA-256 stands in the entry that filed it.
6. `page_sha256` is the SHA-256 of the page with the dossier between its script tags cut out.
"""


@dataclass(frozen=True, slots=True)
class Dossier:
    """A dossier before it is signed: the case, what was proved of it, and the rest of its body."""

    told: Told
    proof: Proof | None
    body: dict[str, Any]

    @property
    def checkpoint(self) -> Checkpoint | None:
        return Checkpoint.of(self.proof.checkpoint) if self.proof else None


async def gather(desk: Desk, case_id: str, viewer: Viewer) -> Dossier:
    """The dossier of a case as it stands now, under a checkpoint made for it. Where none can be made it stands under
    the newest there is, and says which entries that does not cover, and why. Raises the problem of a case there is not.
    """
    why = WRITTEN_SINCE
    try:
        await desk.sealer.seal(desk.now(), stream=case_id)
    except (SealingError, OutsideError, OSError, LockNotAvailable) as error:
        LOG.error("a dossier stands under no checkpoint of its own", case_id=case_id, why=str(error))
        why = NO_CHECKPOINT
    try:
        proof = await proof_of(desk.pool, case_id)
    except SealingError as error:
        LOG.error("a case cannot be proved", case_id=case_id, why=str(error))
        proof, why = None, NOT_PROVED
    told = await tell(desk, case_id)
    if told is None:
        raise problems.no_case(case_id)
    if proof and told.entries[proof.head.position - 1].hash != proof.head.hash:
        proof, why = None, NOT_PROVED
    ring = proof.ring if proof else await ring_now(desk.pool)
    if not ring.statements:
        ring = ring.with_first(desk.sealer.key, desk.now())
    if desk.sealer.key.public not in ring.keys:
        raise problems.unavailable(
            "签名密钥与日志不符，暂时无法导出卷宗。请通知运维核对 THAW_SIGNING_KEY。",
            "The signing key is not this journal's, so that no dossier can be exported. Operations must check "
            "THAW_SIGNING_KEY.",
            seconds=30,
        )
    run = await run_link(desk, case_id)
    return Dossier(told, proof, _body(desk, told, proof, ring, viewer, why) | {"links": {"temporal_ui": run}})


def signed(desk: Desk, dossier: Dossier, page_sha256: str | None = None) -> dict[str, Any]:
    """The whole dossier with its signature, which covers the page around it too."""
    body = {**dossier.body, "page_sha256": page_sha256}
    return {**body, "signature": {"ed25519": desk.sealer.key.sign(body).signature}}


def _body(desk: Desk, told: Told, proof: Proof | None, ring: Ring, viewer: Viewer, why: Text) -> dict[str, Any]:
    view = case_view(told, viewer, "")
    head = told.history.head
    left = head.position - (proof.head.position if proof else 0)
    reason = why if left else ALL_SEALED
    body = {
        "form": FORM,
        "made_at": desk.now(),
        "stream": told.case.case_id,
        "case": {name: view[name] for name in FACTS},
        "head": {"position": head.position, "hash": head.hash},
        "entries": [entry.row() for entry in told.entries],
        "documents": [
            {"document_id": d.document_id, "type": d.filed.doc_type, "sha256": d.filed.sha256}
            for d in told.case.evidence.documents
        ],
        "seal": _seal(proof) if proof else None,
        "not_sealed": {"entries": left, "why_zh": reason.zh, "why_en": reason.en},
        "keys": [statement.row() for statement in ring.statements],
        "public_key": desk.sealer.key.public,
        "verification": HOW.splitlines(),
    }
    plain: dict[str, Any] = json.loads(json.dumps(body, ensure_ascii=False))
    return plain


def _seal(proof: Proof) -> dict[str, Any]:
    return {
        "position": proof.head.position,
        "hash": proof.head.hash,
        "leaf": proof.head.leaf,
        "path": list(proof.path),
        "checkpoint": proof.checkpoint.row(),
    }


def why_of(dossier: Dossier, language: Language) -> str:
    """Why some entries stand under no checkpoint, in words."""
    return str(dossier.body["not_sealed"]["why_en" if language == "en" else "why_zh"])
