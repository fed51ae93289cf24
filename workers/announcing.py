"""The relay's duty to notices of policy: what was published is being sent, also after the engine was away or lost."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from desk.context import Desk
from workers.duties import keep_at
from workflows.ports import BroadcastOrder

ROUND_SECONDS = 10.0


@dataclass
class Announcing:
    """Rounds over what was published."""

    desk: Desk

    async def run(self) -> None:
        """Until cancelled."""
        await keep_at("announcing", self.round, asyncio.Event(), ROUND_SECONDS)

    async def round(self) -> bool:
        """Starts what does not run; one that runs is left alone."""
        for broadcast_id in await self.desk.broadcasts.unfinished():
            if not await self.desk.engine.broadcast(BroadcastOrder(broadcast_id, self.desk.policy.version)):
                break
        return False
