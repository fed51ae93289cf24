"""When to look for new events: at once when some are written, and now and then in any case.

Whoever looks sleeps in between, and writers wake only a sleeper (see `views.wake`): while events come in one after the
other nobody is woken, since someone is looking all the time. A lost word costs one pause, never an event.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

from psycopg import AsyncConnection, OperationalError

from journal.connections import options
from journal.statements import Connection, load

SQL = load("views")
BUSY_SECONDS = 0.05


async def wakes(url: str, *, at_least_every: float = 1.0, retry_after: float = 1.0) -> AsyncGenerator[None]:
    """Yields each time it is time to look. Never ends, and outlives the database.

    The taker must have looked until nothing was left when it asks for the next one. It keeps a connection of its own:
    close it (`contextlib.aclosing`) when nobody looks any more.
    """
    while True:
        try:
            async with await AsyncConnection.connect(url, **options(url)) as connection:
                await connection.execute("listen thaw_events")
                busy = BUSY_SECONDS
                while True:
                    yield
                    if not await _sleeps(connection):  # someone is just writing, or another sleeps here
                        await asyncio.sleep(busy)
                        busy = min(busy * 2, at_least_every)
                        continue
                    busy = BUSY_SECONDS
                    yield  # what was written before it slept
                    [_ async for _ in connection.notifies(timeout=at_least_every, stop_after=1)]
                    await connection.execute(SQL["awake"])
        except OperationalError:
            await asyncio.sleep(retry_after)
            yield


async def _sleeps(connection: Connection) -> bool:
    row = await (await connection.execute(SQL["try_sleep"])).fetchone()
    return row is not None and bool(row[0])
