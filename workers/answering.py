"""The relay's watch over complaints: the lead is told before an answer falls due, and when it is overdue.

Source: spec timers.csv, complaint_answer. The engine sends each word once under its name; that it was given is noted
after, so a crash in between gives it no second time.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from desk.context import Desk
from domain.business_time import format_time
from domain.complaint import REMINDED_BEFORE
from journal.complaints import Unanswered
from journal.registry import Act
from workers.duties import keep_at
from workers.logs import logger
from workflows.ports import NoticeOrder

ROUND_SECONDS = 30.0
PAGE = 50
BY = "system:thaw"


@dataclass
class Answering:
    """Rounds over what awaits an answer."""

    desk: Desk

    async def run(self) -> None:
        """Until cancelled."""
        await keep_at("watching complaints", self.round, asyncio.Event(), ROUND_SECONDS)

    async def round(self) -> bool:
        """One look; whether there may be more to tell at once. What the engine does not take waits for the next."""
        found = await self.desk.complaints.unanswered(self.desk.clock(), REMINDED_BEFORE, PAGE)
        for one in found:
            if not await self.desk.engine.tell(order_of(one, self.desk.policy.version)):
                return False
            act = Act(BY, name_of(one), self.desk.now())
            if await self.desk.complaints.watched(one, act):
                logger().info("the lead was told of a complaint", complaint_id=one.complaint_id, word=one.word)
        return len(found) == PAGE


def name_of(one: Unanswered) -> str:
    """The name of the word: of each due time once."""
    return f"{one.complaint_id}:{one.word}:{format_time(one.due_at)}"


def order_of(one: Unanswered, policy_version: str) -> NoticeOrder:
    """What the lead is told."""
    return NoticeOrder(
        key=name_of(one),
        notice=f"complaint_{one.word}",
        audience="lead",
        case_id=one.case_id,
        merchant_no=one.merchant_no,
        terminal_sn="",
        public_reason="",
        policy_version=policy_version,
        facts={"due": format_time(one.due_at), "case_id": one.case_id, "complaint_id": one.complaint_id},
    )
