"""The same rows by plain psycopg, as one would write them without this journal: a transaction per append, a statement
per row. No chain is computed here (the rows come sealed), nothing is checked, no repeat is recognised."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from types import TracebackType
from typing import Any, Self, TypeAlias, TypeVar

from psycopg import AsyncConnection
from psycopg.types.json import Jsonb

from bench.stories import Append, Row
from domain.stream import Entry, Head
from workflows.freeze_appeal import KIND

INSERT_STREAM = """
insert into journal.streams (
    stream, kind, position, head, started, version, status, open, live, merchant_no, terminal_sn, reason_code,
    public_reason_code, tier, held_fen, opened_at, due_at, waiting_on, waiting_since, sentence_zh, sentence_en
) values (
    %(stream)s, %(kind)s, %(position)s, %(head)s, false, %(version)s, %(status)s, %(open)s, %(live)s, %(merchant_no)s,
    %(terminal_sn)s, %(reason_code)s, %(public_reason_code)s, %(tier)s, %(held_fen)s, %(opened_at)s, %(due_at)s,
    %(waiting_on)s, %(waiting_since)s, %(sentence_zh)s, %(sentence_en)s
)"""
UPDATE_STREAM = """
update journal.streams set
    position = %(position)s, head = %(head)s, version = %(version)s, status = %(status)s, open = %(open)s,
    live = %(live)s, closed_at = case when not %(open)s then coalesce(closed_at, clock_timestamp()) end,
    merchant_no = %(merchant_no)s, terminal_sn = %(terminal_sn)s, reason_code = %(reason_code)s,
    public_reason_code = %(public_reason_code)s, tier = %(tier)s, held_fen = %(held_fen)s, due_at = %(due_at)s,
    waiting_on = %(waiting_on)s, waiting_since = %(waiting_since)s, sentence_zh = %(sentence_zh)s,
    sentence_en = %(sentence_en)s
where stream = %(stream)s"""
INSERT_EVENT = """
insert into journal.events (
    stream, position, version, type, form, occurred_at, actor, command_id, ordinal, data, previous_hash, hash
) values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"""
CLOSE_TASKS = """
update journal.tasks set closed_at = clock_timestamp()
where case_id = %s and closed_at is null and not task_id = any(%s)"""
UPSERT_TASK = """
insert into journal.tasks (
    task_id, case_id, case_kind, kind, level, roles, excluded, since, due_at, rank_at, reranks_at, amount_fen, priority
) values (
    %(task_id)s, %(case_id)s, %(case_kind)s, %(kind)s, %(level)s, %(roles)s, %(excluded)s, %(since)s, %(due_at)s,
    %(rank_at)s, %(reranks_at)s, %(amount_fen)s, %(priority)s
) on conflict (task_id) do update set
    roles = excluded.roles, excluded = excluded.excluded, due_at = excluded.due_at, rank_at = excluded.rank_at,
    reranks_at = excluded.reranks_at, amount_fen = excluded.amount_fen, priority = excluded.priority,
    closed_at = null"""
UPSERT_CONTROL = """
insert into journal.controls (
    control_id, case_id, terminal_sn, merchant_no, kind, reason_code, scope, held_fen, blocking, source,
    external_ref, placed_by, placed_at, state
) values (
    %(control_id)s, %(case_id)s, %(terminal_sn)s, %(merchant_no)s, %(kind)s, %(reason_code)s, %(scope)s, %(held_fen)s,
    %(blocking)s, %(source)s, %(external_ref)s, %(placed_by)s, %(placed_at)s, %(state)s
) on conflict (control_id) do update set
    held_fen = excluded.held_fen, blocking = excluded.blocking, state = excluded.state"""
LONE_TABLE = """
create table if not exists lone (
    stream text collate "C" not null, position integer not null, version integer not null, type text not null,
    form integer not null, occurred_at text not null, actor text not null, command_id text not null,
    ordinal integer not null, data json not null, previous_hash bytea not null, hash bytea not null,
    primary key (stream, position)
)"""
LONE_INSERT = INSERT_EVENT.replace("journal.events", "lone")

Connection = AsyncConnection[Any]
Rows = list[tuple[Append, tuple[Entry, ...]]]
"""A case's appends, each with its entries."""
Work = TypeVar("Work")
Writer: TypeAlias = Callable[[Work], Awaitable[int]]
"""Writes one case and answers how many events it had."""


