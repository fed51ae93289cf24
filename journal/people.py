"""Who may use the desk: users and their roles, and what proves that it is them.

Passwords are kept as argon2id hashes, bearer tokens as SHA-256: the tables give no one a way in. A log-in in a browser
is a session (`journal.sessions`). A user's name and display name are log-ins and work titles and may be shown to staff;
for a merchant's users the display name must not be a person's name, which belongs in the vault.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, get_args

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from psycopg.errors import ForeignKeyViolation
from psycopg.rows import class_row, dict_row

from domain.actors import name_of
from journal.clock import now
from journal.logins import note
from journal.parties import NoSuchMerchantError
from journal.registry import Act
from journal.statements import Connection, Pool, load, reading, transaction

SQL = load("people")

Role = Literal[
    "officer", "reviewer", "supervisor", "compliance_head", "auditor", "engineer", "robot", "merchant", "agent"
]
ROLES: frozenset[str] = frozenset(get_args(Role))
MERCHANT_SIDE = frozenset({"merchant", "agent"})
"""Who has one of these acts for one merchant, and holds no other role."""


class UserExistsError(Exception):
    """The name is another user's."""

    def __init__(self, name: str) -> None:
        super().__init__(f"there is a user {name} already")
        self.name = name


class NoSuchUserError(LookupError):
    """No user has this name, or the user was disabled."""

    def __init__(self, name: str) -> None:
        super().__init__(f"there is no user {name}")
        self.name = name


@dataclass(frozen=True, slots=True)
class User:
    """Someone, or a robot, who may use the desk. `merchant_no` is whom a merchant's user or an agent acts for."""

    name: str
    display_name: str
    roles: frozenset[Role]
    merchant_no: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "roles", frozenset(self.roles))  # PostgreSQL gives a list
        if not self.roles or self.roles - ROLES:
            raise ValueError(f"roles are {', '.join(sorted(ROLES))}; {self.name} was given {sorted(self.roles)}")
        if bool(self.roles & MERCHANT_SIDE) != (self.merchant_no is not None):
            raise ValueError("a merchant's user or an agent has a merchant number, and staff have none")
        if self.merchant_no is not None and not self.roles <= MERCHANT_SIDE:
            raise ValueError("who acts for a merchant has no staff role")


