"""Cases that nothing moves: why, since when, and what mends it.

unstarted          the relay has not started its workflow           wake it, or `thaw recover`
lost_timer         a deadline passed and nothing happened           wake it: its workflow reads its deadlines anew
no_task            it waits for a review that is not in the queue   enter its tasks anew, as its journal tells them
retrying           a call to a partner is tried again and again     try now; or it goes on by itself
nobody_eligible    no one is given its task (four-eyes, the rota)   hand it to someone whom only the rota keeps from it,
                                                                 or give someone else the role
inactive_holder    who holds its task was shut out                  free the task
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from desk.context import Desk
from desk.histories import Told, tell
from desk.runs import run_links
from domain import listing
from domain.business_time import parse_time
from domain.deadlines import earliest
from journal.stuck import LISTED, PATIENCE

Why = Literal["unstarted", "no_task", "lost_timer", "retrying", "nobody_eligible", "inactive_holder"]
Remedy = Literal["wake", "enter", "try_now", "free", "hand_over"]
REMEDIES: Mapping[Why, Remedy] = {
    "unstarted": "wake",
    "lost_timer": "wake",
    "no_task": "enter",
    "retrying": "try_now",
    "inactive_holder": "free",
    "nobody_eligible": "hand_over",
}
"""What mends it, or begins to, at the press of a button."""
TRIES = 3
"""Attempts of a call after which it counts as stuck."""


@dataclass(frozen=True, slots=True)
class Stuck:
    """A case that nothing moves. `about` names the task's kind, who holds it, the deadline, or the call; `able` who may
    take a task that the rota gives to nobody; `run_link` is where engineers see its run."""

    case_id: str
    why: Why
    since: datetime | None
    about: str | None
    attempts: int | None = None
    task_id: str | None = None
    able: tuple[str, ...] = ()
    run_link: str = ""

    @property
    def remedy(self) -> Remedy | None:
        """What mends it at the press of a button; nothing where no one is left to hand a task to."""
        return None if self.why == "nobody_eligible" and not self.able else REMEDIES.get(self.why)


async def stuck_cases(desk: Desk) -> tuple[list[Stuck], bool]:
    """All that are found, the longest stuck first; and whether the engine could be asked for calls tried again."""
    found = [
        Stuck(one.case_id, why, one.since, one.name, task_id=one.task_id, able=tuple(one.able))
        for why in LISTED
        for one in await desk.stuck.listed(why)
    ]
    found += await _lost_timers(desk)
    calls = await desk.engine.retrying(await desk.stuck.at_partners(), TRIES)
    found += [Stuck(call.case_id, "retrying", call.since, call.activity, call.attempts) for call in calls or ()]
    cases = sorted({one.case_id for one in found})
    links = dict(zip(cases, await run_links(desk, cases), strict=True))
    linked = [replace(one, run_link=links[one.case_id]) for one in found]
    return sorted(linked, key=lambda one: (one.since is None, one.since)), calls is not None


async def enter_tasks(desk: Desk, told: Told) -> bool:
    """Has the queue hold the tasks that the case's journal tells; False when the journal has just gone on."""
    case = told.case
    return await desk.stuck.enter_tasks(
        case.case_id, told.entries[-1].position, listing.tasks(case, told.policy, desk.now())
    )


async def _lost_timers(desk: Desk) -> list[Stuck]:
    """Cases whose next deadline is past, as their journals tell it."""
    lost, before = [], desk.clock() - PATIENCE
    for case_id in await desk.stuck.overdue():
        told = await tell(desk, case_id)
        due = earliest(told.case) if told else None
        if due is not None and parse_time(due.due) < before:
            lost.append(Stuck(case_id, "lost_timer", parse_time(due.due), due.name))
    return lost
