"""The reviewers' queue: who may take what, most urgent first, and who has it now."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from psycopg.rows import class_row, dict_row

from domain.business_time import local_date
from journal import claims, rota
from journal.claims import LostRaceError, NotTaken
from journal.pages import Page, after, position, size
from journal.statements import Connection, Pool, load

SQL = load("queue")
PAGE, NEXT = (SQL["shelves"] + SQL[name] for name in ("page", "next"))
LOOKED_AT = 50
"""Tasks that are looked at to claim the next one: as many may ask at the same moment without waiting."""
ATTEMPTS = 10
PAUSE_SECONDS = 0.005
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class QueuedTask:
    """A task with what a reviewer sees of it before opening the case.

    `rank_at` is the queue's order, `priority` the components it was made of. `held_until` may lie in the past only in
    what `find` returns.
    """

    task_id: str
    case_id: str
    case_kind: str
    kind: str
    level: str
    roles: list[str]
    since: datetime
    due_at: datetime | None
    rank_at: datetime
    amount_fen: int
    priority: dict[str, Any]
    terminal_sn: str | None
    merchant_no: str | None
    reason_code: str | None
    status: str | None
    version: int
    sentence_zh: str | None
    sentence_en: str | None
    holder: str | None
    held_until: datetime | None


@dataclass(frozen=True, slots=True)
class TaskNow:
    """A task as it stands now, whatever its state, and what keeps it out of someone's queue."""

    task: QueuedTask
    closed: bool
    excluded: frozenset[str]
    put_off: bool

    def in_queue_of(self, user: str) -> bool:
        """Whether the queue shows it to someone who has a role for it."""
        free = self.task.holder in {None, user} and not self.put_off
        return free and not self.closed and user not in self.excluded


@dataclass(frozen=True, slots=True)
class Mark:
    """A look at the queue: the transactions before `xid` had ended, and when it was."""

    xid: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Holder:
    """Who has a task, until when."""

    holder: str
    held_until: datetime


@dataclass(frozen=True, slots=True)
class Backlog:
    """Open tasks of one kind and level."""

    kind: str
    level: str
    waiting: int
    claimed: int
    overdue: int
    oldest_since: datetime
    amount_fen: int


@dataclass(frozen=True, slots=True)
class OpenCases:
    """Open cases of one kind and status."""

    kind: str
    status: str
    open: int
    overdue: int
    oldest_at: datetime
    held_fen: int


@dataclass(frozen=True, slots=True)
class Throughput:
    """What was finished in the last day and seven days, and what waits for the engine."""

    tasks_day: int
    tasks_week: int
    cases_day: int
    cases_week: int
    commands_pending: int
    cases_unstarted: int


