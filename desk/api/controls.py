"""Controls: placed by their sources; each opens a case or joins the open one."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from starlette.responses import JSONResponse

from desk.access import PLACERS, TheDesk, only
from desk.bodies import ControlBody
from desk.controls import KIND, place
from desk.routes import DeskRoute
from domain.actors import Actor

router = APIRouter(prefix="/api/v1/controls", tags=["controls"], route_class=DeskRoute)


@router.post("", status_code=201, summary="Place a control on a terminal")
async def post_control(
    request: Request,
    actor: Annotated[Actor, Depends(only("place a control", *PLACERS))],
    desk: TheDesk,
    body: ControlBody,
) -> Response:
    """201 with the ids; 200 with the same ids for a repeat of (source, external_ref). Needs no engine."""
    taken = await place(desk, actor, body, request.state.command_id)
    shown = {"control_id": taken.control_id, "case_id": taken.case_id, "case_kind": KIND}
    location = {"location": f"/api/v1/cases/{taken.case_id}"}
    return JSONResponse(shown, 200 if taken.known else 201, location)
