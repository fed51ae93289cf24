"""Partners' messages, each taken once, and the discrepancy queue: what contradicts our record, and what differs between
ledger, journal and bank, for a person to see."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from psycopg.rows import class_row

from domain.stream import canonical
from journal.statements import Connection, Pool, load

SQL = load("callbacks")


@dataclass(frozen=True, slots=True)
class Received:
    """How often this message has come (1: it is new), whether it says what it said first, and what that was."""

    times: int
    same: bool
    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """A partner's word against our record, or a difference found on reconciling a day (`kind` then says which)."""

    source: str
    message_ref: str
    case_id: str | None
    step_key: str | None
    recorded: str
    claimed: str
    kind: str = "contradiction"
    day: date | None = None


@dataclass(frozen=True, slots=True)
class OpenDiscrepancy:
    """A discrepancy nobody has resolved."""

    id: int
    source: str
    message_ref: str
    case_id: str | None
    step_key: str | None
    recorded: str
    claimed: str
    kind: str
    day: date | None
    found_at: datetime


async def receive(connection: Connection, source: str, message_ref: str, body: Mapping[str, Any]) -> Received:
    """Takes a message within the caller's transaction; its row is locked until that ends."""
    text = canonical(body)
    values = {
        "source": source,
        "message_ref": message_ref,
        "body_sha256": hashlib.sha256(text.encode()).hexdigest(),
        "body": text,
    }
    async with connection.cursor(row_factory=class_row(Received)) as cursor:
        await cursor.execute(SQL["receive"], values)
        received = await cursor.fetchone()
    assert received is not None  # an upsert without a condition returns its row
    return received


async def note(connection: Connection, found: Discrepancy) -> None:
    """Puts a discrepancy into the queue, within the caller's transaction; the same one again changes nothing."""
    await connection.execute(
        SQL["discrepancy"],
        {
            "source": found.source,
            "message_ref": found.message_ref,
            "case_id": found.case_id,
            "step_key": found.step_key,
            "recorded": found.recorded,
            "claimed": found.claimed,
            "kind": found.kind,
            "day": found.day,
        },
    )


class Callbacks:
    """The discrepancy queue as people work on it."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def open(self, limit: int = 100) -> tuple[OpenDiscrepancy, ...]:
        """What is still to be looked at, newest first."""
        async with (
            self._pool.connection() as connection,
            connection.cursor(row_factory=class_row(OpenDiscrepancy)) as cursor,
        ):
            await cursor.execute(SQL["open_discrepancies"], {"limit": max(1, min(limit, 200))})
            return tuple(await cursor.fetchall())

    async def resolve(self, number: int, by: str, reason: str) -> bool:
        """Takes a discrepancy out of the queue, for a reason; False when it is not in it."""
        values = {"id": number, "by": by, "reason": reason}
        async with self._pool.connection() as connection:
            return bool((await connection.execute(SQL["resolve"], values)).rowcount)
