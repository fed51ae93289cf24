"""The relay's watch over the queue's order: tasks move up when their money times days, or age, counts for more."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import policies
from desk.context import Desk
from journal.ranking import BATCH, Ranking
from workers.duties import keep_at

ROUND_SECONDS = 5.0


@dataclass
class Reranking:
    """Rounds over the tasks whose next step is reached."""

    desk: Desk

    def __post_init__(self) -> None:
        self._ranking = Ranking(self.desk.pool, lambda version: policies.load(version).queue, self.desk.clock)

    async def run(self) -> None:
        """Until cancelled."""
        await keep_at("ranking the queue", self.round, asyncio.Event(), ROUND_SECONDS)

    async def round(self) -> bool:
        """One batch; whether there may be more at once."""
        return await self._ranking.rerank() == BATCH
