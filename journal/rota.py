"""The rota: which work the queue gives to whom. What people have learnt, how much they hold, when they are away.

It says what is handed out (`next`), not what people may do: their roles and four-eyes decide that, and whoever takes a
task by hand takes it. Every change is an event in the person's own stream `rota:<name>`:

    RotaSet         form 1    {user, kinds, levels, families, most_claims}
    AbsencePlanned  form 1    {user, number, first_day, last_day}
    AbsenceEnded    form 1    {user, number, first_day, last_day}

Why someone is away is nobody's business here, and is not kept.
"""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any, Literal

from psycopg.rows import class_row

from domain.business_time import format_time, local_date
from domain.stream import Draft, Head, canonical, seal
from journal.clock import now
from journal.people import NoSuchUserError
from journal.requests import AppendRequest, compose
from journal.statements import Connection, Pool, load, reading, transaction
from journal.writing import write

SQL = load("rota")
ATTEMPTS = 10


@dataclass(frozen=True, slots=True)
class Share:
    """What someone is given: kinds of tasks, tiers, and families of reasons (the letters their codes begin with), each
    None for all; and how many tasks they hold at most, None for as many as they like."""

    kinds: Sequence[str] | None = None
    levels: Sequence[str] | None = None
    families: Sequence[str] | None = None
    most_claims: int | None = None


@dataclass(frozen=True, slots=True)
class Absence:
    """Days on which someone is given nothing, both ends included."""

    number: int
    first_day: date
    last_day: date


@dataclass(frozen=True, slots=True)
class Colleague:
    """A member of staff, their share, what they hold now, and their absences that are not over."""

    name: str
    display_name: str
    roles: tuple[str, ...]
    share: Share
    holds: int
    absences: tuple[Absence, ...]

    def away(self, day: date) -> Absence | None:
        """The absence that `day` falls in."""
        return next((one for one in self.absences if one.first_day <= day <= one.last_day), None)

    def why_nothing(self, day: date) -> Literal["away", "full"] | None:
        """Why they are given nothing on `day`, whatever waits."""
        if self.away(day):
            return "away"
        most = self.share.most_claims
        return "full" if most is not None and self.holds >= most else None


@dataclass(frozen=True, slots=True)
class _Row:
    name: str
    display_name: str
    roles: list[str]
    kinds: list[str] | None
    levels: list[str] | None
    families: list[str] | None
    most_claims: int | None
    holds: int
    absences: list[dict[str, Any]]

    def colleague(self) -> Colleague:
        absences = (
            Absence(one["number"], date.fromisoformat(one["first_day"]), date.fromisoformat(one["last_day"]))
            for one in self.absences
        )
        share = Share(self.kinds, self.levels, self.families, self.most_claims)
        return Colleague(self.name, self.display_name, tuple(self.roles), share, self.holds, tuple(absences))


class _TryAgainError(Exception):
    """Someone else wrote in the same stream: roll back and look again."""


class Rota:
    """The rota on one pool."""

    def __init__(self, pool: Pool, clock: Callable[[], datetime] = now) -> None:
        self._pool, self._clock = pool, clock

    async def people(self, name: str | None = None) -> tuple[Colleague, ...]:
        """All staff who are not shut out, or the one of this name."""
        moment = self._clock()
        asked = {"name": name, "now": moment, "today": local_date(moment)}
        async with reading(self._pool) as connection, connection.cursor(row_factory=class_row(_Row)) as cursor:
            await cursor.execute(SQL["people"], asked)
            return tuple(row.colleague() for row in await cursor.fetchall())

    async def why_not(self, name: str, task_id: str) -> Literal["away", "full", "not-given"] | None:
        """Why this task would not be handed out to someone now; None when it would be."""
        day = local_date(self._clock())
        colleague = next(iter(await self.people(name)), None)
        if colleague is None:
            return "away"
        if (nothing := colleague.why_nothing(day)) is not None:
            return nothing
        asked = {"user": name, "today": day, "task_id": task_id}
        async with reading(self._pool) as connection:
            row = await (await connection.execute(SQL["is_given"], asked)).fetchone()
        return None if row is None or row[0] else "not-given"

    async def set(self, name: str, share: Share, by: str) -> None:
        """Sets what someone is given; `by` is `role:name`. Raises NoSuchUserError for who is not staff."""

        async def work(connection: Connection) -> tuple[str, dict[str, Any]]:
            await connection.execute(SQL["set"], {"name": name, **asdict(share)})
            return "RotaSet", asdict(share)

        await self._journaled(name, by, work)

    async def plan_absence(self, name: str, first_day: date, last_day: date, by: str) -> int:
        """Marks someone away from one day through another; its number. Raises NoSuchUserError."""
        days = {"first_day": first_day, "last_day": last_day}

        async def work(connection: Connection) -> tuple[str, dict[str, Any]]:
            planned = await (await connection.execute(SQL["plan_absence"], {"name": name, **days})).fetchone()
            assert planned is not None
            return "AbsencePlanned", {"number": planned[0], **_told(days)}

        return int((await self._journaled(name, by, work))["number"])

    async def end_absence(self, name: str, number: int, by: str) -> bool:
        """Takes an absence back; False when there is none of this number. Raises NoSuchUserError."""

        async def work(connection: Connection) -> tuple[str, dict[str, Any]] | None:
            ended = await connection.execute(SQL["end_absence"], {"name": name, "number": number})
            row = await ended.fetchone()
            days = {"first_day": row[0], "last_day": row[1]} if row else None
            return ("AbsenceEnded", {"number": number, **_told(days)}) if days else None

        return bool(await self._journaled(name, by, work))

    async def _journaled(
        self, name: str, by: str, work: Callable[[Connection], Awaitable[tuple[str, dict[str, Any]] | None]]
    ) -> dict[str, Any]:
        """Does `work` and writes the event it answers, in one transaction; the event's body, empty without one."""
        if not await self.people(name):
            raise NoSuchUserError(name)
        for _ in range(ATTEMPTS):
            try:
                async with transaction(self._pool) as connection:
                    done = await work(connection)
                    if done is None:
                        return {}
                    body = {"user": name, **done[1]}
                    await self._write(connection, f"rota:{name}", done[0], body, by)
                    return body
            except _TryAgainError:
                continue
        raise _TryAgainError(name)

    async def _write(self, connection: Connection, stream: str, type_: str, body: dict[str, Any], by: str) -> None:
        async with connection.cursor(row_factory=class_row(Head)) as cursor:
            await cursor.execute(SQL["head"], {"name": body["user"]})
            head = await cursor.fetchone() or Head()
        draft = Draft(type_, 1, head.position + 1, canonical(body))
        entries = seal(
            stream,
            head,
            [draft],
            occurred_at=format_time(self._clock()),
            actor=by,
            command_id=f"rota-{uuid.uuid4().hex}",
        )
        if not await write(connection, AppendRequest.parse(compose("rota", head, entries))):
            raise _TryAgainError(stream)


def _told(days: dict[str, date]) -> dict[str, str]:
    return {name: day.isoformat() for name, day in days.items()}


async def full(connection: Connection, user: str, moment: datetime) -> bool:
    """Whether someone holds as many tasks as they may; within a transaction, in which they then are the only one who
    asks for them."""
    row = await (await connection.execute(SQL["limit"], {"user": user})).fetchone()
    if row is None:
        return False
    held = await (await connection.execute(SQL["holds"], {"user": user, "now": moment})).fetchone()
    return held is not None and held[0] >= row[0]
