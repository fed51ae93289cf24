"""Complaints on record.

The facts are events of the streams `complaint:<complaint_id>`, form 1, and a row beside them, written together:

    ComplaintRegistered  {complaint_id, merchant_no, case_id, channel, rules, statement_ref, due_at}
    ComplaintExtended    {complaint_id, due_at, reason}
    ComplaintWatched     {complaint_id, word, due_at}
    ComplaintAnswered    {complaint_id, outcome, answer_ref}
    ComplaintEscalated   {complaint_id, reply_ref}
    ComplaintHandedOver  {complaint_id, to, reference, sha256}

What was said lies in the vault. A command that comes again changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any, Literal

from psycopg.rows import class_row, dict_row

from domain.actors import name_of
from domain.business_time import format_time
from domain.complaint import Channel, Complaint, Outcome
from domain.stream import Draft, Head, canonical, seal
from journal import writing
from journal.inbox import Message, put
from journal.parties import subject_of
from journal.registry import Act, ContendedError
from journal.requests import AppendRequest, compose
from journal.statements import Connection, Pool, load, reading, transaction
from journal.vault import Vault

SQL = load("complaints")


class OpenAlreadyError(Exception):
    """A complaint about this case still awaits its answer."""


class MovedOnError(Exception):
    """Somebody else extended, answered or took the complaint further in the same moment."""


@dataclass(frozen=True, slots=True)
class NewComplaint:
    """A complaint as it comes in."""

    complaint_id: str
    merchant_no: str
    case_id: str
    channel: Channel
    rules: str
    statement: str
    due_at: str


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A complaint of whose time leads are to be told: due soon, or overdue."""

    complaint_id: str
    merchant_no: str
    case_id: str
    due_at: datetime
    word: Literal["due_soon", "overdue"]


