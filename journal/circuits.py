"""Which partners answer, as the processes that call them saw it last: what the desk shows of them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Literal

from psycopg.rows import class_row

from journal.statements import Pool, load

SQL = load("circuits")


@dataclass(frozen=True, slots=True)
class Circuit:
    """One partner's. `closed`: it is called. `open`: it did not answer `since` then, for the reason `why` (one word);
    `held` calls wait for it, and one of them is tried at `next_try_at`. `answered_at` is None until it has answered."""

    partner: str
    state: Literal["closed", "open"]
    since: datetime | None
    why: str
    held: int
    next_try_at: datetime | None
    answered_at: datetime | None
    noted_at: datetime
    asked_at: datetime | None = None
    """When someone last asked that it be tried at once."""


class Circuits:
    """The partners' circuits, over one pool."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def note(self, circuit: Circuit) -> None:
        """Writes down how a partner stands, unless something newer is known. Raises psycopg's OperationalError."""
        async with self._pool.connection() as connection:
            await connection.execute(SQL["note"], asdict(circuit))

    async def ask(self, partner: str, at: datetime, by: str) -> bool:
        """Asks that the partner be tried at once; False for one that was never called."""
        async with self._pool.connection() as connection:
            asked = {"partner": partner, "at": at, "by": by}
            return bool((await connection.execute(SQL["ask"], asked)).rowcount)

    async def asked(self, partner: str) -> datetime | None:
        """When that was last asked for. Raises psycopg's OperationalError."""
        async with self._pool.connection() as connection:
            row = await (await connection.execute(SQL["asked"], {"partner": partner})).fetchone()
        return row[0] if row else None

    async def all(self) -> tuple[Circuit, ...]:
        """Every partner that was ever called, by name."""
        async with self._pool.connection() as connection, connection.cursor(row_factory=class_row(Circuit)) as cursor:
            await cursor.execute(SQL["all"])
            return tuple(await cursor.fetchall())
