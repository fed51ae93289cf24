"""Logging in and out, and the language of the pages."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from desk import problems
from desk.access import COOKIE
from desk.console import pages
from desk.console.entering import Kept, home, kept_in, over_tls, welcome
from desk.console.pages import LANGUAGE_COOKIE, language_read
from desk.console.visits import (
    Form,
    PageRoute,
    SentForm,
    TheVisit,
    check_origin,
    read_form,
    safe_path,
    session_of,
)
from desk.console.words import word
from desk.context import Desk, desk_of
from desk.denials import denial_of
from journal.tries import GUESSES, Limit

router = APIRouter(route_class=PageRoute, include_in_schema=False)

MOST_NAME = 100
YEAR = 365 * 24 * 3600
LOCKS = (GUESSES, Limit(20, timedelta(hours=1)), Limit(300, timedelta(minutes=10)))
"""Tries at a name from one address, at a name from anywhere, and at any name from one address."""


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
    return login_page(request, back=safe_path(next, "/"), ended=ended)


def login_page(
    request: Request,
    *,
    back: str,
    name: str = "",
    wrong: str = "",
    ended: bool = False,
    kept: Kept | None = None,
    status: int = 200,
) -> Response:
    """The page to log in, after a refused try with what was typed."""
    provider = desk_of(request).config.oidc()
    facts = {"back": back, "typed_name": name, "wrong": wrong, "ended": ended, "provider": provider}
    if kept is not None:
        facts |= {"resume": kept.path, "kept": kept.text}
    return pages.page(request, None, "login.html", status=status, **facts)


async def own_form(request: Request) -> Form:
    """A form sent from our own log-in page: there is no session yet whose secret it could carry."""
    check_origin(request)
    return await read_form(request)


@router.post("/login")
async def post_login(request: Request, form: Annotated[Form, Depends(own_form)]) -> Response:
    desk = desk_of(request)
    name, back = form.one("name")[:MOST_NAME], safe_path(form.one("next"), "/")
    wait = await _locked(desk, request, name)
    if wait:
        await _denied(desk, request, "locked", name)
        text = problems.rate_limited(wait).detail.of(language_read(request))
        return login_page(request, back=back, name=name, wrong=text, kept=kept_in(form), status=429)
    user = await desk.people.log_in(name, "".join(form.all("password")[:1]))
    if user is not None and user.merchant_no is None and not desk.config.staff_passwords:
        await _denied(desk, request, "password-not-enough", name)
        text = word("access", "only_provider").of(language_read(request))
        return login_page(request, back=back, name=name, wrong=text, kept=kept_in(form), status=403)
    if user is None:
        await _denied(desk, request, "password-wrong", name)
        text = word("pages", "login.wrong").of(language_read(request))
        return login_page(request, back=back, name=name, wrong=text, kept=kept_in(form), status=401)
    for key in _keys(request, name)[:2]:
        await desk.tries.forgive(key)
    return await welcome(request, user, "password", back, kept_in(form))


async def _locked(desk: Desk, request: Request, name: str) -> int:
    """Counts the try. Seconds to wait when there were too many: at this name from here, at this name, or from here."""
    waits = [await desk.tries.take(key, limit) for key, limit in zip(_keys(request, name), LOCKS, strict=True)]
    return max(waits)


def _keys(request: Request, name: str) -> tuple[str, str, str]:
    """What tries are counted by, as `LOCKS` has their limits."""
    here = request.client.host if request.client else ""
    return f"login:{name}:{here}", f"login:{name}", f"login-from:{here}"


async def _denied(desk: Desk, request: Request, why: str, name: str) -> None:
    known = await desk.people.find(name)
    await desk.denials.record(denial_of(request, why, tried_as=known.name if known else None))


@router.post("/logout")
async def post_logout(visit: TheVisit, form: SentForm) -> Response:
    del form
    await visit.desk.sessions.close(visit.session_id)
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
        LANGUAGE_COOKIE, chosen, max_age=YEAR, httponly=True, samesite="lax", secure=over_tls(request), path="/"
    )
    return answer
