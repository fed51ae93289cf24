"""Log-ins in browsers: who is behind a cookie, from where and since when, and ending one that is no longer wanted.

Session ids are kept as SHA-256. A session ends after `SESSION_LIFE`, or once nobody has used it for `SESSION_IDLE`.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from psycopg.errors import ForeignKeyViolation
from psycopg.rows import class_row, dict_row

from journal.clock import now
from journal.people import NoSuchUserError, User
from journal.statements import Pool, load, reading

SQL = load("sessions")
SESSION_LIFE = timedelta(hours=12)
SESSION_IDLE = timedelta(hours=2)
MOST_AGENT = 200
MINUTE = timedelta(minutes=1)

Method = Literal["password", "oidc", "link"]
"""What proved who it is: a password, an identity provider, or a link or code sent to a merchant's contact."""


@dataclass(frozen=True, slots=True)
class Session:
    """A log-in in a browser. `csrf_secret` goes into every form, never into a cookie."""

    user: User
    csrf_secret: str
    expires_at: datetime
    number: int
    method: Method
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """A session as its owner sees it listed: from which network and with which browser it was opened, and last used."""

    number: int
    user_name: str
    method: Method
    origin: str
    agent: str
    created_at: datetime
    seen_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Entrance:
    """How a session is come by."""

    method: Method = "password"
    origin: str = ""
    agent: str = ""


class Sessions:
    """The sessions there are."""

    def __init__(self, pool: Pool, clock: Callable[[], datetime] = now) -> None:
        self._pool, self._clock = pool, clock

    async def open(
        self, name: str, entrance: Entrance | None = None, *, life: timedelta = SESSION_LIFE
    ) -> tuple[str, Session]:
        """A new session after a log-in, and the id that goes into the cookie. Raises `NoSuchUserError`."""
        session_id, opened_at, entrance = secrets.token_urlsafe(32), self._clock(), entrance or Entrance()
        row = {
            "sha256": _sha256(session_id),
            "name": name,
            "csrf_secret": secrets.token_urlsafe(32),
            "now": opened_at,
            "expires_at": opened_at + life,
            "method": entrance.method,
            "origin": entrance.origin,
            "agent": entrance.agent[:MOST_AGENT],
        }
        try:
            await self._execute("open", row)
        except ForeignKeyViolation as error:
            raise NoSuchUserError(name) from error
        session = await self.find(session_id)
        if session is None:  # disabled
            raise NoSuchUserError(name)
        return session_id, session

    async def find(self, session_id: str) -> Session | None:
        """The session with this id, unless it has ended, was not used for long, or its user was disabled."""
        values = {"sha256": _sha256(session_id), **self._times()}
        async with reading(self._pool) as connection, connection.cursor(row_factory=dict_row) as cursor:
            await cursor.execute(SQL["find"], values)
            row = await cursor.fetchone()
        if row is None:
            return None
        own = {name: row.pop(name) for name in ("csrf_secret", "expires_at", "number", "method", "seen_at")}
        return Session(User(**row), **own)

    async def touch(self, session: Session) -> None:
        """Somebody uses the session, which is written down at most once a minute."""
        moment = self._clock()
        if moment - session.seen_at < MINUTE:
            return
        values = {"number": session.number, "now": moment, "a_minute_ago": moment - MINUTE}
        await self._execute("touch", values)

    async def of(self, name: str) -> tuple[LoggedIn, ...]:
        """A user's sessions that hold, the latest used first."""
        async with reading(self._pool) as connection, connection.cursor(row_factory=class_row(LoggedIn)) as cursor:
            await cursor.execute(SQL["of"], {"name": name, **self._times()})
            return tuple(await cursor.fetchall())

    async def close(self, session_id: str) -> None:
        """Ends a session. Ending it twice is no error."""
        await self._execute("close", {"sha256": _sha256(session_id)})

    async def revoke(self, name: str, number: int) -> bool:
        """Ends one of a user's sessions; says whether there was such a one."""
        return await self._execute("revoke", {"name": name, "number": number}) > 0

    async def revoke_others(self, name: str, but: int) -> int:
        """Ends all of a user's sessions but one; says how many. (`but` 0 ends all.)"""
        return await self._execute("revoke_others", {"name": name, "but": but})

    async def purge(self) -> int:
        """Drops sessions that have ended; says how many."""
        return await self._execute("purge", self._times())

    def _times(self) -> dict[str, datetime]:
        moment = self._clock()
        return {"now": moment, "idle_since": moment - SESSION_IDLE}

    async def _execute(self, statement: str, values: dict[str, Any]) -> int:
        async with reading(self._pool) as connection:
            return (await connection.execute(SQL[statement], values)).rowcount


def _sha256(secret: str) -> bytes:
    """Enough for secrets of 256 random bits; a password would need argon2."""
    return hashlib.sha256(secret.encode()).digest()
