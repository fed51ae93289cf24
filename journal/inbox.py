"""Commands for cases, stored before they are delivered, so that neither an engine nor a worker that is down loses one.

A case's commands are delivered in the order they came: `pending` shows only the oldest of each case, and the next one
once that is settled. (Two that come at the same moment have no order.)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.rows import class_row

from domain.stream import canonical
from journal.statements import Connection, Pool, load

SQL = load("inbox")


class CommandReusedError(Exception):
    """A command id came back with other content."""

    def __init__(self, command_id: str) -> None:
        super().__init__(f"command {command_id} was stored with other content")
        self.command_id = command_id


@dataclass(frozen=True, slots=True)
class Message:
    """A command on its way: its id, its verb, its fields, and who gave it (`role:name`)."""

    command_id: str
    name: str
    body: Mapping[str, Any]
    actor: str


@dataclass(frozen=True, slots=True)
class Command:
    """A stored command; settled once its case has answered, with that answer.

    `outcome` is a `workflows.messages.Outcome`: `{answer: {version, status, events, …}}` or `{refused: {code, status,
    zh, en}}`; or `{moved: {case_id}}` for a control that found its case closed and went into another.
    """

    command_id: str
    case_id: str
    name: str
    body: dict[str, Any]
    actor: str
    received_at: datetime
    settled_at: datetime | None
    outcome: dict[str, Any] | None
    seen_at: datetime | None = None


async def put(connection: Connection, message: Message, case_id: str) -> bool:
    """Stores `message` for a case within the caller's transaction; False when it was stored before.

    Raises CommandReusedError when its id stands for another case, verb, body or actor.
    """
    values = {
        "command_id": message.command_id,
        "case_id": case_id,
        "name": message.name,
        "body": canonical(message.body),
        "actor": message.actor,
    }
    if await (await connection.execute(SQL["put"], values)).fetchone():
        return True
    stored = await _find(connection, message.command_id)
    if stored is None or (stored.case_id, stored.name, canonical(stored.body), stored.actor) != (
        case_id,
        message.name,
        values["body"],
        message.actor,
    ):
        raise CommandReusedError(message.command_id)
    return False


async def hold(connection: Connection, command_id: str) -> bool:
    """Whether the command still waits; if so, nobody else settles it until the caller's transaction ends."""
    return await (await connection.execute(SQL["hold"], {"command_id": command_id})).fetchone() is not None


async def settle(connection: Connection, command_id: str, outcome: Mapping[str, Any]) -> bool:
    """Keeps what the case answered; False when it was settled before."""
    cursor = await connection.execute(SQL["settle"], {"command_id": command_id, "outcome": canonical(outcome)})
    return bool(cursor.rowcount)


class Inbox:
    """The commands that wait for their cases."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def put(self, command_id: str, case_id: str, name: str, body: Mapping[str, Any], actor: str) -> bool:
        """Stores a command; False when it stands already. Raises CommandReusedError when it differs from that one."""
        async with self._pool.connection() as connection:
            return await put(connection, Message(command_id, name, body, actor), case_id)

    async def pending(self, limit: int = 100, but: Sequence[str] = ()) -> tuple[Command, ...]:
        """The oldest unsettled command of each case, oldest first; cases in `but` are passed over."""
        async with self._pool.connection() as connection, connection.cursor(row_factory=class_row(Command)) as cursor:
            await cursor.execute(SQL["pending"], {"limit": limit, "but": sorted(but)})
            return tuple(await cursor.fetchall())

    async def settle(self, command_id: str, outcome: Mapping[str, Any]) -> bool:
        """Keeps what the case answered and lets its next command follow; False when it was settled before."""
        async with self._pool.connection() as connection:
            return await settle(connection, command_id, outcome)

    async def find(self, command_id: str) -> Command | None:
        async with self._pool.connection() as connection:
            return await _find(connection, command_id)

    async def refusals(self, author: str, limit: int = 20) -> tuple[Command, ...]:
        """What `author` (a user's name) asked for while the engine was away and was refused on delivery, newest first:
        to be shown to them until they have seen it."""
        async with self._pool.connection() as connection, connection.cursor(row_factory=class_row(Command)) as cursor:
            await cursor.execute(SQL["refusals"], {"author": author, "limit": limit})
            return tuple(await cursor.fetchall())

    async def of_author(self, author: str, limit: int = 50) -> tuple[Command, ...]:
        """What `author` (a user's name) gave that had to be stored, newest first: waiting, done and refused."""
        async with self._pool.connection() as connection, connection.cursor(row_factory=class_row(Command)) as cursor:
            await cursor.execute(SQL["of_author"], {"author": author, "limit": limit})
            return tuple(await cursor.fetchall())

    async def mark_seen(self, command_id: str, author: str) -> bool:
        """Its author has seen the refusal; False when they had before, or it is not theirs."""
        async with self._pool.connection() as connection:
            cursor = await connection.execute(SQL["mark_seen"], {"command_id": command_id, "author": author})
            return bool(cursor.rowcount)

    async def waiting_from(self, case_id: str, name: str, *, but: str) -> tuple[str, ...]:
        """Who gave the commands of this name that wait for a case, once for each; the command `but` is passed over."""
        async with self._pool.connection() as connection:
            found = await connection.execute(SQL["waiting_from"], {"case_id": case_id, "name": name, "but": but})
            return tuple([actor async for (actor,) in found])

    async def has_pending(self, case_id: str, until: datetime | None = None) -> bool:
        """Whether commands for this case wait (then a newer one must queue behind them), or any that came `until`
        then."""
        asked = {"case_id": case_id, "until": until}
        async with self._pool.connection() as connection:
            row = await (await connection.execute(SQL["has_pending"], asked)).fetchone()
            return row is not None and bool(row[0])


async def _find(connection: Connection, command_id: str) -> Command | None:
    async with connection.cursor(row_factory=class_row(Command)) as cursor:
        await cursor.execute(SQL["find"], {"command_id": command_id})
        return await cursor.fetchone()
