"""The books at a glance: which days were reconciled, and every difference or contradiction that waits for a person."""

from __future__ import annotations

import secrets

from fastapi import APIRouter
from starlette.responses import RedirectResponse, Response

from desk.access import STAFF, allow
from desk.api.desk_facts import RESOLVERS, get_discrepancies, get_reconciliations
from desk.console import pages
from desk.console.visits import CONSOLE, PageRoute, SentForm, TheVisit

router = APIRouter(route_class=PageRoute, include_in_schema=False)


@router.get("/books")
async def get_books(visit: TheVisit, done: bool = False) -> Response:
    allow(visit.actor, "see discrepancies", *STAFF)
    return pages.page(
        visit.request,
        visit,
        "books.html",
        found=(await get_discrepancies(visit.actor, visit.desk, 200))["items"],
        runs=(await get_reconciliations(visit.actor, visit.desk, 14))["items"],
        resolves=visit.may(*RESOLVERS),
        new_key=lambda: secrets.token_urlsafe(12),
        done=done,
    )


@router.post("/books/{number}/resolve")
async def post_settled(visit: TheVisit, form: SentForm, number: int) -> Response:
    path, body = f"/api/v1/discrepancies/{number}/resolve", {"reason": form.one("reason")}
    await visit.calls.post(path, body, key=form.one("key") or secrets.token_urlsafe(12))
    return RedirectResponse(f"{CONSOLE}/books?done=1", 303)
