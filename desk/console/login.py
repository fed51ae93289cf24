"""Logging in and out, and the language of the pages."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from desk import problems
from desk.access import COOKIE
from desk.console import pages
from desk.console.pages import LANGUAGE_COOKIE, language_read
from desk.console.visits import (
    CONSOLE,
    PORTAL,
    Form,
    PageRoute,
    SentForm,
    TheVisit,
    Visit,
    check_origin,
    ours,
    read_form,
    safe_path,
    session_of,
)
from desk.console.words import word
from desk.context import Desk, desk_of
from journal.people import MERCHANT_SIDE, SESSION_LIFE, User

router = APIRouter(route_class=PageRoute, include_in_schema=False)

MOST_NAME = 100
YEAR = 365 * 24 * 3600


@router.get("/")
async def get_front(request: Request) -> Response:
    """The visitor's own first page."""
    found = await session_of(request)
    return RedirectResponse(home(found[1].user) if found else "/login", 303)


@router.get("/login")
async def get_login(
    request: Request,
    next: Annotated[str, Query(max_length=2000)] = "/",  # noqa: A002 — the parameter's public name
    ended: bool = False,
) -> Response:
    found = await session_of(request)
    if found is not None:
        return RedirectResponse(safe_path(next, home(found[1].user)), 303)
    return _page(request, back=safe_path(next, "/"), ended=ended)


def _page(
    request: Request,
    *,
    back: str,
    name: str = "",
    wrong: str = "",
    ended: bool = False,
    kept: Kept | None = None,
    status: int = 200,
) -> Response:
    facts = {"back": back, "typed_name": name, "wrong": wrong, "ended": ended}
    if kept is not None:
        facts |= {"resume": kept.path, "kept": kept.text}
    return pages.page(request, None, "login.html", status=status, **facts)


@dataclass(frozen=True, slots=True)
class Kept:
    """A form whose session had ended before it was sent: where it goes, and what was typed, as JSON."""

    path: str
    text: str

    @property
    def values(self) -> dict[str, list[str]]:
        """What was typed. Raises ValueError for a text that says something else."""
        read = json.loads(self.text)
        if not isinstance(read, dict):
            raise ValueError("not a form")
        return {str(name): [str(value) for value in values] for name, values in read.items()}


def _kept(form: Form) -> Kept | None:
    path, text = form.one("resume"), form.one("kept")
    return Kept(path, text) if text and ours(path) else None


async def own_form(request: Request) -> Form:
    """A form sent from our own log-in page: there is no session yet whose secret it could carry."""
    check_origin(request)
    return await read_form(request)


@router.post("/login")
async def post_login(request: Request, form: Annotated[Form, Depends(own_form)]) -> Response:
    desk = desk_of(request)
    name, back = form.one("name")[:MOST_NAME], safe_path(form.one("next"), "/")
    guessed_at = f"login:{name}:{request.client.host if request.client else ''}"
    wait = desk.guesses.wait_seconds(guessed_at)
    if wait:
        text = problems.rate_limited(wait).detail.of(language_read(request))
        return _page(request, back=back, name=name, wrong=text, kept=_kept(form), status=429)
    user = await desk.people.log_in(name, "".join(form.all("password")[:1]))
    if user is None:
        desk.guesses.failed(guessed_at)
        text = word("pages", "login.wrong").of(language_read(request))
        return _page(request, back=back, name=name, wrong=text, kept=_kept(form), status=401)
    return await _welcome(desk, request, user, back, _kept(form))


async def _welcome(desk: Desk, request: Request, user: User, back: str, kept: Kept | None) -> Response:
    old = await session_of(request)
    if old is not None:
        await desk.people.close_session(old[0])
    desk.soon(desk.people.purge_sessions(), "drop expired sessions")
    session_id, session = await desk.people.open_session(user.name)
    answer: Response = RedirectResponse(back if back != "/" else home(user), 303)
    if kept is not None:
        answer = _resume(Visit(request, desk, session, session_id, language_read(request)), kept)
    answer.set_cookie(
        COOKIE,
        session_id,
        max_age=int(SESSION_LIFE.total_seconds()),
        httponly=True,
        samesite="lax",
        secure=_over_tls(request),
        path="/",
    )
    return answer


def _resume(visit: Visit, kept: Kept) -> Response:
    """What was typed before the session ended, to be looked at and sent."""
    try:
        values = kept.values
    except (ValueError, TypeError, RecursionError):
        return RedirectResponse(home(visit.session.user), 303)
    form = kept.path.rpartition("/")[2]
    return pages.page(
        visit.request, visit, "resume.html", here_full=home(visit.session.user), form=form, path=kept.path,
        values=values, key=f"console-{secrets.token_urlsafe(18)}",
    )  # fmt: skip


def _over_tls(request: Request) -> bool:
    """Whether the desk is reached by https, by itself or behind a proxy."""
    return request.url.scheme == "https" or desk_of(request).config.desk_url.startswith("https:")


@router.post("/logout")
async def post_logout(visit: TheVisit, form: SentForm) -> Response:
    del form
    await visit.desk.people.close_session(visit.session_id)
    answer = RedirectResponse("/login", 303)
    answer.delete_cookie(COOKIE, path="/", httponly=True, samesite="lax")
    return answer


@router.get("/language/{language}")
async def get_language(
    request: Request,
    language: str,
    next: Annotated[str, Query(max_length=2000)] = "/",  # noqa: A002 — the parameter's public name
) -> Response:
    """Reads on in another language."""
    answer = RedirectResponse(safe_path(next, "/"), 303)
    chosen = "en" if language == "en" else "zh"
    answer.set_cookie(
        LANGUAGE_COOKIE, chosen, max_age=YEAR, httponly=True, samesite="lax", secure=_over_tls(request), path="/"
    )
    return answer


def home(user: User) -> str:
    """Where someone starts: the queue, their cases, or the portal."""
    if user.roles <= MERCHANT_SIDE:
        return PORTAL
    return f"{CONSOLE}/cases" if user.roles <= {"auditor", "engineer"} else f"{CONSOLE}/queue"
