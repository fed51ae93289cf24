"""The queue for people: what they may take, most urgent first, and taking it."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter
from starlette.responses import RedirectResponse, Response

from desk.access import allow
from desk.api.queue import TAKERS, WATCHERS, get_queue, post_claim, post_release, post_renew
from desk.console import pages
from desk.console.cockpit import next_task, place_of
from desk.console.visits import CONSOLE, PageRoute, SentForm, TheVisit, Visit
from domain.case import Status
from domain.policy import TIERS
from journal.cases import Case, Filters

router = APIRouter(route_class=PageRoute, include_in_schema=False)

TASK_KINDS = ("review_1", "review_2", "account_check", "hold_rejustify")
MOST_WAITING, MOST_PAGES = 50, 5
OFFICERS = (Status.OPENED, Status.AWAITING_FIELD)
"""The statuses in which a case waits for an officer, who has no task for it."""


@router.get("/queue")
async def get_worklist(
    visit: TheVisit,
    tier: str = "",
    kind: str = "",
    cursor: str | None = None,
    done: str = "",
    none: bool = False,
) -> Response:
    allow(visit.actor, "see the queue", *WATCHERS)
    listed = await get_queue(visit.actor, visit.desk, tier or None, kind or None, cursor, 50)
    return pages.page(
        visit.request,
        visit,
        "queue.html",
        tasks=listed["items"],
        next_cursor=listed["next_cursor"],
        tier=tier,
        kind=kind,
        tiers=TIERS,
        kinds=TASK_KINDS,
        takes=visit.may(*TAKERS),
        for_officers=await _for_officers(visit),
        done=done,
        none=none,
        policy=visit.desk.policy,
        refused_count=len(await visit.desk.inbox.refusals(visit.actor.name)),
    )


async def _for_officers(visit: Visit) -> list[Case]:
    """The cases that wait for an officer, longest waiting first, as far as a page goes."""
    if not visit.may("officer"):
        return []
    found: list[Case] = []
    for status in OFFICERS:
        cursor: str | None = None
        for _ in range(MOST_PAGES):
            page = await visit.desk.cases.page(Filters(status=status.value, open=True), cursor, 200)
            found += page.items
            cursor = page.cursor
            if cursor is None:
                break
    return sorted(found, key=lambda case: case.waiting_since or case.opened_at)[:MOST_WAITING]


@router.post("/queue/next")
async def post_take_next(visit: TheVisit, form: SentForm) -> Response:
    """Takes the most urgent task and opens its case."""
    return await next_task(visit, tier=form.one("tier"), kind=form.one("kind"))


@router.post("/tasks/{task_id}/{deed}")
async def post_task(
    visit: TheVisit, form: SentForm, task_id: str, deed: Literal["claim", "renew", "release"]
) -> Response:
    """Claims a task, lets the claim run on, or gives the task back."""
    del form
    allow(visit.actor, "work on the queue", *TAKERS)
    deeds = {"claim": post_claim, "renew": post_renew, "release": post_release}
    await deeds[deed](task_id, visit.actor, visit.desk)
    task = await visit.desk.queue.find(task_id)
    assert task is not None
    if deed == "release":
        return RedirectResponse(f"{CONSOLE}/queue?done=release", 303)
    return RedirectResponse(f"{place_of(task.case_id, task.kind)}?done={deed}", 303)
