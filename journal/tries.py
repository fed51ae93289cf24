"""How often something that can be guessed may be tried: a password, a one-time code, a caller's number.

A try is counted before it is looked at, under a lock on its key: many at once get no more than many in a row, at every
desk of the institution together, and a restart forgets nothing. What was guessed at is kept hashed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from journal.clock import now
from journal.statements import Pool, load, reading, transaction

SQL = load("tries")


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `most` tries within `window`."""

    most: int
    window: timedelta


GUESSES = Limit(5, timedelta(minutes=10))
"""At one secret from one place."""


class Tries:
    """The tries of late, by what was tried."""

    def __init__(self, pool: Pool, clock: Callable[[], datetime] = now) -> None:
        self._pool, self._clock = pool, clock

    async def take(self, key: str, limit: Limit = GUESSES) -> int:
        """Counts a try and answers 0; when `limit` is reached counts nothing and answers the seconds to wait."""
        moment, hashed = self._clock(), _sha256(key)
        values = {"key": hashed, "forget_at": moment + limit.window}
        async with transaction(self._pool) as connection:
            await connection.execute(SQL["begin"], values)
            row = await (await connection.execute(SQL["look"], values)).fetchone()
            recent = sorted(at for at in (row[0] if row else ()) if at > moment - limit.window)
            if len(recent) >= limit.most:
                return max(1, int((recent[-limit.most] + limit.window - moment).total_seconds()) + 1)
            await connection.execute(SQL["count"], {**values, "at": [*recent, moment]})
        return 0

    async def forgive(self, key: str) -> None:
        """The tries at `key` no longer count: the last of them was right."""
        await self._execute("forgive", {"key": _sha256(key)})

    async def purge(self) -> int:
        """Drops what no longer counts; says how many keys."""
        return await self._execute("purge", {"now": self._clock()})

    async def _execute(self, statement: str, values: dict[str, object]) -> int:
        async with reading(self._pool) as connection:
            return (await connection.execute(SQL[statement], values)).rowcount


def _sha256(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()