class People:
    """Users, their passwords and tokens."""

    def __init__(
        self, pool: Pool, *, hasher: PasswordHasher | None = None, clock: Callable[[], datetime] = now
    ) -> None:
        """`hasher` sets the cost of argon2id; the library's default needs 64 MiB for about 50 ms per log-in."""
        self._pool = pool
        self._hasher = hasher or PasswordHasher()
        self._clock = clock
        self._one_at_a_time = asyncio.Semaphore(2)  # bounds the memory that a flood of log-ins can take
        self._decoy: str | None = None

    async def add(
        self, user: User, password: str, act: Act | None = None, *,
        d10_document_id: str | None = None, within: Connection | None = None,
    ) -> User:  # fmt: skip
        """Adds a user, and journals who did by which `act`, for an agent on which authorization. Without an act it is
        the desk that is set up, or the merchant itself who comes.

        Raises `UserExistsError`, and `journal.parties.NoSuchMerchantError` for an unknown merchant.
        """
        row = {
            "name": user.name,
            "display_name": user.display_name,
            "roles": sorted(user.roles),
            "merchant_no": user.merchant_no,
            "password_hash": await self._hash(password),
            "now": self._clock(),
            "created_by": name_of(act.actor) if act else None,
        }
        facts = {name: row[name] for name in ("roles", "merchant_no")} | {"d10_document_id": d10_document_id}
        try:
            async with transaction(self._pool, within) as connection:
                added = await connection.execute(SQL["put_user"], row)
                if added.rowcount and act:
                    await note(connection, user.name, "LogInMade", act, facts)
        except ForeignKeyViolation as error:
            raise NoSuchMerchantError(str(user.merchant_no)) from error
        if added.rowcount == 0:
            raise UserExistsError(user.name)
        return user

    async def find(self, name: str) -> User | None:
        """The user of this name, disabled or not."""
        async with reading(self._pool) as connection, connection.cursor(row_factory=class_row(User)) as cursor:
            await cursor.execute(SQL["user"], {"name": name})
            return await cursor.fetchone()

    async def all(self, role: Role | None = None) -> tuple[User, ...]:
        """Everyone who is not disabled, or of them everyone with `role`, by name."""
        async with reading(self._pool) as connection, connection.cursor(row_factory=class_row(User)) as cursor:
            await cursor.execute(SQL["users"], {"role": role})
            return tuple(await cursor.fetchall())

    async def made_by(self, maker: str, merchant_no: str) -> tuple[str, ...]:
        """The names of the log-ins that `maker` made for a merchant."""
        async with reading(self._pool) as connection:
            found = await connection.execute(SQL["made_by"], {"maker": maker, "merchant_no": merchant_no})
            return tuple([name async for (name,) in found])

    async def ever(self) -> tuple[User, ...]:
        """Everyone, those who were shut out last."""
        async with reading(self._pool) as connection, connection.cursor(row_factory=class_row(User)) as cursor:
            await cursor.execute(SQL["ever"])
            return tuple(await cursor.fetchall())

    async def log_in(self, name: str, password: str) -> User | None:
        """The user, if the password is theirs. An unknown name takes as long as a wrong password."""
        row = await self._row("password", {"name": name})
        hashed = row.pop("password_hash") if row else await self._decoy_hash()
        if not await self._matches(hashed, password) or row is None:
            return None
        if self._hasher.check_needs_rehash(hashed):
            await self._execute("set_password", {"name": name, "password_hash": await self._hash(password)})
        return User(**row)

    async def set_password(self, name: str, password: str) -> None:
        """Changes a password and ends the user's sessions. Raises `NoSuchUserError`."""
        hashed = await self._hash(password)
        async with transaction(self._pool) as connection:
            changed = await connection.execute(SQL["set_password"], {"name": name, "password_hash": hashed})
            if changed.rowcount == 0:
                raise NoSuchUserError(name)
            await connection.execute(SQL["close_sessions_of"], {"name": name})

    async def disable(self, name: str, act: Act | None = None) -> None:
        """Shuts a user out: no log-in, token or session of theirs counts any more. By which `act` is journaled.

        Raises `NoSuchUserError`.
        """
        async with transaction(self._pool) as connection:
            disabled = await connection.execute(SQL["disable"], {"name": name, "now": self._clock()})
            if disabled.rowcount == 0:
                raise NoSuchUserError(name)
            await connection.execute(SQL["close_sessions_of"], {"name": name})
            await connection.execute(SQL["revoke_tokens"], {"name": name})
            if act:
                await note(connection, name, "LogInShutOut", act)

    async def end_sessions(self, name: str, act: Act) -> int:
        """Ends all of a user's sessions, and journals by which act; says how many."""
        async with transaction(self._pool) as connection:
            await note(connection, name, "SessionsEnded", act)
            return (await connection.execute(SQL["close_sessions_of"], {"name": name})).rowcount

    async def unlocked(self, name: str, act: Act) -> None:
        """Journals that the user may try their password again at once."""
        async with transaction(self._pool) as connection:
            await note(connection, name, "LogInUnlocked", act)

    async def issue_token(
        self, name: str, *, label: str = "", expires_at: datetime | None = None, token: str | None = None
    ) -> str:
        """A bearer token for the user, shown this once. `token` re-admits one that was handed out before.

        Raises `NoSuchUserError`. Without `expires_at` the token holds until it is revoked.
        """
        token = token or f"thaw_{secrets.token_urlsafe(32)}"
        row = {"sha256": _sha256(token), "name": name, "label": label, "now": self._clock(), "expires_at": expires_at}
        try:
            await self._execute("put_token", row)
        except ForeignKeyViolation as error:
            raise NoSuchUserError(name) from error
        return token

    async def by_token(self, token: str) -> User | None:
        """Whose token this is, if it still holds."""
        row = await self._row("by_token", {"sha256": _sha256(token), "now": self._clock()})
        return User(**row) if row else None

    async def revoke_tokens(self, name: str) -> None:
        """Ends all of a user's tokens."""
        await self._execute("revoke_tokens", {"name": name})

    async def _row(self, statement: str, values: dict[str, Any]) -> dict[str, Any] | None:
        async with reading(self._pool) as connection, connection.cursor(row_factory=dict_row) as cursor:
            await cursor.execute(SQL[statement], values)
            return await cursor.fetchone()

    async def _execute(self, statement: str, values: dict[str, Any]) -> int:
        async with reading(self._pool) as connection:
            return (await connection.execute(SQL[statement], values)).rowcount

    async def _hash(self, password: str) -> str:
        async with self._one_at_a_time:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def _matches(self, hashed: str, password: str) -> bool:
        async with self._one_at_a_time:
            try:
                return await asyncio.to_thread(self._hasher.verify, hashed, password)
            except (VerificationError, InvalidHashError):
                return False

    async def _decoy_hash(self) -> str:
        """A hash of nobody's password, to spend on unknown names what a known one would cost."""
        if self._decoy is None:
            self._decoy = await self._hash(secrets.token_urlsafe(16))
        return self._decoy


def _sha256(secret: str) -> bytes:
    """Enough for secrets of 256 random bits; a password would need argon2."""
    return hashlib.sha256(secret.encode()).digest()
