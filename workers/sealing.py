"""The relay's duty to seal: from time to time a checkpoint over what was written since the last one.

It is the relay's because the relay is there wherever a desk runs, also while the engine is away, and may run more than
once: whoever comes first makes the checkpoint.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from domain.business_time import format_time
from journal.clock import now
from journal.outside import OutsideError
from journal.sealing import Sealed, Sealer, SealingError
from workers.duties import keep_at
from workers.logs import logger


@dataclass
class Sealing:
    """Rounds of sealing. The first compares all heads, as the database may have been restored meanwhile."""

    sealer: Sealer
    seconds: float
    _compare_all: bool = field(default=True, init=False)
    _said: str = field(default="", init=False)

    async def run(self) -> None:
        """Until cancelled."""
        await keep_at("sealing", self.round, asyncio.Event(), self.seconds)

    async def round(self) -> bool:
        """One checkpoint, if there is anything to seal; whether more is waiting. What stands in the way is said once,
        and tried again with the next round."""
        try:
            sealed = await self.sealer.seal(format_time(now()), everything=self._compare_all)
        except (SealingError, OutsideError, OSError) as error:
            if str(error) != self._said:
                logger().error("no checkpoint can be made", error=str(error))
            self._said = str(error)
            return False
        self._said = ""
        self._compare_all = sealed.more and self._compare_all
        self._tell(sealed)
        return sealed.more

    def _tell(self, sealed: Sealed) -> None:
        if sealed.rewritten:
            logger().error("streams do not continue what was sealed of them", streams=sealed.rewritten)
        if sealed.heads and sealed.checkpoint:
            logger().info("checkpoint", number=sealed.checkpoint.number, heads=sealed.heads)
