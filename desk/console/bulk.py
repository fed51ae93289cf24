"""Bulk actions at the console: pick cases, see what would become of each, confirm, watch; and a leaver's work."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Literal
from urllib.parse import parse_qsl, quote, urlencode

from fastapi import APIRouter, Query
from starlette.responses import RedirectResponse, Response

from desk import problems
from desk.access import allow
from desk.api.bulk import get_bulk, get_work
from desk.bulk.actions import ACTIONS, LOOKERS, MOST_ITEMS, STEERERS, may_do
from desk.bulk.showing import STATES
from desk.console import pages
from desk.console.calls import RefusedError
from desk.console.cases import SHOWN_AGAIN, fresh_key
from desk.console.visits import CONSOLE, Form, PageRoute, SentForm, TheVisit, Visit
from desk.console.words import word
from desk.console.yuan import NotAnAmountError, fen_of
from domain.actors import MERCHANT_SIDE
from journal.people import User

router = APIRouter(route_class=PageRoute, include_in_schema=False)

HOURS = (1, 4, 24, 72)
"""For how long tasks can be put off here."""
OF_CASES = ("q", "status", "reason", "tier", "open", "assignee")
"""The filters of the case list, as its address has them."""
Cases = Annotated[list[str], Query(max_length=MOST_ITEMS)]


@router.get("/bulk")
async def get_choice(
    visit: TheVisit,
    case: Cases = [],  # noqa: B006 — FastAPI copies it
    list: Literal["queue", "cases", ""] = "",  # noqa: A002 — the address says which list
) -> Response:
    """What can be done with the ticked cases, or with all that a list's filters find."""
    query = urlencode([(name, value) for name, value in visit.request.query_params.multi_items() if name != "list"])
    return await _choice(visit, {"cases": tuple(case), "list": list, "query": "" if case else query})


async def _choice(visit: Visit, picked: dict[str, Any], typed: Form | None = None, wrong: str = "") -> Response:
    allow(visit.actor, "use bulk actions", *STEERERS)
    return pages.page(
        visit.request,
        visit,
        "bulk_choice.html",
        status=422 if wrong else 200,
        picked=picked,
        actions=[action for action in ACTIONS if may_do(visit.actor, action)],
        people=await takers(visit),
        hours=HOURS,
        typed=typed,
        wrong=wrong,
        key=fresh_key(),
    )


@router.post("/bulk")
async def post_dry_run(visit: TheVisit, form: SentForm) -> Response:
    """Foresees the action and shows what would become of each item. What is refused stands on the page again."""
    picked = {"cases": form.all("case"), "list": form.one("list"), "query": form.one("query")}
    try:
        body = {"dry_run": True, "action": form.one("action"), **_fields(form), **_scope(visit, form)}
        answer = await visit.calls.post("/api/v1/bulk-actions", body, key=form.one("key") or fresh_key())
    except RefusedError as refusal:
        if refusal.status not in SHOWN_AGAIN:
            raise
        if form.one("of"):
            return await _work(visit, form.one("of"), refusal.said)
        return await _choice(visit, picked, form, refusal.said)
    return RedirectResponse(f"{CONSOLE}/bulk/{answer.body['bulk_id']}", 303)


def _fields(form: Form) -> dict[str, Any]:
    match form.one("action"):
        case "hand_over":
            return {"to": form.one("to") or None}
        case "put_off":
            minutes = form.one("minutes")
            return {"minutes": int(minutes) if minutes.isdecimal() else None}
        case "note":
            return {"text": form.one("text")}
        case _:
            return {}


def _scope(visit: Visit, form: Form) -> dict[str, Any]:
    """Which cases are meant, as the API takes it."""
    if form.one("of"):
        return {"of": form.one("of")}
    if form.all("case"):
        return {"cases": list(form.all("case"))}
    asked = {name: value for name, value in parse_qsl(form.one("query")) if value}
    return {"queue": _queue(visit, asked)} if form.one("list") == "queue" else {"filter": _filter(asked)}


