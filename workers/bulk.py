"""Has the engine run bulk actions that were confirmed: those it was not told of, and from time to time all of them, for
it may have lost one. Starting one that runs changes nothing."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta

from desk.context import Desk
from workers.duties import keep_at

IDLE_SECONDS = 2.0
AGAIN = timedelta(seconds=30)
"""How often a running action's workflow is looked after."""


@dataclass
class BulkStarting:
    """The duty, over one desk."""

    desk: Desk
    wanted: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        """Until cancelled."""
        await keep_at("bulk actions", self.start, self.wanted, IDLE_SECONDS)

    async def start(self) -> bool:
        """One round; what could not be started is asked for in the next."""
        for bulk_id in await self.desk.bulk.unlooked(AGAIN):
            if not await self.desk.engine.carry_out(bulk_id):
                await self.desk.bulk.unlook(bulk_id)
        return False
