"""Who looked at whose personal data, and what for: every look is an event in the stream `looks:<merchant_no>`.

    PersonalDataSeen, form 2    {merchant_no, what, purpose, case_id, note_ref}

`what` is `merchant`, `report`, `dossier` or a document's id. `purpose` is one of `desk.purposes`; what the person who
looked said of it in their own words lies in the vault under `note_ref` (null when the purpose says it all). Form 1 had
neither.
Source: spec README, What must always hold 10.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass

from desk.context import Desk
from desk.purposes import Purpose
from domain.actors import Actor
from domain.stream import Draft, Entry, canonical, seal
from journal.parties import subject_of
from journal.requests import AppendAnswer, compose

ATTEMPTS = 20


class LookNotRecordedError(Exception):
    """The look could not be recorded, so nothing may be shown."""


@dataclass(frozen=True, slots=True)
class Look:
    """What someone wants to see of a merchant's personal data, and what for."""

    what: str
    purpose: Purpose
    case_id: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """A look that took place. `purpose` is None for one from before purposes were asked for."""

    at: str
    by: str
    what: str
    purpose: str | None
    case_id: str | None
    note_ref: str | None


async def record_look(desk: Desk, actor: Actor, merchant_no: str, look: Look) -> None:
    """Journals that the caller sees it. Raises LookNotRecordedError, and the vault's errors for a note."""
    stream, command_id = f"looks:{merchant_no}", f"look-{uuid.uuid4().hex}"
    note_ref = None
    if look.note:
        note_ref = await desk.vault.put(subject_of(merchant_no), "look_note", {"text": look.note})
    body = canonical(
        {
            "merchant_no": merchant_no,
            "what": look.what,
            "purpose": look.purpose,
            "case_id": look.case_id,
            "note_ref": note_ref,
        }
    )
    for _ in range(ATTEMPTS):
        head = await desk.journal.head(stream)
        entries = seal(
            stream,
            head,
            [Draft("PersonalDataSeen", 2, head.position + 1, body)],
            occurred_at=desk.now(),
            actor=actor.signing_as(actor.roles),
            command_id=command_id,
        )
        answer = AppendAnswer.from_json(await desk.journal.append(compose("looks", head, entries)))
        if answer.outcome != "conflict":
            return
    raise LookNotRecordedError(stream)


async def looks_at(desk: Desk, merchant_no: str) -> tuple[Seen, ...]:
    """Every look at a merchant's personal data, in order."""
    return tuple(_seen(entry) for entry in await desk.journal.read(f"looks:{merchant_no}"))


def _seen(entry: Entry) -> Seen:
    data = json.loads(entry.data)
    return Seen(
        entry.occurred_at, entry.actor, data["what"], data.get("purpose"), data.get("case_id"), data.get("note_ref")
    )
