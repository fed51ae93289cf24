"""The queue for people: what they may take, most urgent first, and taking it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Literal
from urllib.parse import parse_qsl, quote, urlencode

from fastapi import APIRouter
from starlette.responses import RedirectResponse, Response

from desk import problems
from desk.access import allow
from desk.api.queue import TAKERS, WATCHERS, post_claim, post_release, post_renew, queue_page
from desk.bulk.actions import STEERERS
from desk.console import pages
from desk.console.calls import RefusedError
from desk.console.cases import SHOWN_AGAIN, fresh_key
from desk.console.cockpit import next_task, place_of
from desk.console.forms import Attempt
from desk.console.queue_rows import rows
from desk.console.rota import why_nothing
from desk.console.visits import CONSOLE, PageRoute, SentForm, TheVisit, Visit
from desk.console.words import word
from desk.console.yuan import NotAnAmountError, fen_of
from desk.refusals import refuse
from domain.listing import TASK_KINDS
from domain.policy import TIERS
from journal.asides import MOST_VIEWS

router = APIRouter(route_class=PageRoute, include_in_schema=False)

MOST_WAITING = 50
MOST_NAME = 60
FILTERS = ("tier", "kind", "due", "amount", "aside")
"""What the queue is narrowed by, as the page's address has it."""


@router.get("/queue")
async def get_worklist(
    visit: TheVisit,
    tier: str = "",
    kind: str = "",
    due: str = "",
    amount: str = "",
    aside: str = "",
    cursor: str | None = None,
    done: str = "",
    none: str = "",
) -> Response:
    asked = {"tier": tier, "kind": kind, "due": due, "amount": amount, "aside": aside}
    return await _queue(visit, asked, cursor, done=done, none=none)


async def _queue(
    visit: Visit,
    asked: Mapping[str, str],
    cursor: str | None = None,
    not_put_off: Attempt | None = None,
    **told: Any,
) -> Response:
    """The queue as far as `asked` narrows it; after a refused try to put a task off with what was typed."""
    allow(visit.actor, "see the queue", *WATCHERS)
    tier, kind, due, amount, aside = (asked.get(name, "") for name in FILTERS)
    before, least, wrong = _due_before(visit, due), None, ""
    try:
        least = fen_of(amount) if amount else None
    except NotAnAmountError:
        wrong = word("pages", "error.amount").of(visit.language)
    listed, reader = await asyncio.gather(
        queue_page(visit.actor, visit.desk, tier, kind, cursor, 50, before, least, put_off=aside == "yes"),
        visit.desk.asides.reader(visit.actor.name),
    )
    takes, steers = visit.may(*TAKERS), visit.may(*STEERERS)
    asides = await visit.desk.asides.of([task.task_id for task in listed.items]) if aside else {}
    return pages.page(
        visit.request,
        visit,
        "queue.html",
        status=not_put_off.status if not_put_off else 200,
        not_put_off=not_put_off,
        rows=rows(visit, listed.items, asides, takes=takes, steers=steers),
        next_cursor=listed.cursor,
        asked=asked,
        query=urlencode({name: value for name, value in asked.items() if value}),
        wrong_amount=wrong,
        views=reader.views,
        tiers=TIERS,
        kinds=TASK_KINDS,
        takes=takes,
        steers=steers,
        for_officers=await visit.desk.cases.for_officers(MOST_WAITING) if visit.may("officer") else (),
        nothing=why_nothing(told["none"], visit.language) if told.get("none") else "",
        policy=visit.desk.policy,
        refused_count=reader.refused,
        **{"done": told.get("done", ""), **({"here_full": f"{CONSOLE}/queue"} if not_put_off else {})},
    )


def _due_before(visit: Visit, due: str) -> datetime | None:
    """`over` is what is late, `day` what falls due within a day."""
    ahead = {"over": timedelta(0), "day": timedelta(days=1)}.get(due)
    return visit.desk.clock() + ahead if ahead is not None else None


@router.post("/queue/views")
async def post_view(visit: TheVisit, form: SentForm) -> Response:
    """Keeps the filters that stand under a name, or drops a view of that name."""
    allow(visit.actor, "see the queue", *WATCHERS)
    name = form.one("name")[:MOST_NAME]
    asked = {one: value for one, value in parse_qsl(form.one("query")) if one in FILTERS}
    query = urlencode(asked)
    if form.one("drop"):
        await visit.desk.asides.drop_view(visit.actor.name, name)
    elif not name:
        raise problems.field_error("name", "请填写视图名称", "Give the view a name")
    elif not await visit.desk.asides.keep_view(visit.actor.name, name, query):
        raise problems.refused(refuse("views-full", most=MOST_VIEWS))
    return RedirectResponse(f"{CONSOLE}/queue?{query}", 303)


@router.post("/tasks/{task_id}/put-off")
async def post_aside(visit: TheVisit, form: SentForm, task_id: str) -> Response:
    """Puts a task off, with why; it comes back by itself."""
    minutes, reason = form.one("minutes"), form.one("reason")
    body = {"minutes": int(minutes) if minutes.isdecimal() else 0, "reason": reason}
    try:
        await visit.calls.post(f"/api/v1/tasks/{quote(task_id)}/put-off", body, key=form.one("key") or fresh_key())
    except RefusedError as refusal:
        if refusal.status not in SHOWN_AGAIN:
            raise
        attempt = Attempt("put_off", form, refusal.said, subject=task_id, kind=refusal.kind, status=refusal.status)
        return await _queue(visit, dict.fromkeys(FILTERS, ""), not_put_off=attempt)
    return RedirectResponse(f"{CONSOLE}/queue?done=put_off", 303)


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
