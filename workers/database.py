"""Reaching the journal: patient while the database is away or not yet migrated."""

from __future__ import annotations

import asyncio

from psycopg import OperationalError

from journal import Journal
from journal.migrating import JournalNotMigratedError
from workers.logs import logger

WAIT_SECONDS = 1.0


async def open_journal(url: str, *, max_size: int = 4) -> Journal:
    """The journal at `url`, once it can be had. Raises MigrationError for one that this code does not fit."""
    said = False
    while True:
        try:
            journal = await Journal.open(url, max_size=max_size)
        except (OperationalError, JournalNotMigratedError) as error:
            if not said:
                logger().warning("waiting for the journal", error=str(error).partition("\n")[0][:200])
                said = True
            await asyncio.sleep(WAIT_SECONDS)
        else:
            if said:
                logger().info("the journal is there")
            return journal