class Connections:
    """So many connections, each with a writer of its own."""

    autocommit = False

    def __init__(self, url: str, number: int) -> None:
        self._url, self._number = url, number
        self._open: list[Connection] = []

    async def __aenter__(self) -> Self:
        for _ in range(self._number):
            self._open.append(await AsyncConnection.connect(self._url, autocommit=self.autocommit))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.gather(*(connection.close() for connection in self._open))

    @property
    def writers(self) -> list[Writer[Rows]]:
        """One per connection."""
        return [self._writer(connection) for connection in self._open]

    def _writer(self, connection: Connection) -> Writer[Rows]:
        raise NotImplementedError


class PlainWriter(Connections):
    """A transaction per append."""

    def _writer(self, connection: Connection) -> Writer[Rows]:
        async def write(rows: Rows) -> int:
            for append, entries in rows:
                async with connection.transaction():
                    await _write_rows(connection, append, entries)
            return rows[-1][1][-1].position

        return write


class LoneInserts(Connections):
    """One row, one statement, committed at once: the least that keeps an event. It goes into a table of its own."""

    autocommit = True

    async def __aenter__(self) -> Self:
        await super().__aenter__()
        await self._open[0].execute(LONE_TABLE)
        return self

    def _writer(self, connection: Connection) -> Writer[Rows]:
        async def write(rows: Rows) -> int:
            for _, entries in rows:
                for entry in entries:
                    await connection.execute(LONE_INSERT, event_row(entry, 1))
            return rows[-1][1][-1].position

        return write


def sealed(appends: Sequence[Append]) -> Rows:
    """Each append with its entries."""
    head, rows = Head(), Rows()
    for append in appends:
        entries = append.sealed(head)
        head = Head(entries[-1].position, entries[-1].hash)
        rows.append((append, entries))
    return rows


def event_row(entry: Entry, ordinal: int) -> tuple[object, ...]:
    """The entry as a row of events."""
    return (
        entry.stream,
        entry.position,
        entry.version,
        entry.type,
        entry.form,
        entry.occurred_at,
        entry.actor,
        entry.command_id,
        ordinal,
        entry.data,
        bytes.fromhex(entry.previous_hash),
        bytes.fromhex(entry.hash),
    )


async def _write_rows(connection: Connection, append: Append, entries: Sequence[Entry]) -> None:
    first, last = entries[0], entries[-1]
    stream = {
        **append.summary,
        "stream": last.stream,
        "kind": KIND,
        "position": last.position,
        "head": bytes.fromhex(last.hash),
    }
    await connection.execute(INSERT_STREAM if first.position == 1 else UPDATE_STREAM, stream)
    rows = [event_row(entry, number) for number, entry in enumerate(entries, 1)]
    if len(rows) == 1:
        await connection.execute(INSERT_EVENT, rows[0])
    else:
        async with connection.cursor() as cursor:
            await cursor.executemany(INSERT_EVENT, rows)
    if append.tasks is not None:
        await _write_tasks(connection, append.case_id, append.tasks)
    for control in append.controls or ():
        await connection.execute(UPSERT_CONTROL, {**control, "case_id": append.case_id})


async def _write_tasks(connection: Connection, case_id: str, tasks: Sequence[Row]) -> None:
    if tasks:
        await connection.execute(CLOSE_TASKS, (case_id, [task["task_id"] for task in tasks]))
    else:
        await connection.execute(CLOSE_TASKS, (case_id, [""]))
    for task in tasks:
        row = {**task, "case_id": case_id, "case_kind": KIND, "priority": Jsonb(task["priority"])}
        await connection.execute(UPSERT_TASK, row)
