"""The relay's watch over promises: staff are told before one falls due, and the lead when it was not kept.

Source: spec timers.csv, commitment and callback. The engine sends each word once under its name; that it was given is
noted after, so a crash in between gives it no second time.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import timedelta

from desk.context import Desk
from domain.business_time import format_time
from journal.contacting import Unkept
from journal.registry import Act
from workers.duties import keep_at
from workers.logs import logger
from workflows.ports import NoticeOrder

ROUND_SECONDS = 30.0
PAGE = 50
SLOT = timedelta(minutes=15)
"""How far from its booked time a call-back may be."""
BY = "system:thaw"


@dataclass
class Promising:
    """Rounds over what was promised."""

    desk: Desk

    async def run(self) -> None:
        """Until cancelled."""
        await keep_at("watching promises", self.round, asyncio.Event(), ROUND_SECONDS)

    async def round(self) -> bool:
        """One look; whether there may be more to tell at once. What the engine does not take waits for the next."""
        soon = timedelta(hours=self.desk.policy.timers.commitment_reminder_hours)
        found = await self.desk.contacting.unkept(self.desk.clock(), soon, SLOT, PAGE)
        for task in found:
            if not await self.desk.engine.tell(order_of(task, self.desk.policy.version)):
                return False
            act = Act(BY, f"watched:{task.task_id}:{task.word}", self.desk.now())
            if await self.desk.contacting.watched(task, act):
                logger().info("staff were told of a promise", task_id=task.task_id, word=task.word)
        return len(found) == PAGE


def order_of(task: Unkept, policy_version: str) -> NoticeOrder:
    """What is said of it: to operations while there is time, to the lead once it is missed."""
    missed = task.word == "missed"
    notice = "callback_missed" if task.kind == "callback" else f"promise_{task.word}"
    facts = {"due": format_time(task.due_at)}
    order = NoticeOrder(
        key=f"{task.task_id}:{task.word}",
        notice=notice,
        audience="lead" if missed else "operations",
        case_id=task.case_id or task.task_id,
        merchant_no=task.merchant_no,
        terminal_sn="",
        public_reason="",
        policy_version=policy_version,
        facts=facts,
    )
    return replace(order, facts={**facts, "case_id": task.case_id}) if task.case_id else order