@dataclass(frozen=True, slots=True)
class Stats:
    """The desk at a glance."""

    tasks: tuple[Backlog, ...]
    cases: tuple[OpenCases, ...]
    throughput: Throughput


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Queue:
    """The queue on one pool; a claim runs for `lease`, and `clock` says when it runs out."""

    def __init__(self, pool: Pool, lease: timedelta, clock: Callable[[], datetime] = _utc_now) -> None:
        self._pool = pool
        self._lease = lease
        self._clock = clock

    async def page(
        self,
        user: str,
        roles: Collection[str],
        *,
        tier: str | None = None,
        kind: str | None = None,
        due_before: datetime | None = None,
        amount_from: int | None = None,
        aside: bool = False,
        cursor: str | None = None,
        limit: int = 50,
    ) -> Page[QueuedTask]:
        """Tasks `user` may take in one of `roles`, or holds, most urgent first. Raises BadCursorError.

        `kind` is a task's kind or its case's; `aside` asks for those that are put off in place of the others.
        """
        rank_at, key = position(cursor)
        rows = size(limit)
        asked = self._asked(user, roles, tier, kind)
        asked |= {"due_before": due_before, "amount_from": amount_from, "aside": aside}
        asked |= {"rank_at": rank_at, "after": key, "limit": rows + 1}
        found = await self._all(QueuedTask, PAGE, asked | {"with_own": True})
        more = len(found) > rows
        return Page(found[:rows], after(found[rows - 1].rank_at, found[rows - 1].task_id) if more else None)

    async def claim_next(
        self,
        user: str,
        roles: Collection[str],
        *,
        tier: str | None = None,
        kind: str | None = None,
    ) -> QueuedTask | None:
        """Claims the most urgent task that `user` may take, is given (see `journal.rota`) and nobody holds; None when
        there is none, when they are away, or when they hold as many as they may."""
        asked = self._asked(user, roles, tier, kind) | {"given": local_date(self._clock())}
        asked |= {"rank_at": None, "after": None, "limit": LOOKED_AT, "with_own": False}

        async def take_next(connection: Connection) -> str | None:
            if await rota.full(connection, user, self._clock()):
                return None
            task_id, any_left = await _next(connection, asked)
            if task_id is None and not any_left:
                return None
            if task_id is None or await self._take(connection, task_id, user, roles) is not None:
                raise LostRaceError
            return task_id

        task_id = await self._attempt(take_next)
        return await self.find(task_id) if task_id else None

    async def claim(self, task_id: str, user: str, roles: Collection[str]) -> QueuedTask | NotTaken:
        """Claims this task, or renews the caller's claim on it."""
        refused = await self._attempt(lambda connection: self._take(connection, task_id, user, roles))
        return refused or await self.find(task_id) or NotTaken("no-such-task")

    async def renew(self, task_id: str, user: str, roles: Collection[str]) -> QueuedTask | NotTaken:
        """Lets the caller's claim run anew from now on; `not-claimed` when it has run out or never was."""
        refused = await self._attempt(lambda connection: self._take(connection, task_id, user, roles, renewing=True))
        return refused or await self.find(task_id) or NotTaken("no-such-task")

    async def release(self, task_id: str, user: str, roles: Collection[str]) -> NotTaken | None:
        """Gives the task back, and returns None; `not-claimed` when the caller does not hold it."""

        async def give_back(connection: Connection) -> NotTaken | None:
            now = self._clock()
            standing = await claims.lock(connection, task_id, user, roles)
            if standing is None:
                return NotTaken("no-such-task")
            if not standing.held_by(user, now):
                return NotTaken("not-claimed")
            await claims.end_lease(connection, task_id, standing, user=user, now=now)
            return None

        return await self._attempt(give_back)

    async def holder(self, task_id: str) -> Holder | None:
        """Who holds a task now."""
        found = await self._all(Holder, SQL["holder"], {"task_id": task_id, "now": self._clock()})
        return found[0] if found else None

    async def find(self, task_id: str) -> QueuedTask | None:
        """A task whatever its state, closed ones too."""
        found = await self._all(QueuedTask, SQL["one"], {"task_id": task_id})
        return found[0] if found else None

    async def now(self, task_ids: Collection[str]) -> tuple[TaskNow, ...]:
        """These tasks as they stand now; what there is of them."""
        asked = {"task_ids": list(task_ids), "now": self._clock()}
        async with self._pool.connection() as connection, connection.cursor(row_factory=dict_row) as cursor:
            await cursor.execute(SQL["now"], asked, prepare=False)
            rows = await cursor.fetchall()
        return tuple(
            TaskNow(closed=row.pop("closed"), excluded=frozenset(row.pop("excluded")), put_off=row.pop("put_off"),
                task=QueuedTask(**row))
            for row in rows
        )  # fmt: skip

    async def of_case(self, case_id: str) -> tuple[QueuedTask, ...]:
        """The case's open tasks."""
        return await self._all(QueuedTask, SQL["tasks_of_case"], {"case_id": case_id, "now": self._clock()})

    async def touched(self, since: Mark | None) -> tuple[Mark, set[str]]:
        """The tasks that may have changed since a look, none for the first one; and from where to look next time."""
        now = self._clock()
        async with self._pool.connection() as connection:
            row = await (await connection.execute(SQL["mark"])).fetchone()
            mark = Mark(str(row[0]) if row else "0", now)
            if since is None:
                return mark, set()
            asked = {"xid": since.xid, "seen_at": since.at, "now": now}
            rows = await (await connection.execute(SQL["touched"], asked)).fetchall()
        return mark, {task_id for (task_id,) in rows}

    async def stats(self) -> Stats:
        """Backlog, ages, breaches and throughput."""
        asked = {"now": self._clock()}
        return Stats(
            await self._all(Backlog, SQL["backlog"], asked),
            await self._all(OpenCases, SQL["open_cases"], asked),
            (await self._all(Throughput, SQL["throughput"], asked))[0],
        )

    async def _take(
        self,
        connection: Connection,
        task_id: str,
        user: str,
        roles: Collection[str],
        *,
        renewing: bool = False,
    ) -> NotTaken | None:
        now = self._clock()
        standing = await claims.lock(connection, task_id, user, roles)
        if standing is None:
            return NotTaken("no-such-task")
        if (refused := standing.refusal(user, now)) is not None:
            return refused
        if renewing and not standing.held_by(user, now):
            return NotTaken("not-claimed")
        await claims.lease(connection, task_id, standing, user=user, now=now, until=now + self._lease)
        return None

    async def _attempt(self, action: Callable[[Connection], Awaitable[T]]) -> T:
        """What `action` returns, done in one transaction; again from the start when another was quicker.

        Raises LostRaceError when others were quicker ten times in a row.
        """
        for attempt in range(ATTEMPTS):
            await asyncio.sleep(PAUSE_SECONDS * attempt)  # long enough for the quicker one to commit
            with suppress(LostRaceError):
                async with self._pool.connection() as connection, connection.transaction():
                    return await action(connection)
        raise LostRaceError

    def _asked(self, user: str, roles: Collection[str], tier: str | None, kind: str | None) -> dict[str, Any]:
        narrowed = {"tier": tier, "kind": kind, "due_before": None, "amount_from": None, "aside": False, "given": None}
        return {"user": user, "roles": sorted(roles), "now": self._clock(), **narrowed}

    async def _all(self, row: type[T], statement: bytes, asked: Mapping[str, Any]) -> tuple[T, ...]:
        async with self._pool.connection() as connection, connection.cursor(row_factory=class_row(row)) as cursor:
            await cursor.execute(statement, asked, prepare=False)
            return tuple(await cursor.fetchall())


async def _next(connection: Connection, asked: Mapping[str, Any]) -> tuple[str | None, bool]:
    row = await (await connection.execute(NEXT, asked, prepare=False)).fetchone()
    return (row[0], row[1]) if row else (None, False)
