"""For leads and engineers: cases that nothing moves, and what mends one."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Request
from pydantic import Field

from desk import problems
from desk.access import TheDesk, only
from desk.api.cases import TheCase
from desk.api.queue import no_task
from desk.bodies import Body, Recorded
from desk.bulk.actions import KEPT_FOR, LOOKERS, STEERERS
from desk.commands import not_taken
from desk.routes import DeskRoute
from desk.stuck import Stuck, enter_tasks, stuck_cases
from domain.actors import Actor
from domain.business_time import format_time
from journal.claims import NotTaken, Steered

router = APIRouter(prefix="/api/v1/operations", tags=["operations"], route_class=DeskRoute)


class Freeing(Body):
    """Why a task is taken from who holds it."""

    reason: Recorded


class HandingOver(Freeing):
    """Whom a task is given to, and why."""

    to: Annotated[str, Field(min_length=1, max_length=80)]


@router.get("/stuck", summary="Cases that nothing moves")
async def get_stuck(_: Annotated[Actor, Depends(only("see stuck cases", *LOOKERS))], desk: TheDesk) -> dict[str, Any]:
    """The longest stuck first. `engine` says whether calls that are tried again could be asked for."""
    found, engine = await stuck_cases(desk)
    return {"engine": engine, "items": [_shown(one) for one in found]}


@router.post("/cases/{case_id}/wake", summary="Have a case's workflow read its journal anew")
async def post_wake(
    told: TheCase, _: Annotated[Actor, Depends(only("wake a case", *STEERERS))], desk: TheDesk
) -> dict[str, Any]:
    """Harmless, and may be repeated. `reached` is false when no workflow of the case could be told: then the relay
    starts it, or the engine is away."""
    return {"case_id": told.case.case_id, "reached": await desk.engine.resync(told.case.case_id)}


@router.post("/partners/{partner}/try", summary="Have a partner that is left alone tried at once")
async def post_try(
    partner: str, actor: Annotated[Actor, Depends(only("have a partner tried", *STEERERS))], desk: TheDesk
) -> dict[str, Any]:
    """One call that waits for it is the trial; when it is answered the others follow by themselves. `reached` is false
    when no such call was found: then the next one that comes is the trial."""
    if not await desk.circuits.ask(partner, desk.clock(), actor.name):
        raise problems.not_found(f"未调用过 {partner}。", f"{partner} was never called.")
    return {"partner": partner, "reached": await desk.engine.try_now(await desk.stuck.at_partners(), partner)}


@router.post("/cases/{case_id}/tasks", summary="Enter a case's tasks into the queue anew")
async def post_tasks(
    told: TheCase, _: Annotated[Actor, Depends(only("enter tasks anew", *STEERERS))], desk: TheDesk
) -> dict[str, Any]:
    """As its journal tells them. Harmless, and may be repeated; `entered` is false when the case has just moved."""
    return {"case_id": told.case.case_id, "entered": await enter_tasks(desk, told)}


@router.post("/cases/{case_id}/try-now", summary="Have a case's waiting calls to partners tried at once")
async def post_try_now(
    told: TheCase, _: Annotated[Actor, Depends(only("have calls tried at once", *STEERERS))], desk: TheDesk
) -> dict[str, Any]:
    """Each under its own key, so nothing is done twice. `reached` is false while the engine is away."""
    return {"case_id": told.case.case_id, "reached": await desk.engine.try_all_now(told.case.case_id)}


@router.post("/tasks/{task_id}/hand-over", summary="Give a task that the rota gives to nobody to someone")
async def post_hand_over(
    task_id: str,
    actor: Annotated[Actor, Depends(only("hand a task over", *STEERERS))],
    desk: TheDesk,
    request: Request,
    body: HandingOver,
) -> dict[str, Any]:
    """With a reason, which is journaled; they have it for eight hours. The rota does not matter here; their roles and
    four-eyes do."""
    user = next((one for one in await desk.people.all() if one.name == body.to), None)
    if user is None:
        raise problems.field_error("to", f"没有在用的用户 {body.to}", f"There is no active user {body.to}")
    steered = Steered(actor.signing_as(STEERERS), request.state.command_id, body.reason)
    refused = await desk.steering.hand_over(task_id, user, desk.clock() + KEPT_FOR, steered)
    _steered(task_id, refused)
    return {"task_id": task_id, "holder": user.name}


@router.post("/tasks/{task_id}/free", summary="Give a task back to the queue for whoever holds it")
async def post_free(
    task_id: str,
    actor: Annotated[Actor, Depends(only("free a task", *STEERERS))],
    desk: TheDesk,
    request: Request,
    body: Freeing,
) -> dict[str, Any]:
    """With a reason, which is journaled."""
    steered = Steered(actor.signing_as(STEERERS), request.state.command_id, body.reason)
    _steered(task_id, await desk.steering.hand_over(task_id, None, desk.clock(), steered))
    return {"task_id": task_id, "freed": True}


def _steered(task_id: str, done: NotTaken | Literal["done"]) -> None:
    """Raises the problem of a task that could not be moved."""
    if isinstance(done, NotTaken):
        if done.reason == "no-such-task":
            raise no_task(task_id)
        raise problems.refused(not_taken(done))


def _shown(one: Stuck) -> dict[str, Any]:
    return {
        "case_id": one.case_id,
        "why": one.why,
        "since": format_time(one.since) if one.since else None,
        "about": one.about,
        "attempts": one.attempts,
        "task_id": one.task_id,
        "able": list(one.able),
        "remedy": one.remedy,
        "wakeable": one.remedy == "wake",
        "links": {"temporal_ui": one.run_link},
    }
