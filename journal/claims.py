"""Claims: who works on which task, until when. They coordinate people; the rules never rely on them.

A claim is a lease, kept in a row and journaled, in the same transaction, in the task's own stream `task:<task_id>`.
A lease that has run out stands in nobody's way.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from psycopg.rows import class_row

from domain.stream import Draft, Head, canonical, seal
from journal.requests import AppendRequest, compose
from journal.statements import Connection, load
from journal.writing import READ, write

SQL = load("queue")

Refusal = Literal["no-such-task", "task-closed", "not-entitled", "excluded", "claimed-by-another", "not-claimed"]


@dataclass(frozen=True, slots=True)
class NotTaken:
    """Why a task is not the caller's: the reason's code and, for `claimed-by-another`, whose it is until when."""

    reason: Refusal
    holder: str | None = None
    held_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """A task as it stands for one caller, its row locked: may they have it, who has it, where its stream ends."""

    closed: bool
    entitled_as: list[str]
    excluded: bool
    case_id: str
    holder: str | None
    held_until: datetime | None
    position: int | None
    hash: str | None

    @property
    def head(self) -> Head:
        return Head(self.position, self.hash) if self.position and self.hash else Head()

    def held(self, now: datetime) -> bool:
        """Whether a claim on it still runs."""
        return self.held_until is not None and self.held_until > now

    def held_by(self, user: str, now: datetime) -> bool:
        return self.held(now) and self.holder == user

    def barred(self) -> NotTaken | None:
        """What keeps the user from having this task whoever holds it."""
        if self.closed:
            return NotTaken("task-closed")
        if not self.entitled_as:
            return NotTaken("not-entitled")
        if self.excluded:
            return NotTaken("excluded")
        return None

    def refusal(self, user: str, now: datetime) -> NotTaken | None:
        """What keeps `user` from having this task now."""
        if (barred := self.barred()) is not None:
            return barred
        if self.held(now) and self.holder != user:
            return NotTaken("claimed-by-another", self.holder, self.held_until)
        return None


class LostRaceError(Exception):
    """Another claimed the task between our look and our write: roll back and look again."""


async def lock(connection: Connection, task_id: str, user: str, roles: Iterable[str]) -> Standing | None:
    """The task as it stands for `user`; its row is locked until the transaction ends. None when there is none."""
    async with connection.cursor(row_factory=class_row(Standing)) as cursor:
        await cursor.execute(SQL["lock"], {"task_id": task_id, "user": user, "roles": sorted(roles)})
        return await cursor.fetchone()


async def lease(
    connection: Connection, task_id: str, standing: Standing, *, user: str, now: datetime, until: datetime
) -> None:
    """Makes `user` the holder until `until` and journals it, within the caller's transaction. Raises LostRaceError."""
    leased = {"task_id": task_id, "user": user, "now": now, "until": until}
    if not (await connection.execute(SQL["lease"], leased)).rowcount:
        raise LostRaceError
    await connection.execute(SQL["end_aside"], leased)
    body: dict[str, Any] = {"case_id": standing.case_id, "holder": user, "until": _rfc3339(until)}
    if standing.held_by(user, now):
        await _journal(connection, task_id, standing, "ClaimRenewed", body, user, now)
    else:
        lapsed = standing.holder if standing.holder != user else None
        await _journal(connection, task_id, standing, "TaskClaimed", body | {"lapsed_from": lapsed}, user, now)


async def end_lease(connection: Connection, task_id: str, standing: Standing, *, user: str, now: datetime) -> None:
    """Gives the task back and journals it, within the caller's transaction. Raises LostRaceError."""
    await connection.execute(SQL["end_lease"], {"task_id": task_id, "user": user})
    body = {"case_id": standing.case_id, "holder": user}
    await _journal(connection, task_id, standing, "ClaimReleased", body, user, now)


async def put_off(
    connection: Connection,
    task_id: str,
    standing: Standing,
    *,
    user: str,
    now: datetime,
    until: datetime,
    reason: str,
    steered: Steered | None = None,
) -> None:
    """Ends the caller's claim, if any, and journals that the task is put off. Raises LostRaceError."""
    await connection.execute(SQL["end_lease"], {"task_id": task_id, "user": user})
    body = {"case_id": standing.case_id, "by": user, "until": _rfc3339(until), "reason": reason}
    await _journal(connection, task_id, standing, "TaskPutOff", body, user, now, steered)


@dataclass(frozen=True, slots=True)
class Steered:
    """A lead's or engineer's word about a task: who gave it (`role:name`), under which command, why."""

    signed: str
    command_id: str
    reason: str


async def was_given(connection: Connection, task_id: str, command_id: str) -> bool:
    """Whether this command was carried out on the task before."""
    asked = {"stream": f"task:{task_id}", "command_id": command_id}
    row = await (await connection.execute(READ["has_command"], asked)).fetchone()
    return row is not None and bool(row[0])


async def hand_over(
    connection: Connection,
    task_id: str,
    standing: Standing,
    *,
    to: str | None,
    now: datetime,
    until: datetime,
    steered: Steered,
) -> None:
    """Makes `to` the holder whoever held it, or nobody, and ends a putting off, within the caller's transaction, which
    has locked the task. Raises LostRaceError."""
    former = standing.holder if standing.held(now) else None
    leased = {"task_id": task_id, "user": to, "now": now, "until": until}
    await connection.execute(SQL["end_any_lease"], leased)
    await connection.execute(SQL["end_aside"], leased)
    if to is not None:
        await connection.execute(SQL["lease"], leased)
    body = {"case_id": standing.case_id, "from": former, "to": to, "reason": steered.reason}
    body["until"] = _rfc3339(until) if to is not None else None
    await _journal(connection, task_id, standing, "TaskHandedOver", body, "", now, steered)


async def _journal(
    connection: Connection,
    task_id: str,
    standing: Standing,
    type_: str,
    body: dict[str, Any],
    user: str,
    now: datetime,
    steered: Steered | None = None,
) -> None:
    position = standing.head.position + 1
    role = standing.entitled_as[0] if standing.entitled_as else "nobody"
    entries = seal(
        f"task:{task_id}",
        standing.head,
        [Draft(type_, 1, position, canonical(body))],
        occurred_at=_rfc3339(now),
        actor=steered.signed if steered else f"{role}:{user}",
        command_id=steered.command_id if steered else f"{task_id}:claim:{position}",
    )
    if not await write(connection, AppendRequest.parse(compose("task", standing.head, entries))):
        raise LostRaceError


def _rfc3339(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")
