"""Hearing of changes as they are committed, without trusting that every word arrives.

A notification is a hint to look; the rows are the truth. So a listener is also told to look when none has come for a
while, and after its connection was lost, when some may have been missed.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Literal

from psycopg import AsyncConnection, OperationalError, sql

from journal.connections import options

Channel = Literal["thaw_queue", "thaw_relay"]
"""`thaw_queue` names the task that changed; `thaw_relay` says that a case or a command came in (and names nothing)."""


async def changes(
    url: str, channel: Channel, *, at_least_every: float = 5.0, retry_after: float = 1.0
) -> AsyncGenerator[str | None, None]:
    """What `channel` says, as it comes; None means "look for yourself". Never ends, and outlives the database.

    It keeps a connection of its own: close it (`contextlib.aclosing`) when nobody listens any more.
    """
    while True:
        try:
            async with await AsyncConnection.connect(url, **options(url)) as connection:
                await connection.execute(sql.SQL("listen {}").format(sql.Identifier(channel)))
                yield None
                while True:
                    heard = [notice async for notice in connection.notifies(timeout=at_least_every, stop_after=1)]
                    for notice in heard:
                        yield notice.payload
                    if not heard:
                        yield None
        except OperationalError:
            await asyncio.sleep(retry_after)
