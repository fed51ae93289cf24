"""How Thaw reaches PostgreSQL: one pool per process, each statement limited in time, dead connections never handed out.

While the server is away, calls end with psycopg's OperationalError (a PoolTimeout after ten seconds) and work again a
few seconds after it returns.
"""

from __future__ import annotations

import select
from typing import Any

from psycopg import AsyncConnection, errors
from psycopg.conninfo import conninfo_to_dict
from psycopg_pool import AsyncConnectionPool

from journal.statements import Connection, Pool

LIMITS = "-c statement_timeout=15s -c lock_timeout=5s -c idle_in_transaction_session_timeout=30s"
"""A case waits for a retry more easily than for a statement that never ends."""


UNWRITABLE = (errors.DiskFull, errors.ReadOnlySqlTransaction)
"""How a write ends that certainly did not take place, and will not before someone makes room or allows it."""


async def open_pool(url: str, *, min_size: int = 1, max_size: int = 4, patience: float = 10.0) -> Pool:
    """A pool of autocommit connections to `url`. Raises OperationalError if there is none within `patience` seconds."""
    pool: Pool = AsyncConnectionPool(
        url,
        min_size=min_size,
        max_size=max_size,
        open=False,
        timeout=patience,
        reconnect_timeout=patience,  # then the next caller asks anew; the pool's own pauses double without end
        check=_alive,
        kwargs=options(url),
        name="thaw",
    )
    try:
        await pool.open(wait=True, timeout=patience)
    except BaseException:
        await pool.close()
        raise
    return pool


def options(url: str) -> dict[str, Any]:
    """What every connection of Thaw's asks for; options in `url` itself are kept, and win."""
    own = str(conninfo_to_dict(url).get("options") or "")
    return {
        "autocommit": True,
        "prepare_threshold": 1,
        "connect_timeout": 5,
        "application_name": "thaw",
        "options": f"{LIMITS} {own}".strip(),
    }


async def _alive(connection: AsyncConnection[Any]) -> None:
    """Asks the server only when an idle connection has something to read: then it said goodbye, or sent a notice."""
    socket = select.poll()
    socket.register(connection.fileno(), select.POLLIN)
    if socket.poll(0):
        await AsyncConnectionPool.check_connection(connection)


__all__ = ["UNWRITABLE", "Connection", "Pool", "open_pool", "options"]
