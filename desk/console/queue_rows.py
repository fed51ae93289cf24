"""The rows of the queue's page: all that one shows, so that it is made once as long as it stays the same."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from desk.console import names
from desk.console.fragments import minute
from desk.console.visits import Visit
from journal.asides import Aside
from journal.queue import QueuedTask


@dataclass(frozen=True, slots=True)
class Row:
    """A task for the page, as it stands in the minute `now`. `takes`: the reader may take it, `steers`: act on many."""

    task_id: str
    case_id: str
    kind: str
    level: str
    amount_fen: int
    since: datetime
    due_at: datetime | None
    rank_at: datetime
    tier_minutes: int
    amount_minutes: int
    terminal_sn: str | None
    reason: str
    holder: str | None
    held_until: datetime | None
    aside: Aside | None
    takes: bool
    steers: bool
    now: datetime


def rows(
    visit: Visit, tasks: Collection[QueuedTask], asides: Mapping[str, Aside], *, takes: bool, steers: bool
) -> list[Row]:
    """The rows for these tasks, in their order."""
    policy, now = visit.desk.policy, minute(visit.desk.clock())
    return [
        Row(
            task.task_id,
            task.case_id,
            task.kind,
            task.level,
            task.amount_fen,
            task.since,
            task.due_at,
            task.rank_at,
            task.priority.get("tier_boost_minutes", 0),
            task.priority.get("amount_boost_minutes", 0),
            task.terminal_sn,
            names.reason(task.reason_code, policy, visit.language),
            task.holder,
            task.held_until,
            asides.get(task.task_id),
            takes,
            steers,
            now,
        )
        for task in tasks
    ]
