"""A complaint as it is handed over to whoever looks into it next: the regulator, a mediator, a court.

The file is plain JSON, described in `docs/complaint-handover.md`. That it was handed over, to whom, under which
reference and with which hash is journaled; the file itself is not kept, as it names people.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from desk.context import Desk
from desk.histories import Told
from domain.complaint import Complaint
from journal.complaints import stream_of

FORMAT = "thaw.complaint/1"


async def contents(desk: Desk, complaint: Complaint, told: Told) -> dict[str, Any]:
    """What the file says: the complaint, what was said, the case it is about as its merchant was told of it, and the
    complaint's own record with its hashes. Raises `journal.vault.ForgottenError` once its data was erased."""
    merchant = await desk.registry.merchant_details(complaint.merchant_no)
    case = told.case
    reason = told.policy.public_reason(case.reason_code)
    record = await desk.journal.read(stream_of(complaint.complaint_id))
    return {
        "format": FORMAT,
        "made_at": desk.now(),
        "complaint": {
            "complaint_id": complaint.complaint_id,
            "channel": complaint.channel,
            "received_at": complaint.opened_at,
            "due_at": complaint.due_at,
            "extended_for": complaint.extended_for,
            "statement": await desk.vault.text(complaint.statement_ref),
            "outcome": complaint.outcome,
            "answered_at": complaint.answered_at,
            "answer": await desk.vault.text(complaint.answer_ref),
            "dissatisfied_with_it": await desk.vault.text(complaint.reply_ref),
        },
        "merchant": {"merchant_no": merchant.merchant_no, "name": merchant.name, "type": merchant.merchant_type},
        "case": {
            "case_id": case.case_id,
            "terminal_sn": case.terminal_sn,
            "status": case.status.value,
            "opened_at": case.opened_at,
            "closed_at": case.closed_at,
            "reason_zh": reason.merchant_text.zh,
            "reason_en": reason.merchant_text.en,
            "held_fen": case.held_fen,
            "released_fen": case.settled.release_fen,
            "penalty_fen": case.settled.penalty_fen,
            "claims_fen": case.settled.claims_fen,
            "remaining_fen": case.remaining_fen,
        },
        "record": [
            {"position": one.position, "type": one.type, "at": one.occurred_at, "hash": one.hash} for one in record
        ],
    }


def written(said: Any) -> bytes:
    """The file, byte for byte."""
    return (json.dumps(said, ensure_ascii=False, indent=1) + "\n").encode()


def hash_of(file: bytes) -> str:
    """What the journal says of the file."""
    return hashlib.sha256(file).hexdigest()


async def handed_over(desk: Desk, complaint_id: str) -> list[dict[str, str]]:
    """To whom the complaint was handed over so far, oldest first."""
    record = await desk.journal.read(stream_of(complaint_id))
    found = ((one, json.loads(one.data)) for one in record if one.type == "ComplaintHandedOver")
    return [
        {"at": one.occurred_at, "by": one.actor, **{name: data[name] for name in ("to", "reference", "sha256")}}
        for one, data in found
    ]
