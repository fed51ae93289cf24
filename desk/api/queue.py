"""The reviewers' queue: what the caller may take, claims on it, and its changes as they happen."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.sse import EventSourceResponse, ServerSentEvent
from pydantic import AwareDatetime, Field, StrictInt

from desk import problems
from desk.access import TheDesk, allow, caller
from desk.api.cases import bad_cursor, moment
from desk.bodies import Body, Recorded
from desk.commands import not_taken
from desk.context import Desk
from desk.filters import one_of, task_kind
from desk.queue_stream import Changes
from desk.refusals import refuse
from desk.routes import DeskRoute
from domain.actors import Actor
from domain.business_time import due_time
from domain.case import TIERS
from domain.money import MOST_FEN
from journal.claims import NotTaken
from journal.pages import BadCursorError, Page
from journal.queue import QueuedTask

router = APIRouter(prefix="/api/v1", tags=["queue"], route_class=DeskRoute)

TAKERS = ("officer", "reviewer", "supervisor", "compliance_head", "robot")
WATCHERS = (*TAKERS, "auditor", "engineer")


class PutOff(Body):
    """How long a task is put off, at most three days, and why."""

    minutes: Annotated[StrictInt, Field(ge=5, le=3 * 24 * 60)]
    reason: Recorded


def taker(request: Request) -> Actor:
    """A caller who may work on tasks."""
    actor = caller(request)
    allow(actor, "work on the queue", *TAKERS)
    return actor


def watcher(request: Request) -> Actor:
    """A caller who may look at the queue."""
    actor = caller(request)
    allow(actor, "see the queue", *WATCHERS)
    return actor


Taker = Annotated[Actor, Depends(taker)]
Watcher = Annotated[Actor, Depends(watcher)]


@router.get("/queue", summary="Open tasks the caller may take, most urgent first")
async def get_queue(
    actor: Watcher,
    desk: TheDesk,
    tier: str | None = None,
    kind: str | None = None,
    cursor: str | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    due_before: AwareDatetime | None = None,
    amount_from: Annotated[int | None, Query(ge=0, le=MOST_FEN)] = None,
    put_off: bool = False,
) -> dict[str, Any]:
    """`priority` holds the components of the order; `kind` is a task's kind or its case's; `put_off` asks for the tasks
    that are put off in place of the others."""
    page = await queue_page(actor, desk, tier, kind, cursor, limit, due_before, amount_from, put_off=put_off)
    return {"items": [task_shown(task) for task in page.items], "next_cursor": page.cursor}


async def queue_page(
    actor: Actor,
    desk: Desk,
    tier: str | None,
    kind: str | None,
    cursor: str | None,
    limit: int,
    due_before: datetime | None,
    amount_from: int | None,
    *,
    put_off: bool,
) -> Page[QueuedTask]:
    """A page of the queue for the caller. Raises the 422 problem for a cursor, a tier or a kind that is none."""
    try:
        return await desk.queue.page(
            actor.name, actor.roles, tier=one_of("tier", tier, TIERS), kind=task_kind(kind),
            due_before=due_before, amount_from=amount_from, aside=put_off, cursor=cursor, limit=limit,
        )  # fmt: skip
    except BadCursorError as error:
        raise bad_cursor(error) from None


@router.post("/queue/next", summary="Claim the most urgent task", responses={204: {"description": "nothing to do"}})
async def post_next(actor: Taker, desk: TheDesk, tier: str | None = None, kind: str | None = None) -> Any:
    """200 with the task, now the caller's; 204 when there is none."""
    tier, kind = one_of("tier", tier, TIERS), task_kind(kind)
    task = await desk.queue.claim_next(actor.name, actor.roles, tier=tier, kind=kind)
    return task_shown(task) if task else Response(status_code=204)


