"""What is noted about a person's data itself: legal holds, its erasure, the end of its copies; and what erasing depends
on.

The notes are events of the stream `privacy:<merchant_no>`, form 1. None of them holds personal data:

    LegalHoldSet         {merchant_no, hold_id, basis, reference}
    LegalHoldEnded       {merchant_no, hold_id, reference}
    SubjectErased        {merchant_no, ground, retention_version, documents, records}
    CopiesRemoved        {merchant_no, documents, records}

`basis` and `ground` are codes, `reference` is the number of an order or of a request.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from domain.business_time import end_of_day, local_date
from domain.retention import ClosedCase, Hold, Holding, Retention, due_on, obstacles
from domain.stream import Draft, Entry, Head, canonical, seal
from journal import writing
from journal.parties import NoSuchMerchantError, subject_of
from journal.registry import Act
from journal.requests import AppendRequest, compose
from journal.statements import Connection, Pool, load, reading, transaction
from journal.vault import hold_subject

SQL = load("privacy")
PAGE = 200


class NoSuchHoldError(LookupError):
    """No legal hold of this id stands on the person's data."""

    def __init__(self, merchant_no: str, hold_id: str) -> None:
        super().__init__(f"no legal hold {hold_id} stands on merchant {merchant_no}")
        self.merchant_no, self.hold_id = merchant_no, hold_id


class OvertakenError(Exception):
    """Someone else noted something about this person for the first time in the same moment. Trying again is safe."""


class Privacy:
    """The notes about each person's data."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def notes(self, merchant_no: str) -> tuple[Entry, ...]:
        """Everything noted, in order."""
        async with reading(self._pool) as connection:
            return await writing.read(connection, stream_of(merchant_no))

    async def holding(self, merchant_no: str, *, within: Connection | None = None) -> Holding:
        """What erasing this merchant's data depends on. Raises `NoSuchMerchantError`."""
        asked = {"merchant_no": merchant_no}
        async with reading(self._pool, within) as connection:
            relation = await (await connection.execute(SQL["relation"], asked)).fetchone()
            if relation is None:
                raise NoSuchMerchantError(merchant_no)
            cases = await (await connection.execute(SQL["cases"], asked)).fetchall()
            controls = await (await connection.execute(SQL["standing_controls"], asked)).fetchall()
            entries = await writing.read(connection, stream_of(merchant_no))
        return Holding(
            merchant_no=merchant_no,
            relation_on=local_date(relation[0]),
            open_cases=tuple(case_id for case_id, _, unfinished in cases if unfinished),
            closed_cases=tuple(
                ClosedCase(case_id, local_date(at)) for case_id, at, unfinished in cases if not unfinished
            ),
            controls=tuple(control_id for (control_id,) in controls),
            holds=tuple(holds(entries)),
        )

    async def due(self, retention: Retention, today: date) -> tuple[tuple[Holding, date], ...]:
        """Whose data may be erased today, by merchant number, and since which day."""
        found, after = [], ""
        asked = {
            "relation_before": end_of_day(retention.begun_by("relation", today)),
            "closed_before": end_of_day(retention.begun_by("case_closed", today)),
            "limit": PAGE,
        }
        while True:
            async with reading(self._pool) as connection:
                rows = await (await connection.execute(SQL["maybe_due"], {**asked, "after": after})).fetchall()
                for (merchant_no,) in rows:
                    holding = await self.holding(merchant_no, within=connection)
                    if not obstacles(holding, retention, today):
                        found.append((holding, due_on(holding, retention)))
                    after = merchant_no
            if len(rows) < PAGE:
                return tuple(found)

    async def set_hold(
        self, merchant_no: str, basis: str, reference: str, act: Act, *, within: Connection | None = None
    ) -> Hold:
        """Sets a legal hold: nothing of this person's is erased until it ends. The same command again is one hold.

        Raises `NoSuchMerchantError`, and `journal.vault.ForgottenError` when there is nothing left to hold.
        """
        hold = Hold(f"H-{act.command_id[-16:]}", basis, reference, act.occurred_at)
        fact = {"hold_id": hold.hold_id, "basis": basis, "reference": reference}
        async with transaction(self._pool, within) as connection:
            await self.holding(merchant_no, within=connection)
            await hold_subject(connection, subject_of(merchant_no))
            await note(connection, merchant_no, "LegalHoldSet", fact, act)
        return hold

    async def end_hold(self, merchant_no: str, hold_id: str, reference: str, act: Act) -> None:
        """Ends a legal hold; `reference` names what ends it. Raises `NoSuchHoldError`."""
        async with transaction(self._pool) as connection:
            end = await _end_of(connection, merchant_no, act.command_id)
            if end.has_command:
                return
            if hold_id not in {hold.hold_id for hold in (await self.holding(merchant_no, within=connection)).holds}:
                raise NoSuchHoldError(merchant_no, hold_id)
            await note(connection, merchant_no, "LegalHoldEnded", {"hold_id": hold_id, "reference": reference}, act)


def stream_of(merchant_no: str) -> str:
    """Where the notes about a merchant's data stand."""
    return f"privacy:{merchant_no}"


def holds(entries: Iterable[Entry]) -> Iterable[Hold]:
    """The legal holds that stand after these notes."""
    standing: dict[str, Hold] = {}
    for entry in entries:
        data = json.loads(entry.data)
        if entry.type == "LegalHoldSet":
            standing[data["hold_id"]] = Hold(data["hold_id"], data["basis"], data["reference"], entry.occurred_at)
        elif entry.type == "LegalHoldEnded":
            standing.pop(data["hold_id"], None)
    return standing.values()


@dataclass(frozen=True, slots=True)
class _End:
    """Where the notes end, and whether the command at hand wrote one of them."""

    head: Head
    has_command: bool


async def note(connection: Connection, merchant_no: str, event: str, fact: Mapping[str, Any], act: Act) -> bool:
    """Notes an event within the caller's transaction; False when its command did so before.

    Raises `OvertakenError`, after which the caller's transaction must end.
    """
    end = await _end_of(connection, merchant_no, act.command_id)
    if end.has_command:
        return False
    draft = Draft(event, 1, end.head.position + 1, canonical({"merchant_no": merchant_no, **fact}))
    entries = seal(
        stream_of(merchant_no),
        end.head,
        [draft],
        occurred_at=act.occurred_at,
        actor=act.actor,
        command_id=act.command_id,
    )
    if not await writing.write(connection, AppendRequest.parse(compose("privacy", end.head, entries))):
        raise OvertakenError(stream_of(merchant_no))
    return True


async def _end_of(connection: Connection, merchant_no: str, command_id: str) -> _End:
    asked = {"stream": stream_of(merchant_no), "command_id": command_id}
    row = await (await connection.execute(SQL["end_of"], asked)).fetchone()
    return _End(Head(row[0], row[1]), row[2]) if row else _End(Head(), has_command=False)
