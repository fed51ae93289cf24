"""Idempotency keys: the same request under the same key gets the answer that the first one got.

A caller's key is taken before the work begins and answered after it. An attempt that died in between holds its key
only for a lease: then the same request may take the key over and do the work again, which is why that work must itself
be idempotent (a command's id is derived from its key). Answers may tell personal data, so the vault seals them.
"""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from psycopg.rows import dict_row

from journal.clock import now
from journal.statements import Connection, Pool, load, reading, transaction
from journal.vault import Vault

SQL = load("idempotency")
SUBJECT = "thaw:answers"
KEPT = timedelta(hours=48)
LEASE = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Fresh:
    """The key is ours: do the work, then `finish` or `abandon`."""

    caller: str
    key: str
    attempt: str


@dataclass(frozen=True, slots=True)
class Replay:
    """This request was answered before, so."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Reused:
    """The caller used this key for another request."""


@dataclass(frozen=True, slots=True)
class InFlight:
    """This request is being worked on right now."""


Begun: TypeAlias = Fresh | Replay | Reused | InFlight


class Idempotency:
    """Keys and their answers. A key belongs to its caller: two callers may use one key for different things."""

    def __init__(
        self,
        pool: Pool,
        vault: Vault,
        *,
        kept: timedelta = KEPT,
        lease: timedelta = LEASE,
        clock: Callable[[], datetime] = now,
    ) -> None:
        """An answer can be had again for `kept`; a request may take `lease` before its key can be taken over."""
        self._pool = pool
        self._vault = vault
        self._kept = kept
        self._lease = lease
        self._clock = clock

    async def begin(self, caller: str, key: str, method: str, path: str, body_sha256: str) -> Begun:
        """Takes the key for this request, or says why it is not to be had."""
        moment = self._clock()
        request = {"caller": caller, "key": key, "method": method, "path": path, "body_sha256": body_sha256}
        attempt = secrets.token_hex(8)
        taking = {
            **request,
            "attempt": attempt,
            "leased_until": moment + self._lease,
            "expires_at": moment + self._kept,
            "now": moment,
        }
        async with transaction(self._pool) as connection, connection.cursor(row_factory=dict_row) as cursor:
            while True:
                if await (await cursor.execute(SQL["take"], taking)).fetchone():
                    return Fresh(caller, key, attempt)
                row = await (await cursor.execute(SQL["look"], request)).fetchone()
                if row is not None:  # else it was abandoned or purged in between: it is to be had now
                    return await self._begun_before(connection, request, row)

    async def finish(
        self, fresh: Fresh, status: int, headers: Mapping[str, str], body: bytes, *, within: Connection | None = None
    ) -> bool:
        """Stores the answer for replays. False when the attempt had outlived its lease and lost the key."""
        plain = json.dumps({"headers": dict(headers), "body": base64.b64encode(body).decode()}).encode()
        async with transaction(self._pool, within) as connection:
            answer = await self._vault.seal(SUBJECT, _name(fresh.caller, fresh.key), plain, within=connection)
            values = {"caller": fresh.caller, "key": fresh.key, "attempt": fresh.attempt, "status": status}
            finished = await connection.execute(SQL["finish"], {**values, "answer": answer})
        return finished.rowcount == 1

    async def abandon(self, fresh: Fresh) -> None:
        """Gives the key back without an answer (a failure on our side), so that the caller can try again at once."""
        async with reading(self._pool) as connection:
            values = {"caller": fresh.caller, "key": fresh.key, "attempt": fresh.attempt}
            await connection.execute(SQL["abandon"], values)

    async def purge(self, limit: int = 1000) -> int:
        """Drops up to `limit` expired answers; says how many."""
        async with reading(self._pool) as connection:
            return (await connection.execute(SQL["purge"], {"now": self._clock(), "limit": limit})).rowcount

    async def _begun_before(self, connection: Connection, request: dict[str, str], row: dict[str, Any]) -> Begun:
        if any(row[name] != request[name] for name in ("method", "path", "body_sha256")):
            return Reused()
        if row["status"] is None:
            return InFlight()
        name = _name(request["caller"], request["key"])
        answer = json.loads(await self._vault.unseal(SUBJECT, name, row["answer"], within=connection))
        return Replay(row["status"], answer["headers"], base64.b64decode(answer["body"]))


def _name(caller: str, key: str) -> str:
    """What the vault seals an answer as."""
    return json.dumps(["answer", caller, key])
