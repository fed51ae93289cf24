"""Bulk actions: what is done to many cases at once, foreseen first, confirmed by a person, done item by item.

What was confirmed and what became of each item is an event of the stream `bulk:<bulk_id>`, form 1, written together
with the rows beside it:

    BulkActionConfirmed  {action, fields, chosen, items, reason}
    BulkItemSettled      {number, case_id, task_id, outcome, code}
    BulkActionStopped, BulkActionResumed  {}
    BulkActionEnded      {moved, skipped, failed}

What was only foreseen is no fact: it is kept for a week in case someone confirms it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from psycopg.rows import class_row, dict_row

from domain.business_time import format_time
from domain.stream import GENESIS, Draft, Head, canonical, seal
from journal.requests import AppendRequest, compose
from journal.statements import Connection, Pool, load, reading, transaction
from journal.writing import write

SQL = load("bulk")
KEPT = timedelta(days=7)
"""How long what was foreseen may still be confirmed."""

Action = Literal["hand_over", "put_off", "note", "resend", "wake"]
"""What can be done in bulk. None of it decides a case."""
State = Literal["foreseen", "running", "stopped", "done"]
Settled = Literal["moved", "skipped", "failed"]


class BulkStateError(Exception):
    """The action is in a state that does not allow this."""

    def __init__(self, state: State) -> None:
        super().__init__(f"the action is {state}")
        self.state = state


@dataclass(frozen=True, slots=True)
class Why:
    """A refusal by its code, and the facts of its text."""

    code: str
    facts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Foreseen:
    """An item as it was judged before anything was done: `why` is None where it would be moved."""

    case_id: str
    task_id: str | None
    why: Why | None


@dataclass(frozen=True, slots=True)
class BulkItem:
    """One thing to be done. `foreseen` and `refusal` hold a `Why` as JSON. `begun_at`: it was judged good and is being
    done under its own key, so it is not judged again."""

    number: int
    case_id: str
    task_id: str | None
    foreseen: dict[str, Any] | None
    begun_at: datetime | None
    outcome: Settled | None
    refusal: dict[str, Any] | None
    settled_at: datetime | None


@dataclass(frozen=True, slots=True)
class BulkAction:
    """An action and how far it came: of `total` items `would_move` were foreseen to move."""

    bulk_id: str
    action: Action
    fields: dict[str, Any]
    chosen: dict[str, Any]
    foreseen_by: str
    foreseen_at: datetime
    state: State
    confirmed_by: str | None
    confirmed_at: datetime | None
    reason: str | None
    ended_at: datetime | None
    total: int
    would_move: int
    moved: int
    skipped: int
    failed: int

    @property
    def left(self) -> int:
        return self.total - self.moved - self.skipped - self.failed


class BulkActions:
    """Bulk actions over one pool."""

    def __init__(self, pool: Pool, clock: Callable[[], datetime]) -> None:
        self._pool, self._clock = pool, clock

    async def foresee(
        self,
        bulk_id: str,
        action: Action,
        fields: Mapping[str, Any],
        chosen: Mapping[str, Any],
        by: str,
        items: Sequence[Foreseen],
    ) -> None:
        """Keeps what would be done; the same id again changes nothing."""
        rows = [
            {**asdict(item), "number": number, "foreseen": asdict(item.why) if item.why else None}
            for number, item in enumerate(items, 1)
        ]
        now = self._clock()
        row = {"bulk_id": bulk_id, "action": action, "by": by, "now": now,
               "fields": json.dumps(fields), "chosen": json.dumps(chosen)}  # fmt: skip
        async with transaction(self._pool) as connection:
            await connection.execute(SQL["forget_old"], {"before": now - KEPT})
            if (await connection.execute(SQL["put"], row)).rowcount:
                await connection.execute(SQL["put_items"], {"bulk_id": bulk_id, "items": json.dumps(rows)})

    async def find(self, bulk_id: str) -> BulkAction | None:
        found = await self._all(BulkAction, "actions", {"bulk_id": bulk_id, "limit": 1})
        return found[0] if found else None

    async def newest(self, limit: int = 20) -> tuple[BulkAction, ...]:
        """Those that were confirmed, newest first."""
        return await self._all(BulkAction, "actions", {"bulk_id": None, "limit": limit})

    async def items(self, bulk_id: str, after: int = 0, limit: int = 200) -> tuple[BulkItem, ...]:
        return await self._all(BulkItem, "items", {"bulk_id": bulk_id, "after": after, "limit": limit})

    async def left(self, bulk_id: str, limit: int) -> tuple[BulkItem, ...]:
        """The next items of which nothing is settled."""
        return await self._all(BulkItem, "left", {"bulk_id": bulk_id, "limit": limit})

    async def confirm(self, bulk_id: str, reason: str, signed: str) -> bool:
        """Lets a foreseen action run, with the rights of `signed` (`role:name`); False when it was confirmed before."""
        action = await self.find(bulk_id)
        assert action is not None
        body = {"action": action.action, "fields": action.fields, "chosen": action.chosen,
                "items": action.total, "reason": reason}  # fmt: skip
        async with transaction(self._pool) as connection:
            state, head = await _locked(connection, bulk_id)
            if state != "foreseen":
                return False
            asked = {"bulk_id": bulk_id, "by": signed, "reason": reason, "now": self._clock()}
            await connection.execute(SQL["confirm"], asked)
            await self._journal(connection, bulk_id, head, "BulkActionConfirmed", body, signed)
        return True

    async def stop(self, bulk_id: str, signed: str) -> None:
        """Nothing more is done until it is resumed. Raises BulkStateError."""
        await self._move(bulk_id, ("running",), "stopped", "BulkActionStopped", signed)

    async def resume(self, bulk_id: str, signed: str) -> None:
        """Raises BulkStateError."""
        await self._move(bulk_id, ("stopped",), "running", "BulkActionResumed", signed)

    async def end(self, bulk_id: str) -> None:
        """Nothing is left to do; again is harmless."""
        action = await self.find(bulk_id)
        if action is not None and action.state != "done":
            body = {"moved": action.moved, "skipped": action.skipped, "failed": action.failed}
            signed = action.confirmed_by or ""
            await self._move(bulk_id, ("running", "stopped"), "done", "BulkActionEnded", signed, body)

    async def begin(self, bulk_id: str, number: int) -> None:
        """The item was judged good, and from now on it is done."""
        async with reading(self._pool) as connection:
            await connection.execute(SQL["begin"], {"bulk_id": bulk_id, "number": number, "now": self._clock()})

    async def settle(self, bulk_id: str, item: BulkItem, outcome: Settled, why: Why | None, signed: str) -> None:
        """What became of an item, once: what is settled stays."""
        body = {"number": item.number, "case_id": item.case_id, "task_id": item.task_id,
                "outcome": outcome, "code": why.code if why else None}  # fmt: skip
        asked = {"bulk_id": bulk_id, "number": item.number, "outcome": outcome, "now": self._clock(),
                 "refusal": json.dumps(asdict(why)) if why else None}  # fmt: skip
        async with transaction(self._pool) as connection:
            _, head = await _locked(connection, bulk_id)
            if (await connection.execute(SQL["settle"], asked)).rowcount:
                await self._journal(connection, bulk_id, head, "BulkItemSettled", body, signed)

    async def unlooked(self, since: timedelta) -> tuple[str, ...]:
        """Running actions that the engine was not asked to run for so long; now they count as looked at."""
        now = self._clock()
        async with reading(self._pool) as connection:
            rows = await (await connection.execute(SQL["unlooked"], {"now": now, "before": now - since})).fetchall()
        return tuple(str(row[0]) for row in rows)

    async def unlook(self, bulk_id: str) -> None:
        """The engine could not be asked: it is asked again at once."""
        async with reading(self._pool) as connection:
            await connection.execute(SQL["unlook"], {"bulk_id": bulk_id})

    async def _move(
        self, bulk_id: str, whence: Sequence[State], state: State, event: str, signed: str, body: Any = None
    ) -> None:
        async with transaction(self._pool) as connection:
            now_in, head = await _locked(connection, bulk_id)
            if now_in not in whence:
                raise BulkStateError(now_in)
            await connection.execute(SQL["move"], {"bulk_id": bulk_id, "state": state, "now": self._clock()})
            await self._journal(connection, bulk_id, head, event, body or {}, signed)

    async def _journal(
        self, connection: Connection, bulk_id: str, head: Head, event: str, body: Mapping[str, Any], signed: str
    ) -> None:
        position = head.position + 1
        entries = seal(
            f"bulk:{bulk_id}",
            head,
            [Draft(event, 1, position, canonical(body))],
            occurred_at=format_time(self._clock()),
            actor=signed,
            command_id=f"{bulk_id}:{position}",
        )
        if not await write(connection, AppendRequest.parse(compose("bulk", head, entries))):
            raise RuntimeError(f"bulk:{bulk_id} was written by someone who holds no lock on it")

    async def _all(self, kind: type[Any], statement: str, asked: Mapping[str, Any]) -> tuple[Any, ...]:
        async with reading(self._pool) as connection, connection.cursor(row_factory=class_row(kind)) as cursor:
            await cursor.execute(SQL[statement], asked)
            return tuple(await cursor.fetchall())


async def _locked(connection: Connection, bulk_id: str) -> tuple[State, Head]:
    """The action's state and the end of its stream; its row is locked until the transaction ends."""
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(SQL["lock"], {"bulk_id": bulk_id})
        row = await cursor.fetchone()
    assert row is not None
    return row["state"], Head(row["position"], row["hash"] or GENESIS)
