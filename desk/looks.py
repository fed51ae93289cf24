"""Who looked at whose personal data: every look is an event in the stream `looks:<merchant_no>`.

Source: spec README, What must always hold 10.
"""

from __future__ import annotations

import uuid

from desk.context import Desk
from domain.actors import Actor
from domain.stream import Draft, canonical, seal
from journal.requests import AppendAnswer, compose

ATTEMPTS = 20


class LookNotRecordedError(Exception):
    """The look could not be recorded, so nothing may be shown."""


async def record_look(desk: Desk, actor: Actor, merchant_no: str, what: str) -> None:
    """Journals that the caller sees `what` (`merchant`, or a document's id). Raises LookNotRecordedError."""
    stream, command_id = f"looks:{merchant_no}", f"look-{uuid.uuid4().hex}"
    body = canonical({"merchant_no": merchant_no, "what": what})
    for _ in range(ATTEMPTS):
        head = await desk.journal.head(stream)
        entries = seal(
            stream,
            head,
            [Draft("PersonalDataSeen", 1, head.position + 1, body)],
            occurred_at=desk.now(),
            actor=actor.signing_as(actor.roles),
            command_id=command_id,
        )
        answer = AppendAnswer.from_json(await desk.journal.append(compose("looks", head, entries)))
        if answer.outcome != "conflict":
            return
    raise LookNotRecordedError(stream)