class Complaints:
    """Writes and reads complaints."""

    def __init__(self, pool: Pool, vault: Vault) -> None:
        self._pool, self._vault = pool, vault

    async def register(self, new: NewComplaint, act: Act, *, within: Connection | None = None) -> None:
        """Raises OpenAlreadyError, and `journal.vault.ForgottenError`."""
        async with transaction(self._pool, within) as connection:
            head, repeated = await _end_of(connection, new.complaint_id, act.command_id)
            if repeated:
                return
            ref = await self._put(connection, new.merchant_no, "complaint", new.statement)
            facts = {name: getattr(new, name) for name in ("merchant_no", "case_id", "channel", "rules", "due_at")}
            row = {"complaint_id": new.complaint_id, **facts, "statement_ref": ref, "opened_at": act.occurred_at}
            if (await connection.execute(SQL["put"], row)).rowcount != 1:
                raise OpenAlreadyError(new.case_id)
            await _note(connection, head, new.complaint_id, "ComplaintRegistered", {**facts, "statement_ref": ref}, act)

    async def extend(self, complaint: Complaint, due_at: str, reason: str, act: Act) -> None:
        """Gives it more time; the merchant is told the reason. Raises MovedOnError."""
        facts = {"due_at": due_at, "reason": reason}
        async with transaction(self._pool) as connection:
            head, repeated = await _end_of(connection, complaint.complaint_id, act.command_id)
            if not repeated:
                await _moved(connection, "extend", {"complaint_id": complaint.complaint_id, **facts})
                await _note(connection, head, complaint.complaint_id, "ComplaintExtended", facts, act)

    async def answer(
        self, complaint: Complaint, outcome: Outcome, answer: str, act: Act, order: Message | None = None
    ) -> None:
        """With an `order` for the case it is about: both are written, or neither. Raises MovedOnError, and
        `journal.vault.ForgottenError`."""
        async with transaction(self._pool) as connection:
            head, repeated = await _end_of(connection, complaint.complaint_id, act.command_id)
            if repeated:
                return
            ref = await self._put(connection, complaint.merchant_no, "complaint_answer", answer)
            facts = {"outcome": outcome, "answer_ref": ref}
            row = {"complaint_id": complaint.complaint_id, **facts, "by": name_of(act.actor), "at": act.occurred_at}
            await _moved(connection, "answer", row)
            await _note(connection, head, complaint.complaint_id, "ComplaintAnswered", facts, act)
            if order is not None:
                await put(connection, order, complaint.case_id)

    async def reply(self, complaint: Complaint, words: str, act: Act) -> None:
        """Its merchant is not content with the answer. Raises MovedOnError, and `journal.vault.ForgottenError`."""
        async with transaction(self._pool) as connection:
            head, repeated = await _end_of(connection, complaint.complaint_id, act.command_id)
            if repeated:
                return
            ref = await self._put(connection, complaint.merchant_no, "complaint_reply", words)
            await _moved(connection, "reply", {"complaint_id": complaint.complaint_id, "reply_ref": ref})
            await _note(connection, head, complaint.complaint_id, "ComplaintEscalated", {"reply_ref": ref}, act)

    async def unanswered(self, now: datetime, soon: timedelta, limit: int = 50) -> tuple[Unanswered, ...]:
        """Those of which leads are to be told that an answer falls due within `soon`, or is overdue. What was told of
        once is not told of again."""
        asked = {"now": now, "soon": now + soon, "limit": limit}
        async with (
            reading(self._pool) as connection,
            connection.cursor(row_factory=class_row(Unanswered)) as cursor,
        ):
            await cursor.execute(SQL["unanswered"], asked)
            return tuple(await cursor.fetchall())

    async def watched(self, told: Unanswered, act: Act) -> bool:
        """Notes that the lead was told; False when that was noted, or the complaint was answered or given more time
        meanwhile."""
        row = {"complaint_id": told.complaint_id, "due_at": told.due_at, "at": act.occurred_at}
        facts = {"word": told.word, "due_at": format_time(told.due_at)}
        async with transaction(self._pool) as connection:
            head, repeated = await _end_of(connection, told.complaint_id, act.command_id)
            if repeated or (await connection.execute(SQL[f"put_{told.word}"], row)).rowcount != 1:
                return False
            await _note(connection, head, told.complaint_id, "ComplaintWatched", facts, act)
        return True

    async def handed_over(self, complaint_id: str, to: str, reference: str, sha256: str, act: Act) -> None:
        """Notes that a file of it, of this hash, went to an office outside under its `reference`."""
        async with transaction(self._pool) as connection:
            head, repeated = await _end_of(connection, complaint_id, act.command_id)
            if not repeated:
                facts = {"to": to, "reference": reference, "sha256": sha256}
                await _note(connection, head, complaint_id, "ComplaintHandedOver", facts, act)

    async def find(self, complaint_id: str) -> Complaint | None:
        """The complaint, open or answered."""
        found = await self._rows("find", {"complaint_id": complaint_id})
        return found[0] if found else None

    async def list(
        self, merchant_no: str | None = None, case_id: str | None = None, limit: int = 200
    ) -> tuple[Complaint, ...]:
        """Complaints, those that await an answer first, the most urgent first."""
        return await self._rows("list", {"merchant_no": merchant_no, "case_id": case_id, "limit": limit})

    async def _put(self, connection: Connection, merchant_no: str, kind: str, words: str) -> str:
        return await self._vault.put(subject_of(merchant_no), kind, {"text": words}, within=connection)

    async def _rows(self, statement: str, asked: Mapping[str, Any]) -> tuple[Complaint, ...]:
        async with reading(self._pool) as connection, connection.cursor(row_factory=dict_row) as cursor:
            await cursor.execute(SQL[statement], asked)
            return tuple([_complaint(row) async for row in cursor])


def stream_of(complaint_id: str) -> str:
    """Where a complaint stands in the journal."""
    return f"complaint:{complaint_id}"


def _complaint(row: Mapping[str, Any]) -> Complaint:
    values: dict[str, Any] = {field.name: row[field.name] for field in fields(Complaint)}
    for name, value in values.items():
        values[name] = format_time(value) if isinstance(value, datetime) else value
    return Complaint(**values)


async def _moved(connection: Connection, statement: str, row: Mapping[str, Any]) -> None:
    if (await connection.execute(SQL[statement], row)).rowcount != 1:
        raise MovedOnError(row["complaint_id"])


async def _note(
    connection: Connection, head: Head, complaint_id: str, event: str, facts: Mapping[str, Any], act: Act
) -> None:
    """Appends an event within the caller's transaction. Raises ContendedError where another writer was faster."""
    draft = Draft(event, 1, head.position + 1, canonical({"complaint_id": complaint_id, **facts}))
    entries = seal(
        stream_of(complaint_id), head, [draft], occurred_at=act.occurred_at, actor=act.actor, command_id=act.command_id
    )
    if not await writing.write(connection, AppendRequest.parse(compose("complaint", head, entries))):
        raise ContendedError(stream_of(complaint_id))


async def _end_of(connection: Connection, complaint_id: str, command_id: str) -> tuple[Head, bool]:
    asked = {"stream": stream_of(complaint_id), "command_id": command_id}
    row = await (await connection.execute(SQL["end_of"], asked)).fetchone()
    return (Head(row[0], row[1]), row[2]) if row else (Head(), False)
