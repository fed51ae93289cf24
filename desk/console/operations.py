"""The operations desk: cases that nothing moves, each with its age, its remedy and its run in Temporal; complaints
whose answer is overdue; and what was done in bulk."""

from __future__ import annotations

from typing import Literal
from urllib.parse import quote

from fastapi import APIRouter
from starlette.responses import RedirectResponse, Response

from desk.access import allow
from desk.api.bulk import get_bulks
from desk.api.operations import get_stuck
from desk.bulk.actions import LOOKERS, STEERERS
from desk.bulk.showing import STATES
from desk.console import pages
from desk.console.cases import fresh_key
from desk.console.visits import CONSOLE, PageRoute, SentForm, TheVisit
from desk.console.words import word

DEEDS = {"wake": "woken", "enter": "entered", "try_now": "tried", "free": "freed", "hand_over": "handed_over"}
DONE = {*DEEDS.values(), "not_reached"}

router = APIRouter(route_class=PageRoute, include_in_schema=False)


@router.get("/operations")
async def get_operations(visit: TheVisit, done: str = "") -> Response:
    allow(visit.actor, "see stuck cases", *LOOKERS)
    found = await get_stuck(visit.actor, visit.desk)
    complaints = await visit.desk.complaints.list()
    return pages.page(
        visit.request,
        visit,
        "operations.html",
        stuck=found["items"],
        engine=found["engine"],
        complaints=[one for one in complaints if one.is_overdue(visit.desk.clock())],
        mends=visit.may(*STEERERS),
        done=done if done in DONE else "",
        bulks=(await get_bulks(visit.actor, visit.desk, 10))["items"],
        states={name: text.of(visit.language) for name, text in STATES.items()},
    )


@router.post("/operations/cases/{case_id}/{remedy}")
async def post_remedy(
    visit: TheVisit, form: SentForm, case_id: str, remedy: Literal["wake", "enter", "try_now", "free", "hand_over"]
) -> Response:
    """Mends what keeps a case from moving, and comes back."""
    task_id = form.one("task_id")
    path = {
        "wake": f"cases/{quote(case_id)}/wake",
        "enter": f"cases/{quote(case_id)}/tasks",
        "try_now": f"cases/{quote(case_id)}/try-now",
        "free": f"tasks/{quote(task_id)}/free",
        "hand_over": f"tasks/{quote(task_id)}/hand-over",
    }[remedy]
    why = {"free": "inactive_holder", "hand_over": "nobody_eligible"}.get(remedy)
    body = {"reason": word("operations", why).of(visit.language)} if why else {}
    if remedy == "hand_over":
        body["to"] = form.one("to")
    answer = await visit.calls.post(f"/api/v1/operations/{path}", body, key=fresh_key())
    if remedy == "enter":  # what its workflow does not know yet it reads, too
        await visit.calls.post(f"/api/v1/operations/cases/{quote(case_id)}/wake", {}, key=fresh_key())
    went = answer.body.get("reached", answer.body.get("entered", True))
    return RedirectResponse(f"{CONSOLE}/operations?done={DEEDS[remedy] if went else 'not_reached'}", 303)
