"""What became of the commands a visitor gave while the engine was away: waiting, done, or refused and why."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import RedirectResponse, Response

from desk.api.commands import get_refused, post_seen
from desk.console import pages
from desk.console.visits import PageRoute, SentForm, TheVisit

router = APIRouter(route_class=PageRoute, include_in_schema=False)


@router.get("/commands")
async def get_own(visit: TheVisit) -> Response:
    listed = await get_refused(visit.actor, visit.desk, every=True)
    return pages.page(visit.request, visit, "commands.html", commands=listed["items"])


@router.post("/commands/{command_id}/seen")
async def post_own_seen(visit: TheVisit, form: SentForm, command_id: str) -> Response:
    del form
    await post_seen(command_id, visit.actor, visit.desk)
    return RedirectResponse(f"{visit.base}/commands", 303)
