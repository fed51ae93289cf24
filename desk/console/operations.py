"""The operations desk: cases that nothing moves, each with its age, its remedy and its run in Temporal."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import RedirectResponse, Response

from desk.access import allow
from desk.api.operations import LOOKERS, WAKERS, get_stuck, post_wake
from desk.console import pages
from desk.console.visits import CONSOLE, PageRoute, SentForm, TheVisit
from desk.histories import find

router = APIRouter(route_class=PageRoute, include_in_schema=False)


@router.get("/operations")
async def get_operations(visit: TheVisit, done: str = "") -> Response:
    allow(visit.actor, "see stuck cases", *LOOKERS)
    found = await get_stuck(visit.actor, visit.desk)
    return pages.page(
        visit.request,
        visit,
        "operations.html",
        stuck=found["items"],
        engine=found["engine"],
        wakes=visit.may(*WAKERS),
        done=done if done in {"woken", "not_reached"} else "",
    )


@router.post("/operations/cases/{case_id}/wake")
async def post_wake_case(visit: TheVisit, form: SentForm, case_id: str) -> Response:
    """Wakes a case and comes back."""
    del form
    allow(visit.actor, "wake a case", *WAKERS)
    woken = await post_wake(await find(visit.desk, visit.actor, case_id), visit.actor, visit.desk)
    return RedirectResponse(f"{CONSOLE}/operations?done={'woken' if woken['reached'] else 'not_reached'}", 303)
