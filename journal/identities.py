"""Who an identity provider's people are here, and log-ins that are on their way through one."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from datetime import datetime, timedelta

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from psycopg.rows import class_row

from journal.clock import now
from journal.people import User
from journal.statements import Pool, load, reading

SQL = load("identities")
PENDING_FOR = timedelta(minutes=15)
NONCE = 12


class Identities:
    """Subjects of identity providers. `key` (64 hex digits) seals what pending log-ins carry."""

    def __init__(self, pool: Pool, key: str, clock: Callable[[], datetime] = now) -> None:
        self._pool, self._clock = pool, clock
        self._seal = AESGCM(hashlib.sha256(b"thaw: pending log-ins" + bytes.fromhex(key)).digest())

    async def user_of(self, issuer: str, subject: str, claimed: str | None) -> User | None:
        """Who the issuer's subject is here. One who never came before is who `claimed` names, from then on for good;
        None when that is nobody, no one of staff, or someone whom another subject is."""
        found = await self._find(issuer, subject)
        if found is not None or not claimed:
            return found
        values = {"issuer": issuer, "subject": subject, "name": claimed, "now": self._clock()}
        async with reading(self._pool) as connection:
            await connection.execute(SQL["bind"], values)
        return await self._find(issuer, subject)

    async def _find(self, issuer: str, subject: str) -> User | None:
        async with reading(self._pool) as connection, connection.cursor(row_factory=class_row(User)) as cursor:
            await cursor.execute(SQL["user_of"], {"issuer": issuer, "subject": subject})
            return await cursor.fetchone()

    async def put_pending(self, state: str, carried: bytes) -> None:
        """Keeps what a log-in carries until the provider answers."""
        nonce, moment = os.urandom(NONCE), self._clock()
        sealed = nonce + self._seal.encrypt(nonce, carried, state.encode())
        values = {"state": _sha256(state), "sealed": sealed, "forget_at": moment + PENDING_FOR, "now": moment}
        async with reading(self._pool) as connection:
            await connection.execute(SQL["purge_pending"], values)
            await connection.execute(SQL["put_pending"], values)

    async def take_pending(self, state: str) -> bytes | None:
        """What the log-in carried, once; None for one that nobody began, that was answered, or that took too long."""
        async with reading(self._pool) as connection:
            values = {"state": _sha256(state), "now": self._clock()}
            row = await (await connection.execute(SQL["take_pending"], values)).fetchone()
        if row is None or not row[1]:
            return None
        sealed = bytes(row[0])
        try:
            return self._seal.decrypt(sealed[:NONCE], sealed[NONCE:], state.encode())
        except InvalidTag:  # the key was changed meanwhile
            return None


def _sha256(state: str) -> bytes:
    return hashlib.sha256(state.encode()).digest()