@router.get("/queue/stream", summary="The queue's changes, as server-sent events", response_class=EventSourceResponse)
async def get_stream(actor: Watcher, request: Request, desk: TheDesk) -> AsyncIterator[ServerSentEvent]:
    """Each event `task` is a task the caller may take, as it stands now; `gone` one that is done, taken or put off.
    `ready` comes first, and again when more has changed than was read: then the queue is to be read anew."""
    changes: Changes = request.app.state.changes
    async with changes.watched() as watcher:
        yield await _ready(actor, desk)
        while True:
            heard = await watcher.heard()
            if heard is None:
                yield await _ready(actor, desk)
                continue
            for now in heard:
                if set(now.task.roles) & set(actor.roles) and actor.name not in now.excluded:
                    event = "task" if now.in_queue_of(actor.name) else "gone"
                    yield ServerSentEvent(event=event, data=task_shown(now.task))


async def _ready(actor: Actor, desk: Desk) -> ServerSentEvent:
    """How many tasks a page of the queue has."""
    return ServerSentEvent(event="ready", data={"queue": len((await desk.queue.page(actor.name, actor.roles)).items)})


@router.get("/tasks/{task_id}", summary="A task")
async def get_task(task_id: str, actor: Watcher, desk: TheDesk) -> dict[str, Any]:
    del actor
    task = await desk.queue.find(task_id)
    if task is None:
        raise no_task(task_id)
    return task_shown(task)


@router.post("/tasks/{task_id}/claim", summary="Claim a task for a while")
async def post_claim(task_id: str, actor: Taker, desk: TheDesk) -> dict[str, Any]:
    """The lease runs as long as the policy says (`lease_minutes`); claiming again renews it."""
    return _taken(task_id, await desk.queue.claim(task_id, actor.name, actor.roles))


@router.post("/tasks/{task_id}/renew", summary="Let a claim run on")
async def post_renew(task_id: str, actor: Taker, desk: TheDesk) -> dict[str, Any]:
    return _taken(task_id, await desk.queue.renew(task_id, actor.name, actor.roles))


@router.post("/tasks/{task_id}/put-off", summary="Put a task off for a while")
async def post_put_off(task_id: str, asked: PutOff, actor: Taker, desk: TheDesk) -> dict[str, Any]:
    """It is in nobody's queue until then; no deadline moves. Refused beyond its due time; claiming it ends it."""
    task = await desk.queue.find(task_id)
    if task is None:
        raise no_task(task_id)
    until = desk.clock() + timedelta(minutes=asked.minutes)
    if task.due_at is not None and until > task.due_at:
        raise problems.refused(refuse("put-off-too-long", due=due_time(task.due_at).zh))
    refused = await desk.asides.put(task_id, actor.name, actor.roles, until, asked.reason)
    if refused != "done":
        _taken(task_id, refused)
    return {"task_id": task_id, "until": moment(until)}


@router.post("/tasks/{task_id}/release", summary="Give a task back")
async def post_release(task_id: str, actor: Taker, desk: TheDesk) -> dict[str, Any]:
    refused = await desk.queue.release(task_id, actor.name, actor.roles)
    if refused is not None:
        _taken(task_id, refused)
    return {"task_id": task_id, "released": True}


def _taken(task_id: str, taken: QueuedTask | NotTaken) -> dict[str, Any]:
    if isinstance(taken, QueuedTask):
        return task_shown(taken)
    if taken.reason == "no-such-task":
        raise no_task(task_id)
    raise problems.refused(not_taken(taken))


def no_task(task_id: str) -> problems.Problem:
    """The 404 problem of a task that is not there."""
    return problems.not_found(f"没有任务 {task_id}。", f"There is no task {task_id}.")


def task_shown(task: QueuedTask) -> dict[str, Any]:
    """A task as a reviewer sees it before opening the case."""
    return {
        "task_id": task.task_id,
        "case_id": task.case_id,
        "case_kind": task.case_kind,
        "kind": task.kind,
        "tier": task.level,
        "roles": task.roles,
        "since": moment(task.since),
        "due_at": moment(task.due_at),
        "rank_at": moment(task.rank_at),
        "priority": task.priority,
        "amount_fen": task.amount_fen,
        "terminal_sn": task.terminal_sn,
        "merchant_no": task.merchant_no,
        "reason_code": task.reason_code,
        "status": task.status,
        "version": task.version,
        "sentence": task.sentence_en,
        "sentence_zh": task.sentence_zh,
        "holder": task.holder,
        "held_until": moment(task.held_until),
    }
