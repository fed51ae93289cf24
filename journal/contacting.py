"""Getting in touch with merchants: how each wants to be told, what became of notices, contact tasks, the contact log.

The facts are events of the streams `contacts:<merchant_no>`, form 1, and rows beside them, written together:

    NoticePreferencesSet  {merchant_no, preferences_ref, channels}
    NoticeMarked          {merchant_no, case_id, notice_key, mark, ref, channel}
    ContactTaskOpened     {merchant_no, case_id, task_id, kind, notice, notice_key, note_ref, due_at}
    ContactTaskClosed     {merchant_no, task_id, why}
    ContactTaskWatched    {merchant_no, task_id, word}
    ContactLogged         {merchant_no, case_id, contact_id, way, direction, result, note_ref, task_id}

Addresses, secrets and what was said lie in the vault. A command that comes again changes nothing.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from psycopg import Rollback
from psycopg.rows import class_row

from domain.stream import Draft, Head, canonical, seal
from journal import writing
from journal.parties import subject_of
from journal.registry import Act, ContendedError
from journal.requests import AppendRequest, compose
from journal.statements import Connection, Pool, load, reading, transaction
from journal.vault import Vault

SQL = load("contacting")
ATTEMPTS = 10
"""How often a fact is noted anew when another one of the same merchant got in between."""

Work = Callable[[Connection], Awaitable[bool]]
Mark = Literal["delivered", "bounced", "acknowledged", "resent"]
TaskKind = Literal["undelivered", "bounced", "callback", "promise", "feedback"]


class NoSuchTaskError(LookupError):
    """There is no open contact task of this id at this merchant's."""

    def __init__(self, task_id: str) -> None:
        super().__init__(f"there is no open contact task {task_id}")
        self.task_id = task_id


@dataclass(frozen=True, slots=True)
class Preferences:
    """How a merchant wants to be told: its channels in order (what is not among them is not used), one language for all
    contacts or each contact's own (None), and its system's webhook."""

    channels: tuple[str, ...]
    language: str | None = None
    webhook_url: str | None = None
    webhook_secret: str | None = None


@dataclass(frozen=True, slots=True)
class Task:
    """Something a person has to do: `undelivered` and `bounced` are notices that did not reach the merchant."""

    task_id: str
    kind: TaskKind
    merchant_no: str
    case_id: str | None
    notice: str | None
    notice_key: str | None
    note_ref: str | None
    opened_at: datetime
    due_at: datetime
    done_at: datetime | None = None
    contact_id: str | None = None


@dataclass(frozen=True, slots=True)
class Contact:
    """What was said, over which way, by whom, with what result."""

    contact_id: str
    merchant_no: str
    case_id: str | None
    way: str
    direction: str
    result: str
    note_ref: str
    actor: str
    at: datetime
    task_id: str | None


@dataclass(frozen=True, slots=True)
class Marked:
    """What became of a notice."""

    notice_key: str
    mark: Mark
    ref: str
    channel: str | None
    actor: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Marking:
    """What became of a notice, to be noted. `ref` is the gateway's message, or the command of who did it."""

    merchant_no: str
    case_id: str
    notice_key: str
    mark: Mark
    ref: str


@dataclass(frozen=True, slots=True)
class NewTask:
    """A task to be opened; its note is kept in the vault."""

    task_id: str
    kind: TaskKind
    merchant_no: str
    due_at: str
    case_id: str | None = None
    notice: str | None = None
    notice_key: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Unkept:
    """A promise (or a booked call-back) of which staff must be told a word: it falls due soon, or it was missed."""

    task_id: str
    kind: TaskKind
    merchant_no: str
    case_id: str | None
    due_at: datetime
    word: Literal["due_soon", "missed"]


@dataclass(frozen=True, slots=True)
class NewContact:
    """A contact to be logged. With `task_id` it ends that task, if the merchant was reached."""

    contact_id: str
    merchant_no: str
    way: str
    direction: str
    result: str
    note: str
    case_id: str | None = None
    task_id: str | None = None


