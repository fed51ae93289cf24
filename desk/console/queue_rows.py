"""The rows of the queue's page: all that one shows, so that it is made once as long as it stays the same."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from desk.console import names
from desk.console.fragments import minute
from desk.console.visits import Visit
from domain.business_time import parse_time
from domain.ranking import fen_days
from journal.asides import Aside
from journal.queue import QueuedTask

COMPONENTS = ("tier", "money_days", "age", "amount")
"""What puts a task before its due time (the amount by itself only under policies before 2026-11-28)."""


@dataclass(frozen=True, slots=True)
class Row:
    """A task for the page, as it stands in the minute `now`. `earlier`: by how many minutes each component of its rank
    puts it before its due time. `takes`: the reader may take it, `steers`: act on many."""

    task_id: str
    case_id: str
    kind: str
    level: str
    amount_fen: int
    since: datetime
    due_at: datetime | None
    rank_at: datetime
    earlier: tuple[tuple[str, int], ...]
    fen_days: int
    age: timedelta
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
            tuple((name, task.priority.get(f"{name}_boost_minutes", 0)) for name in COMPONENTS),
            fen_days(task.amount_fen, _moment(task, "held_since"), now),
            now - _moment(task, "opened_at"),
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


def _moment(task: QueuedTask, name: str) -> datetime:
    """A moment its rank was made of; for a task entered before ranks were made of it, since when it is there."""
    stands = task.priority.get(name)
    return parse_time(stands) if stands else task.since
