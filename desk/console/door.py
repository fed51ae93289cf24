"""The portal's door: a merchant's contact comes in by the link or the one-time code that was sent to them.

Whether a case's number exists is not told: the answer is the same, and comes as fast, for any number.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from desk import problems
from desk.console import pages
from desk.console.entering import welcome
from desk.console.login import own_form
from desk.console.pages import language_read
from desk.console.visits import PORTAL, Form, PageRoute
from desk.console.words import word
from desk.context import desk_of
from desk.denials import denial_of
from desk.portal_letter import send_key
from journal.people import NoSuchUserError
from journal.portal_keys import LetIn
from journal.tries import GUESSES, Limit

router = APIRouter(route_class=PageRoute, include_in_schema=False)

LETTERS = Limit(3, timedelta(minutes=15))
"""About one case: enough for a lost letter, too few to pester anyone."""
FROM_HERE = Limit(30, timedelta(minutes=15))
GUESSED_IN_ALL = Limit(15, timedelta(days=1))
"""Wrong codes for one case, whatever the number of letters."""
_CASE = re.compile(r"[A-Z]{2}-[0-9]{8}-[A-Z0-9]{8}")


def _page(request: Request, step: str, status: int = 200, *, case_id: str = "", wrong: str = "") -> Response:
    text = word("portal", wrong).of(language_read(request)) if wrong else ""
    return pages.page(request, None, "enter.html", status=status, step=step, case_id=case_id, wrong=text, token="")


@router.get("/portal/enter")
async def get_door(request: Request) -> Response:
    return _page(request, "number")


@router.post("/portal/enter")
async def post_number(request: Request, form: Annotated[Form, Depends(own_form)]) -> Response:
    """Has a link and a code sent to the contact on file."""
    desk, case_id = desk_of(request), _plain(form.one("case_id")).upper()
    if not _CASE.fullmatch(case_id):
        return _page(request, "number", 422, case_id=case_id[:40], wrong="number_wrong")
    wait = await desk.tries.take(f"portal-from:{_host(request)}", FROM_HERE)
    wait = wait or await desk.tries.take(f"portal-letter:{case_id}", LETTERS)
    if wait:
        raise problems.rate_limited(wait)
    desk.soon(send_key(desk, case_id), "send a portal code")
    return _page(request, "code", case_id=case_id)


def _plain(typed: str) -> str:
    """What was typed, in plain digits and letters: Chinese keyboards also have wide ones."""
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", typed))


@router.post("/portal/enter/code")
async def post_code(request: Request, form: Annotated[Form, Depends(own_form)]) -> Response:
    desk, case_id = desk_of(request), _plain(form.one("case_id")).upper()
    guessed_at = f"portal-code:{case_id}"
    wait = await desk.tries.take(guessed_at, GUESSES)
    wait = wait or await desk.tries.take(f"{guessed_at}:all", GUESSED_IN_ALL)
    if wait:
        await desk.denials.record(denial_of(request, "locked"))
        raise problems.rate_limited(wait)
    code = _plain(form.one("code"))
    let_in = await desk.portal_keys.use_code(case_id, code)
    if let_in is None:
        await desk.denials.record(denial_of(request, "portal-code-wrong"))
        return _page(request, "code", 401, case_id=case_id[:40], wrong="code_wrong")
    await desk.tries.forgive(guessed_at)
    return await _in(request, let_in)


@router.get("/portal/enter/{token}")
async def get_link(request: Request, token: str) -> Response:
    """Asks before it lets in: programs that look at links in letters must not use them up."""
    return pages.page(request, None, "enter.html", step="link", case_id="", wrong="", token=token[:100])


@router.post("/portal/enter/link")
async def post_link(request: Request, form: Annotated[Form, Depends(own_form)]) -> Response:
    let_in = await desk_of(request).portal_keys.use_token(form.one("token"))
    if let_in is None:
        await desk_of(request).denials.record(denial_of(request, "portal-link-wrong"))
        return _page(request, "number", 401, wrong="link_wrong")
    return await _in(request, let_in)


async def _in(request: Request, let_in: LetIn) -> Response:
    """Whoever comes in has read what was sent to the contact: the merchant is reached there."""
    desk = desk_of(request)
    if let_in.address_ref is not None:
        await desk.reached.reach(let_in.address_ref, "code", desk.clock())
    try:
        return await welcome(request, let_in.user, "link", f"{PORTAL}/cases/{let_in.case_id}")
    except NoSuchUserError:  # shut out, as with a merchant's data that was erased
        await desk_of(request).denials.record(denial_of(request, "shut-out"))
        return RedirectResponse("/portal/enter", 303)


def _host(request: Request) -> str:
    return request.client.host if request.client else ""
