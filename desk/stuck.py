"""Cases that nothing moves: why, since when, and what mends it.

unstarted          the relay has not started its workflow           wake it, or `thaw recover`
lost_timer         a deadline passed and nothing happened           wake it: its workflow reads its deadlines anew
no_task            it waits for a review that is not in the queue   wake it and write a note, which enters it anew
retrying           a call to a partner is tried again and again     see the partner; it goes on by itself
nobody_eligible    no one may take its task (four-eyes, leavers)    give someone else the role
inactive_holder    who holds its task was shut out                  its lease ends within a quarter of an hour
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from desk.context import Desk
from desk.histories import tell
from domain.business_time import parse_time
from domain.deadlines import earliest
from journal.stuck import LISTED, PATIENCE

Why = Literal["unstarted", "no_task", "lost_timer", "retrying", "nobody_eligible", "inactive_holder"]
WAKEABLE: frozenset[Why] = frozenset({"unstarted", "no_task", "lost_timer"})
"""What a wake mends, or begins to."""
TRIES = 3
"""Attempts of a call after which it counts as stuck."""


@dataclass(frozen=True, slots=True)
class Stuck:
    """A case that nothing moves. `about` names the task's kind, who holds it, the deadline, or the call."""

    case_id: str
    why: Why
    since: datetime | None
    about: str | None
    attempts: int | None = None


async def stuck_cases(desk: Desk) -> tuple[list[Stuck], bool]:
    """All that are found, the longest stuck first; and whether the engine could be asked for calls tried again."""
    found = [Stuck(one.case_id, why, one.since, one.name) for why in LISTED for one in await desk.stuck.listed(why)]
    found += await _lost_timers(desk)
    calls = await desk.engine.retrying(await desk.stuck.at_partners(), TRIES)
    found += [Stuck(call.case_id, "retrying", call.since, call.activity, call.attempts) for call in calls or ()]
    return sorted(found, key=lambda one: (one.since is None, one.since)), calls is not None


async def _lost_timers(desk: Desk) -> list[Stuck]:
    """Cases whose next deadline is past, as their journals tell it."""
    lost, before = [], desk.clock() - PATIENCE
    for case_id in await desk.stuck.overdue():
        told = await tell(desk, case_id)
        due = earliest(told.case) if told else None
        if due is not None and parse_time(due.due) < before:
            lost.append(Stuck(case_id, "lost_timer", parse_time(due.due), due.name))
    return lost
