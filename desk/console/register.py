"""Entering merchants, terminals and controls by hand, and looking merchants and terminals up."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Query
from starlette.responses import RedirectResponse, Response

from desk import problems
from desk.access import OFFICE, PLACERS, STAFF, allow
from desk.api.merchants import USER_MAKERS, get_merchant
from desk.api.terminals import get_terminal
from desk.console import choices, forms, pages
from desk.console.calls import Answer, RefusedError
from desk.console.cases import SHOWN_AGAIN, fresh_key
from desk.console.forms import Attempt, Filling, MistypedError
from desk.console.visits import CONSOLE, PageRoute, SentForm, TheVisit, Visit
from desk.console.words import word
from desk.masking import UNMASKERS

router = APIRouter(route_class=PageRoute, include_in_schema=False)

PATHS = {"merchant": "/api/v1/merchants", "terminal": "/api/v1/terminals", "control": "/api/v1/controls"}
ROLES = {"merchant": OFFICE, "terminal": OFFICE, "control": PLACERS}


@router.get("/register")
async def get_register(
    visit: TheVisit,
    merchant_no: Annotated[str, Query(max_length=40)] = "",
    terminal_sn: Annotated[str, Query(max_length=80)] = "",
) -> Response:
    """The forms, those of a merchant or terminal just entered filled in as far as that goes."""
    allow(visit.actor, "register", *OFFICE, *PLACERS)
    known = {"merchant_no": merchant_no, "terminal_sn": terminal_sn}
    return _page(visit, known={name: value for name, value in known.items() if value})


def _page(
    visit: Visit, attempt: Attempt | None = None, known: dict[str, str] | None = None, status: int = 200
) -> Response:
    options = choices.of_policy(visit.desk.policy, visit.language)
    values: dict[str, str | tuple[str, ...]] = {"scope": ("all",), "source": "risk", **(known or {})}
    made = {}
    for name in PATHS:
        own = values if name != "merchant" else {}
        tried = attempt if attempt and attempt.form == name else None
        made[name] = forms.shown(name, Filling(own, options), visit.language, tried)
    return pages.page(
        visit.request,
        visit,
        "register.html",
        status=status,
        here_full=f"{visit.base}/register",
        forms={name: fields for name, fields in made.items() if visit.may(*ROLES[name])},
        attempt=attempt,
        opened=attempt.form if attempt else _next(known or {}),
        fresh_key=fresh_key,
    )


def _next(known: dict[str, str]) -> str:
    """What is to be entered next, of merchant, terminal and control."""
    if "terminal_sn" in known:
        return "control"
    return "terminal" if "merchant_no" in known else "merchant"


@router.post("/register/{what}")
async def post_register(visit: TheVisit, form: SentForm, what: str) -> Response:
    """Enters a merchant or terminal, or places a control, which opens or joins a case."""
    if what not in PATHS:
        raise problems.not_found("没有此表单。", "There is no such form.")
    allow(visit.actor, "register", *ROLES[what])
    try:
        body = forms.body(what, form, visit.language)
        answer = await visit.calls.post(PATHS[what], body, key=form.one("key") or fresh_key())
    except MistypedError as mistyped:
        message = word("pages", "error.mistyped").of(visit.language)
        return _page(visit, Attempt(what, form, message, mistyped.errors), status=422)
    except RefusedError as refusal:
        if refusal.status not in SHOWN_AGAIN:
            raise
        attempt = Attempt(what, form, refusal.said, dict(refusal.errors), kind=refusal.kind)
        return _page(visit, attempt, status=refusal.status)
    return RedirectResponse(_after(what, body, answer), 303)


def _after(what: str, body: dict[str, Any], answer: Answer) -> str:
    """Where someone goes on: from the merchant to its terminal, from the terminal to its control, from the control to
    the case."""
    match what:
        case "merchant":
            return f"{CONSOLE}/merchants/{body['merchant_no']}?entered=1"
        case "terminal":
            return f"{CONSOLE}/terminals/{body['terminal_sn']}?entered=1"
        case _:
            return f"{CONSOLE}/cases/{answer.body['case_id']}?done=add_control"


@router.get("/merchants/{merchant_no}")
async def get_merchant_page(visit: TheVisit, merchant_no: str, entered: bool = False) -> Response:
    return await _merchant_page(visit, merchant_no, entered=entered)


async def _merchant_page(
    visit: Visit,
    merchant_no: str,
    *,
    entered: bool = False,
    user: Any = None,
    attempt: Attempt | None = None,
    whole: Any = None,
) -> Response:
    """A merchant, masked but for its own people; `whole` is what an unmasking gave."""
    merchant = whole or await get_merchant(merchant_no, visit.actor, visit.desk)
    options = choices.of_policy(visit.desk.policy, visit.language)
    makes = visit.may(*USER_MAKERS)
    filled = Filling({"role": "merchant"}, options)

    def tried(form: str) -> Attempt | None:
        return attempt if attempt and attempt.form == form else None

    return pages.page(
        visit.request,
        visit,
        "merchant.html",
        status=attempt.status if attempt else 200,
        here_full=f"{visit.base}/merchants/{merchant_no}",
        merchant=merchant,
        entered=entered,
        user_form=forms.shown("user", filled, visit.language, tried("user")) if makes else None,
        unmask_form=forms.shown("unmask", filled, visit.language, tried("unmask")) if visit.may(*UNMASKERS) else None,
        user=user,
        attempt=attempt,
        registers=visit.may(*OFFICE),
        fresh_key=fresh_key,
    )


@router.post("/merchants/{merchant_no}/unmask")
async def post_unmask(visit: TheVisit, form: SentForm, merchant_no: str) -> Response:
    """Shows a merchant whole, this once, for the purpose that was stated."""
    try:
        body = forms.body("unmask", form, visit.language)
        answer = await visit.calls.post(f"/api/v1/merchants/{merchant_no}/unmask", body, key=fresh_key())
    except MistypedError as mistyped:
        message = word("pages", "error.mistyped").of(visit.language)
        return await _merchant_page(visit, merchant_no, attempt=Attempt("unmask", form, message, mistyped.errors))
    except RefusedError as refusal:
        if refusal.status not in SHOWN_AGAIN:
            raise
        attempt = Attempt("unmask", form, refusal.said, dict(refusal.errors), status=refusal.status)
        return await _merchant_page(visit, merchant_no, attempt=attempt)
    return await _merchant_page(visit, merchant_no, whole=answer.body)


@router.post("/merchants/{merchant_no}/users")
async def post_user(visit: TheVisit, form: SentForm, merchant_no: str) -> Response:
    """Makes a log-in, whose password is shown this once."""
    try:
        body = forms.body("user", form, visit.language)
        path = f"/api/v1/merchants/{merchant_no}/users"
        answer = await visit.calls.post(path, body, key=form.one("key") or fresh_key())
    except MistypedError as mistyped:
        message = word("pages", "error.mistyped").of(visit.language)
        return await _merchant_page(visit, merchant_no, attempt=Attempt("user", form, message, mistyped.errors))
    except RefusedError as refusal:
        if refusal.status not in SHOWN_AGAIN:
            raise
        attempt = Attempt("user", form, refusal.said, dict(refusal.errors), status=refusal.status)
        return await _merchant_page(visit, merchant_no, attempt=attempt)
    return await _merchant_page(visit, merchant_no, user=answer.body)


@router.get("/terminals/{terminal_sn}")
async def get_terminal_page(visit: TheVisit, terminal_sn: str, entered: bool = False) -> Response:
    """A terminal, what stands on it, and whether it may transact."""
    terminal = await get_terminal(terminal_sn, visit.actor, visit.desk)
    return pages.page(
        visit.request,
        visit,
        "terminal.html",
        terminal=terminal,
        entered=entered,
        places=visit.may(*PLACERS),
        policy=visit.desk.policy,
    )


@router.get("/find")
async def get_find(visit: TheVisit, q: Annotated[str, Query(max_length=100)] = "") -> Response:
    """Leads from a number to what it names: a case, a terminal, a merchant; else to the list of cases."""
    wanted, desk = q.strip(), visit.desk
    case = await desk.cases.find(wanted) if wanted else None
    if case is not None and visit.actor.merchant_no in {None, case.merchant_no}:
        return RedirectResponse(f"{visit.base}/cases/{case.case_id}", 303)
    if visit.may(*STAFF) and wanted:
        if await desk.registry.terminal(wanted) is not None:
            return RedirectResponse(f"{CONSOLE}/terminals/{wanted}", 303)
        if await desk.registry.merchant(wanted) is not None:
            return RedirectResponse(f"{CONSOLE}/merchants/{wanted}", 303)
    return RedirectResponse(f"{visit.base}/cases?q={quote(wanted)}", 303)
