"""For leads and engineers: cases that nothing moves, and waking one."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends

from desk import problems
from desk.access import TheDesk, only
from desk.api.cases import TheCase
from desk.routes import DeskRoute
from desk.stuck import WAKEABLE, Stuck, stuck_cases
from desk.views import temporal_link
from domain.actors import Actor
from domain.business_time import format_time

router = APIRouter(prefix="/api/v1/operations", tags=["operations"], route_class=DeskRoute)

WAKERS = ("supervisor", "compliance_head", "engineer")
LOOKERS = (*WAKERS, "auditor")


@router.get("/stuck", summary="Cases that nothing moves")
async def get_stuck(_: Annotated[Actor, Depends(only("see stuck cases", *LOOKERS))], desk: TheDesk) -> dict[str, Any]:
    """The longest stuck first. `engine` says whether calls that are tried again could be asked for."""
    found, engine = await stuck_cases(desk)
    return {"engine": engine, "items": [_shown(desk, one) for one in found]}


@router.post("/cases/{case_id}/wake", summary="Have a case's workflow read its journal anew")
async def post_wake(
    told: TheCase, _: Annotated[Actor, Depends(only("wake a case", *WAKERS))], desk: TheDesk
) -> dict[str, Any]:
    """Harmless, and may be repeated. `reached` is false when no workflow of the case could be told: then the relay
    starts it, or the engine is away."""
    return {"case_id": told.case.case_id, "reached": await desk.engine.resync(told.case.case_id)}


@router.post("/partners/{partner}/try", summary="Have a partner that is left alone tried at once")
async def post_try(
    partner: str, actor: Annotated[Actor, Depends(only("have a partner tried", *WAKERS))], desk: TheDesk
) -> dict[str, Any]:
    """One call that waits for it is the trial; when it is answered the others follow by themselves. `reached` is false
    when no such call was found: then the next one that comes is the trial."""
    if not await desk.circuits.ask(partner, desk.clock(), actor.name):
        raise problems.not_found(f"未调用过 {partner}。", f"{partner} was never called.")
    return {"partner": partner, "reached": await desk.engine.try_now(await desk.stuck.at_partners(), partner)}


def _shown(desk: TheDesk, one: Stuck) -> dict[str, Any]:
    return {
        "case_id": one.case_id,
        "why": one.why,
        "since": format_time(one.since) if one.since else None,
        "about": one.about,
        "attempts": one.attempts,
        "wakeable": one.why in WAKEABLE,
        "links": {"temporal_ui": temporal_link(desk.config, one.case_id)},
    }
