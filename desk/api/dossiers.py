"""A case's dossier: the signed export that is checked without us."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from desk.access import STAFF, TheDesk, only
from desk.api.cases import TheCase, TheViewer
from desk.dossier import gather, signed
from desk.dossier_page import page
from desk.looks import Look, record_look
from desk.purposes import Purpose
from desk.routes import DeskRoute
from domain.actors import Actor

router = APIRouter(prefix="/api/v1/cases", tags=["cases"], route_class=DeskRoute)


@router.get(
    "/{case_id}/dossier",
    summary="The signed export of a case",
    response_class=JSONResponse,
    responses={200: {"content": {"text/html": {}}}},
)
async def get_dossier(
    actor: Annotated[Actor, Depends(only("read a dossier", *STAFF))],
    told: TheCase,
    seen_by: TheViewer,
    desk: TheDesk,
    request: Request,
    format: Literal["json", "html"] | None = None,  # noqa: A002 — the parameter's public name
) -> Response:
    """The case, its sealed entries, its documents' hashes, its place under a signed checkpoint, and how to check them
    without us (`/verify_dossier.py`). As a page to read with all of it inside, or as JSON alone; without `format` a
    browser gets the page. Every export is journaled."""
    case_id = told.case.case_id
    purpose: Purpose = "audit" if actor.has("auditor") else "case_work"
    await record_look(desk, actor, told.case.merchant_no, Look("dossier", purpose, case_id))
    found = await gather(desk, case_id, seen_by)
    as_page = format == "html" or (format is None and "text/html" in request.headers.get("accept", ""))
    headers = {"content-disposition": f'attachment; filename="{case_id}.{"html" if as_page else "json"}"'}
    if as_page:
        return HTMLResponse(page(desk, found, seen_by.language), headers=headers)
    return JSONResponse(signed(desk, found), headers=headers)