def _queue(visit: Visit, asked: dict[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {name: asked[name] for name in ("tier", "kind") if name in asked}
    ahead = {"over": timedelta(0), "day": timedelta(days=1)}.get(asked.get("due", ""))
    if ahead is not None:
        found["due_before"] = (visit.desk.clock() + ahead).isoformat()
    if "amount" in asked:
        try:
            found["amount_from"] = fen_of(asked["amount"])
        except NotAnAmountError:
            wrong = word("pages", "error.amount")
            raise problems.field_error("amount", wrong.zh, wrong.en) from None
    return found | ({"put_off": True} if asked.get("aside") else {})


def _filter(asked: dict[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {name: asked[name] for name in OF_CASES if name in asked and name != "open"}
    return found | ({"open": asked["open"] == "yes"} if asked.get("open") in {"yes", "no"} else {})


@router.get("/bulk/{bulk_id}")
async def get_bulk_page(visit: TheVisit, bulk_id: str) -> Response:
    return await _bulk(visit, bulk_id)


async def _bulk(visit: Visit, bulk_id: str, wrong: str = "", reason: str = "") -> Response:
    allow(visit.actor, "see bulk actions", *LOOKERS)
    bulk = await get_bulk(bulk_id, visit.actor, visit.desk, visit.language)
    state = STATES[bulk["state"]].of(visit.language)
    return pages.page(
        visit.request,
        visit,
        "bulk.html",
        status=422 if wrong else 200,
        here_full=f"{CONSOLE}/bulk/{bulk_id}",
        bulk=bulk,
        state=state,
        steers=may_do(visit.actor, bulk["action"]),
        wrong=wrong,
        reason=reason,
    )


@router.post("/bulk/{bulk_id}/confirm")
async def post_confirm(visit: TheVisit, form: SentForm, bulk_id: str) -> Response:
    body = {"dry_run": False, "bulk_id": bulk_id, "reason": form.one("reason") or None}
    try:
        await visit.calls.post("/api/v1/bulk-actions", body, key=fresh_key())
    except RefusedError as refusal:
        if refusal.status not in SHOWN_AGAIN:
            raise
        return await _bulk(visit, bulk_id, refusal.said, form.one("reason"))
    return RedirectResponse(f"{CONSOLE}/bulk/{bulk_id}", 303)


@router.post("/bulk/{bulk_id}/{deed}")
async def post_deed(visit: TheVisit, form: SentForm, bulk_id: str, deed: Literal["stop", "resume"]) -> Response:
    """Stops a running action, or lets a stopped one go on."""
    del form
    await visit.calls.post(f"/api/v1/bulk-actions/{quote(bulk_id)}/{deed}", {}, key=fresh_key())
    return RedirectResponse(f"{CONSOLE}/bulk/{bulk_id}", 303)


@router.get("/operations/people")
async def get_people(visit: TheVisit, name: str = "") -> Response:
    """A person's work, to be handed over."""
    return await _work(visit, name)


async def _work(visit: Visit, name: str, wrong: str = "") -> Response:
    allow(visit.actor, "see bulk actions", *LOOKERS)
    everyone = await visit.desk.people.ever()
    work = await get_work(name, visit.actor, visit.desk) if name else None
    return pages.page(
        visit.request,
        visit,
        "work.html",
        status=422 if wrong else 200,
        work=work,
        asked=name,
        everyone=[user for user in everyone if not user.roles & MERCHANT_SIDE],
        people=[user for user in await takers(visit) if user.name != name],
        steers=visit.may(*STEERERS),
        wrong=wrong,
        key=fresh_key(),
    )


async def takers(visit: Visit) -> list[User]:
    """Who may get tasks."""
    working = {"officer", "reviewer", "supervisor", "compliance_head"}
    return [user for user in await visit.desk.people.all() if user.roles & working]
