"""Which cases, and which of their tasks, a bulk action is about: named ones, a filter's, or a person's work."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from desk import problems
from desk.bulk.actions import MOST_ITEMS, OF_TASKS
from desk.bulk.bodies import BulkBody, CaseFilter, QueueFilter
from desk.context import Desk
from desk.filters import case_kind, task_kind
from desk.refusals import refuse
from domain.actors import Actor
from journal.cases import Filters


@dataclass(frozen=True, slots=True)
class Chosen:
    """One item: a case, and the task meant (None: the case itself, or it has no open task)."""

    case_id: str
    task_id: str | None = None


async def choose(desk: Desk, actor: Actor, body: BulkBody) -> list[Chosen]:
    """What the caller picked. Raises the problem of none, of too many, or of nobody's work."""
    found = await _picked(desk, actor, body)
    if not found:
        raise problems.refused(refuse("bulk-nothing-chosen"))
    if len(found) > MOST_ITEMS:
        raise problems.refused(refuse("bulk-too-many", most=MOST_ITEMS))
    return found


async def _picked(desk: Desk, actor: Actor, body: BulkBody) -> list[Chosen]:
    if body.of is not None:
        return await _work_of(desk, body.of)
    if body.queue is not None:
        return await _queued(desk, actor, body)
    named = body.cases if body.cases is not None else await _listed(desk, body.filter or CaseFilter())
    cases = dict.fromkeys(named)
    if body.action not in OF_TASKS:
        return [Chosen(case_id) for case_id in cases]
    return [one for case_id in cases for one in await _tasks(desk, case_id)]


async def _tasks(desk: Desk, case_id: str) -> list[Chosen]:
    return [Chosen(case_id, task.task_id) for task in await desk.queue.of_case(case_id)] or [Chosen(case_id)]


async def _listed(desk: Desk, asked: CaseFilter) -> list[str]:
    """The case list's cases, newest first, one more than may be picked."""
    found: list[str] = []
    cursor = None
    filters = Filters(
        **asked.model_dump(exclude={"kind", "status"}),
        kind=case_kind(asked.kind),
        status=asked.status.value if asked.status else None,
    )
    while len(found) <= MOST_ITEMS:
        page = await desk.cases.page(filters, cursor, 200)
        found += [case.case_id for case in page.items]
        cursor = page.cursor
        if cursor is None:
            break
    return found


async def _queued(desk: Desk, actor: Actor, body: BulkBody) -> list[Chosen]:
    """The queue as the caller sees it, most urgent first."""
    asked = body.queue or QueueFilter()
    kind = task_kind(asked.kind)
    found: list[Chosen] = []
    cursor = None
    while len(found) <= MOST_ITEMS:
        page = await desk.queue.page(
            actor.name, actor.roles, tier=asked.tier, kind=kind, due_before=asked.due_before,
            amount_from=asked.amount_from, aside=asked.put_off, cursor=cursor, limit=200,
        )  # fmt: skip
        found += [Chosen(task.case_id, task.task_id) for task in page.items]
        cursor = page.cursor
        if cursor is None:
            break
    return found if body.action in OF_TASKS else _cases(found)


async def _work_of(desk: Desk, name: str) -> list[Chosen]:
    """The tasks someone holds, held last or has put off. (What only they may take cannot be handed over.)"""
    user = await desk.people.find(name)
    if user is None:
        raise problems.field_error("of", f"没有用户 {name}", f"There is no user {name}")
    work = await desk.steering.work_of(user)
    return [Chosen(one.case_id, one.task_id) for one in work if one.held_until or one.put_off_until]


def _cases(found: Iterable[Chosen]) -> list[Chosen]:
    return [Chosen(case_id) for case_id in dict.fromkeys(one.case_id for one in found)]