class Contacting:
    """Writes and reads the facts above. `within` joins a transaction that the caller has open."""

    def __init__(self, pool: Pool, vault: Vault) -> None:
        self._pool = pool
        self._vault = vault

    async def preferences(self, merchant_no: str) -> Preferences | None:
        """None for a merchant that said nothing. Raises `journal.vault.ForgottenError`."""
        async with reading(self._pool) as connection:
            row = await (await connection.execute(SQL["preferences_ref"], {"merchant_no": merchant_no})).fetchone()
            data = await self._vault.get(row[0], within=connection) if row else None
        return Preferences(**{**data, "channels": tuple(data["channels"])}) if data else None

    async def set_preferences(self, merchant_no: str, wanted: Preferences, act: Act) -> None:
        """Raises `journal.vault.ForgottenError`."""

        async def work(connection: Connection) -> bool:
            ref = await self._put(connection, merchant_no, "notice_preferences", asdict(wanted))
            fact = {"preferences_ref": ref, "channels": list(wanted.channels)}
            if not await _note(connection, merchant_no, "NoticePreferencesSet", fact, act):
                return False
            row = {"merchant_no": merchant_no, "preferences_ref": ref, "at": act.occurred_at}
            await connection.execute(SQL["put_preferences"], row)
            return True

        await self._once(merchant_no, act, work)

    async def mark(self, marking: Marking, act: Act, channel: str | None = None) -> bool:
        """Notes what became of a notice; False when that was noted before."""
        fact = {**asdict(marking), "channel": channel}
        del fact["merchant_no"]

        async def work(connection: Connection) -> bool:
            if not await _note(connection, marking.merchant_no, "NoticeMarked", fact, act):
                return False
            row = {**fact, "merchant_no": marking.merchant_no, "actor": act.actor, "at": act.occurred_at}
            await connection.execute(SQL["put_mark"], row)
            return True

        return await self._once(marking.merchant_no, act, work)

    async def marks(self, case_id: str) -> tuple[Marked, ...]:
        """What became of a case's notices, in order."""
        return await self._all(Marked, "marks", {"case_id": case_id})

    async def open_task(self, task: NewTask, act: Act) -> bool:
        """Opens a task; False when it was opened before. Of a forgotten merchant nothing is noted in words."""

        async def work(connection: Connection) -> bool:
            fact = {**asdict(task), "note_ref": await self._note_ref(connection, task.merchant_no, task.note)}
            del fact["note"]
            if not await _note(connection, task.merchant_no, "ContactTaskOpened", fact, act):
                return False
            await connection.execute(SQL["put_task"], {**fact, "at": act.occurred_at})
            return True

        return await self._once(task.merchant_no, act, work)

    async def close_task(self, task_id: str, merchant_no: str, why: str, act: Act) -> bool:
        """Ends a task that nobody needs to get in touch about any more; False when it had ended."""

        async def work(connection: Connection) -> bool:
            row = {"task_id": task_id, "merchant_no": merchant_no, "contact_id": None, "at": act.occurred_at}
            if (await connection.execute(SQL["end_task"], row)).rowcount != 1:
                return True
            return await _note(connection, merchant_no, "ContactTaskClosed", {"task_id": task_id, "why": why}, act)

        return await self._once(merchant_no, act, work)

    async def unkept(self, now: datetime, soon: timedelta, grace: timedelta, limit: int = 50) -> tuple[Unkept, ...]:
        """What was promised and is not kept: of which staff are to be told that it falls due within `soon`, or that it
        was missed (a call-back after `grace`). What was told of once is not told of again."""
        asked = {"now": now, "soon": now + soon, "called_by": now - grace, "limit": limit}
        return await self._all(Unkept, "unkept", asked)

    async def watched(self, task: Unkept, act: Act) -> bool:
        """Notes that staff were told; False when that was noted, or the promise was kept meanwhile."""

        async def work(connection: Connection) -> bool:
            statement = SQL["put_missed" if task.word == "missed" else "put_reminded"]
            row = {"task_id": task.task_id, "at": act.occurred_at}
            if (await connection.execute(statement, row)).rowcount != 1:
                return True
            fact = {"task_id": task.task_id, "word": task.word}
            return await _note(connection, task.merchant_no, "ContactTaskWatched", fact, act)

        return await self._once(task.merchant_no, act, work)

    async def tasks(
        self, merchant_no: str | None = None, after: tuple[datetime, str] | None = None, limit: int = 100
    ) -> tuple[Task, ...]:
        """Open tasks, the most urgent first, all or one merchant's."""
        at, task_id = after or (None, None)
        asked = {"merchant_no": merchant_no, "after": at, "after_id": task_id, "limit": limit}
        return await self._all(Task, "tasks", asked)

    async def task(self, task_id: str) -> Task | None:
        """A task, open or done."""
        found = await self._all(Task, "task", {"task_id": task_id})
        return found[0] if found else None

    async def log(self, contact: NewContact, act: Act) -> None:
        """Writes a contact down. Raises NoSuchTaskError, and `journal.vault.ForgottenError`."""

        async def work(connection: Connection) -> bool:
            fact = {**asdict(contact), "note_ref": await self._note_ref(connection, contact.merchant_no, contact.note)}
            del fact["note"]
            if not await _note(connection, contact.merchant_no, "ContactLogged", fact, act):
                return False
            row = {**fact, "actor": act.actor, "at": act.occurred_at}
            await connection.execute(SQL["put_contact"], row)
            if contact.task_id and contact.result == "reached":
                ended = await connection.execute(SQL["end_task"], row)
                if ended.rowcount != 1:
                    raise NoSuchTaskError(contact.task_id)
            return True

        await self._once(contact.merchant_no, act, work)

    async def contacts(self, merchant_no: str, case_id: str | None = None, limit: int = 1000) -> tuple[Contact, ...]:
        """The contact log, newest first."""
        return await self._all(Contact, "contacts", {"merchant_no": merchant_no, "case_id": case_id, "limit": limit})

    async def _note_ref(self, connection: Connection, merchant_no: str, note: str | None) -> str | None:
        return await self._put(connection, merchant_no, "contact_note", {"text": note}) if note else None

    async def _put(self, connection: Connection, merchant_no: str, kind: str, data: Mapping[str, Any]) -> str:
        return await self._vault.put(subject_of(merchant_no), kind, data, within=connection)

    async def _all(self, kind: type[Any], statement: str, asked: Mapping[str, Any]) -> tuple[Any, ...]:
        async with reading(self._pool) as connection, connection.cursor(row_factory=class_row(kind)) as cursor:
            await cursor.execute(SQL[statement], asked)
            return tuple(await cursor.fetchall())

    async def _once(self, merchant_no: str, act: Act, work: Work) -> bool:
        """Does `work` in a transaction, anew as long as another writer is ahead; False when the command did it
        before."""
        for _ in range(ATTEMPTS):
            async with transaction(self._pool) as connection:
                if (await _end_of(connection, merchant_no, act.command_id))[1]:
                    return False
                if await work(connection):
                    return True
                raise Rollback
        raise ContendedError(f"gave way to other writers {ATTEMPTS} times")


AGAIN = ":again:"


def root_of(notice_key: str) -> str:
    """The key a notice first went out under; a resend's key continues it."""
    return notice_key.partition(AGAIN)[0]


def stream_of(merchant_no: str) -> str:
    """Where the contacts with a merchant stand."""
    return f"contacts:{merchant_no}"


async def _note(connection: Connection, merchant_no: str, event: str, fact: Mapping[str, Any], act: Act) -> bool:
    """Appends an event within the caller's transaction; False when another writer was faster."""
    head, _ = await _end_of(connection, merchant_no, act.command_id)
    draft = Draft(event, 1, head.position + 1, canonical({"merchant_no": merchant_no, **fact}))
    entries = seal(
        stream_of(merchant_no), head, [draft], occurred_at=act.occurred_at, actor=act.actor, command_id=act.command_id
    )
    return await writing.write(connection, AppendRequest.parse(compose("contacts", head, entries)))


async def _end_of(connection: Connection, merchant_no: str, command_id: str) -> tuple[Head, bool]:
    asked = {"stream": stream_of(merchant_no), "command_id": command_id}
    row = await (await connection.execute(SQL["end_of"], asked)).fetchone()
    return (Head(row[0], row[1]), row[2]) if row else (Head(), False)
