"""The automatic reviewer: a user like any other, who takes from the queue what a policy rule lets it decide.

It knows no rule itself. It claims, asks for the approval, and hands back what the desk refuses; the desk's rules say
what it may decide, and the decision names the rule.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

from workers.api import Access, Api, ApiError, access_of, open_api
from workers.duties import until_told
from workers.logs import about_case, announce_ready, logger

USER = "robot1"
ROUND_SECONDS = 10.0
HEARTBEAT_ROUNDS = 6
PAGE = 50
REASON = "自动审核:符合政策规则 / automatic review under a policy rule"
NOT_NOW = frozenset({"stale-version", "wrong-status", "claimed-by-another"})
"""Refusals that may end by themselves; any other means that a person decides."""


@dataclass
class Robot:
    """What it decided, and what it left to people: tasks by id and case version."""

    api: Api
    decided: int = 0
    left: set[tuple[str, int]] = field(default_factory=set)

    async def round(self) -> int:
        """Tries every task it may take that it has not left to people; how many it decided. Raises ApiError when the
        desk cannot be reached."""
        page = await self.api.get("/queue", limit=PAGE)
        mine = [task for task in page["items"] if (task["task_id"], task["version"]) not in self.left]
        before = self.decided
        for task in mine:
            if task["holder"] is None or task["holder"] == USER:
                with about_case(task["case_id"], task_id=task["task_id"]):
                    await self._try(task)
        return self.decided - before

    async def _try(self, task: dict[str, Any]) -> None:
        if task["kind"] != "review_1":
            self._leave(task, "not a first review")
            return
        try:
            await self.api.post(f"/tasks/{task['task_id']}/claim")
        except ApiError as error:
            _raise_if_away(error)
            return  # someone else was faster
        try:
            answer = await self._approve(task)
        except ApiError as error:
            _raise_if_away(error)
            await self._hand_back(task)
            if error.code not in NOT_NOW:
                self._leave(task, error.code)
        else:
            if "events" not in answer:
                logger().info("the engine is away; the approval is delivered later")
                return
            self.decided += 1
            logger().info("approved under a policy rule", events=answer["events"])

    async def _approve(self, task: dict[str, Any]) -> dict[str, Any]:
        case = await self.api.get(f"/cases/{task['case_id']}")
        body = {"version": case["version"], "release_fen": case["money"]["remaining_fen"], "reason": REASON}
        answer: dict[str, Any] = await self.api.post(f"/cases/{task['case_id']}/commands/approve", body)
        return answer

    async def _hand_back(self, task: dict[str, Any]) -> None:
        try:
            await self.api.post(f"/tasks/{task['task_id']}/release")
        except ApiError as error:
            _raise_if_away(error)

    def _leave(self, task: dict[str, Any], why: str) -> None:
        self.left.add((task["task_id"], task["version"]))
        logger().info("left to people", why=why)


def _raise_if_away(error: ApiError) -> None:
    if error.status == 0 or error.status in {401, 429} or error.status >= 500:
        raise error


def main() -> None:
    """Work until SIGTERM or SIGINT. Raises NoAccessError when nothing says where the desk is."""
    access = access_of(USER)
    asyncio.run(until_told(lambda _: _serve(access), grace_seconds=0))


async def _serve(access: Access) -> None:
    async with open_api(access) as api:
        await _work(Robot(api))


async def _work(robot: Robot) -> None:
    announce_ready()
    rounds, away = 0, False
    while True:
        try:
            await robot.round()
        except ApiError as error:
            if not away:
                logger().warning("the desk is away", error=str(error))
            away = True
        else:
            if away:
                logger().info("the desk is back")
            away = False
            if rounds % HEARTBEAT_ROUNDS == 0:
                logger().info("watching the queue", decided=robot.decided, left_to_people=len(robot.left))
            rounds += 1
        await asyncio.sleep(ROUND_SECONDS)
