"""Personal data for those who answer for it: what is due, what stands in the way, legal holds, and erasing."""

from __future__ import annotations

import json
import secrets
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter
from starlette.responses import RedirectResponse, Response

from desk.access import allow
from desk.api.privacy import KEEPERS, WATCHERS, found, get_due, get_subject
from desk.console import pages
from desk.console.calls import RefusedError
from desk.console.visits import CONSOLE, Form, PageRoute, SentForm, TheVisit
from desk.console.words import word, words
from domain.retention import BASES
from journal.parties import subject_of

router = APIRouter(route_class=PageRoute, include_in_schema=False)

HERE = f"{CONSOLE}/privacy"
DONE = frozenset({"hold", "end", "erase"})


@router.get("/privacy")
async def get_list(visit: TheVisit, subject: str = "") -> Response:
    """Whose data may be erased now; someone else is looked up by number."""
    allow(visit.actor, "list what is due", *WATCHERS)
    wrong = ""
    if subject:
        merchant_no = subject.strip().removeprefix(subject_of(""))
        if await visit.desk.registry.merchant(merchant_no) is not None:
            return RedirectResponse(f"{HERE}/{quote(merchant_no, safe='')}", 303)
        wrong = word("privacy", "nobody").of(visit.language).format(subject=subject)
    return pages.page(
        visit.request, visit, "privacy.html", status=404 if wrong else 200,
        due=await get_due(visit.actor, visit.desk), typed=subject, wrong=wrong,
    )  # fmt: skip


@router.get("/privacy/{merchant_no}")
async def get_one(visit: TheVisit, merchant_no: str, done: str = "") -> Response:
    allow(visit.actor, "look at retention", *WATCHERS)
    return await _one_page(visit, merchant_no, done=done if done in DONE else "")


@router.post("/privacy/{merchant_no}/hold")
async def post_hold(visit: TheVisit, form: SentForm, merchant_no: str) -> Response:
    body = {"basis": form.one("basis"), "reference": form.one("reference")}
    return await _done(visit, form, merchant_no, "hold", "holds", body)


@router.post("/privacy/{merchant_no}/holds/{hold_id}/end")
async def post_end(visit: TheVisit, form: SentForm, merchant_no: str, hold_id: str) -> Response:
    path = f"holds/{quote(hold_id, safe='')}/end"
    return await _done(visit, form, merchant_no, f"end-{hold_id}", path, {"reference": form.one("reference")})


@router.post("/privacy/{merchant_no}/erase")
async def post_erase(visit: TheVisit, form: SentForm, merchant_no: str) -> Response:
    """What cannot be taken back is confirmed by typing whose data it is."""
    allow(visit.actor, "erase personal data", *KEEPERS)
    if form.one("confirm") != merchant_no:
        wrong = {"confirm": word("privacy", "type_it").of(visit.language).format(merchant_no=merchant_no)}
        return await _one_page(visit, merchant_no, attempt="erase", typed=form, wrong=wrong, status=422)
    return await _done(visit, form, merchant_no, "erase", "erase", {"ground": form.one("ground")})


async def _done(
    visit: TheVisit, form: Form, merchant_no: str, attempt: str, path: str, body: dict[str, str]
) -> Response:
    """Calls the API; a refusal is told on the page it came from, every reason of it, with what was typed."""
    at = f"/api/v1/privacy/{quote(merchant_no, safe='')}/{path}"
    try:
        await visit.calls.post(at, body, key=form.one("key") or secrets.token_urlsafe(12))
    except RefusedError as refused:
        wrong = dict(refused.errors)
        return await _one_page(
            visit, merchant_no, attempt=attempt, typed=form, wrong=wrong, status=refused.status,
            message="" if wrong else refused.detail,
        )  # fmt: skip
    return RedirectResponse(f"{HERE}/{quote(merchant_no, safe='')}?done={attempt.partition('-')[0]}", 303)


async def _one_page(visit: TheVisit, merchant_no: str, *, status: int = 200, **facts: Any) -> Response:
    allow(visit.actor, "look at retention", *WATCHERS)
    merchant = await found(merchant_no, visit.desk)
    notes = await visit.desk.privacy.notes(merchant.merchant_no)
    given: dict[str, Any] = {"done": "", "attempt": "", "typed": Form({}), "wrong": {}, "message": "", **facts}
    return pages.page(
        visit.request, visit, "privacy_one.html", status=status,
        here_full=f"{HERE}/{merchant.merchant_no}",
        merchant_no=merchant.merchant_no,
        held=await get_subject(visit.actor, merchant, visit.desk),
        notes=[(entry.type, entry.occurred_at, entry.actor, json.loads(entry.data)) for entry in reversed(notes)],
        keeps=visit.may(*KEEPERS),
        bases=[(key, text.of(visit.language)) for key, text in BASES.items()],
        basis=lambda key: BASES[key].of(visit.language),
        grounds=[(key, text.of(visit.language)) for key, text in words("erase_ground").items()],
        new_key=lambda: secrets.token_urlsafe(12),
        **given,
    )  # fmt: skip
