"""Where one is logged in; and for leads and auditors, who else is, and who was denied what."""

from __future__ import annotations

from datetime import date
from typing import Literal
from urllib.parse import quote

from fastapi import APIRouter
from starlette.responses import RedirectResponse, Response

from desk.api.access import LEADS, READERS, get_denials, get_sessions
from desk.console import pages
from desk.console.cases import fresh_key
from desk.console.visits import CONSOLE, PageRoute, SentForm, TheVisit
from journal.people import User

router = APIRouter(route_class=PageRoute, include_in_schema=False)
of_others = APIRouter(route_class=PageRoute, include_in_schema=False)

DEEDS = {"end": "sessions/end", "unlock": "unlock", "disable": "disable"}


@router.get("/access")
async def get_access(visit: TheVisit, user: str = "", day: date | None = None, done: str = "") -> Response:
    reads = visit.may(*READERS)
    people: tuple[User, ...] = await visit.desk.people.all() if reads else ()
    asked = user if reads and user and user != visit.actor.name else ""
    return pages.page(
        visit.request,
        visit,
        "access.html",
        sessions=await visit.desk.sessions.of(visit.actor.name),
        people=people,
        asked=asked,
        theirs=(await get_sessions(asked, visit.actor, visit.desk))["items"] if asked else [],
        leads=visit.may(*LEADS),
        denied=await get_denials(visit.actor, visit.desk, day) if reads else None,
        done=done if done in {"ended", *DEEDS} else "",
    )


@router.post("/access/{number}/end")
async def post_end(visit: TheVisit, form: SentForm, number: int) -> Response:
    """Ends one of the visitor's sessions; 0 ends all but this one."""
    del form
    if number:
        await visit.desk.sessions.revoke(visit.actor.name, number)
    else:
        await visit.desk.sessions.revoke_others(visit.actor.name, visit.session.number)
    return RedirectResponse(f"{visit.base}/access?done=ended", 303)


@of_others.post("/access/users/{name}/{deed}")
async def post_deed(visit: TheVisit, form: SentForm, name: str, deed: Literal["end", "unlock", "disable"]) -> Response:
    """Ends someone's sessions, lets them try again, or shuts them out."""
    await visit.calls.post(f"/api/v1/access/users/{quote(name)}/{DEEDS[deed]}", {}, key=form.one("key") or fresh_key())
    return RedirectResponse(f"{CONSOLE}/access?done={deed}&user={name if deed != 'disable' else ''}", 303)
