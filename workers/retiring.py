"""The relay's duty to personal data: erasures that were cut off are finished, answers kept too long are dropped, and
where the schedule of retention says so, what is due is erased.

By default the schedule says `listed`: then nobody's data is erased but by a compliance head.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from desk.context import Desk
from domain.business_time import local_date
from domain.retention import Retention
from journal.erasing import DESK, ErasureRefusedError
from journal.files import StoreAwayError
from journal.registry import Act
from policies import retention
from workers.duties import keep_at
from workers.logs import logger

ROUND_SECONDS = 600.0


@dataclass
class Retiring:
    """Rounds over what is to go."""

    desk: Desk

    async def run(self) -> None:
        """Until cancelled."""
        await keep_at("retiring personal data", self.round, asyncio.Event(), ROUND_SECONDS)

    async def round(self) -> bool:
        """One look at all of it; whether there is more to do at once."""
        finished = await self.finish()
        dropped = await self.desk.idempotency.purge()
        schedule = retention.in_force(local_date(self.desk.clock()))
        if schedule.erasing == "automatic":
            await self.erase_due(schedule)
        return bool(finished or dropped)

    async def finish(self) -> int:
        """Removes what is left of those who were erased; of how many nothing is left now."""
        finished = 0
        for merchant_no in await self.desk.erasing.unfinished():
            try:
                await self.desk.erasing.remove_copies(merchant_no, self.desk.now())
            except StoreAwayError as error:
                logger().warning("copies of an erased merchant are still there", merchant_no=merchant_no, why=error.why)
            else:
                finished += 1
                logger().info("an erasure was finished", merchant_no=merchant_no)
        return finished

    async def erase_due(self, schedule: Retention) -> int:
        """Erases whose data is due by the schedule; how many."""
        today, erased = local_date(self.desk.clock()), 0
        for holding, _ in await self.desk.privacy.due(schedule, today):
            act = Act(DESK, f"retention:{holding.merchant_no}:{today}", self.desk.now())
            try:
                await self.desk.erasing.erase(holding.merchant_no, "retention-ended", act, schedule, today)
            except ErasureRefusedError:
                continue  # something came in meanwhile
            except StoreAwayError as error:
                logger().warning("copies wait for the document store", merchant_no=holding.merchant_no, why=error.why)
            erased += 1
            logger().info("erased as its retention ended", merchant_no=holding.merchant_no)
        return erased
