"""Complaints for people: all that await an answer, one with what was said, and what may be done about it."""

from __future__ import annotations

from typing import Any, Literal

from fastapi import APIRouter
from starlette.responses import RedirectResponse, Response

from desk.access import STAFF, allow
from desk.api.complaints import HANDLERS, HEADS, get_complaints, shown
from desk.api.complaints import found as found_complaint
from desk.console import choices, forms, pages
from desk.console.calls import RefusedError
from desk.console.cases import SHOWN_AGAIN, fresh_key, perform
from desk.console.forms import Attempt, Filling, MistypedError
from desk.console.visits import CONSOLE, Form, PageRoute, SentForm, TheVisit, Visit
from desk.console.words import word, words
from desk.handover import handed_over, written
from desk.histories import find
from domain.freeze_appeal import REOPENED_FROM

router = APIRouter(route_class=PageRoute, include_in_schema=False)
of_staff = APIRouter(route_class=PageRoute, include_in_schema=False)

DEEDS = {"complaint_answer": "answer", "complaint_extend": "extend"}


@router.post("/cases/{case_id}/complaint")
async def post_complaint(visit: TheVisit, form: SentForm, case_id: str) -> Response:
    """A merchant complains about how the case is handled."""
    more = {"kind": "complaint", "about_case_id": case_id, "channel": "portal"}
    return await perform(visit, form, case_id, "complaint", "/api/v1/cases", more=more)


@router.post("/cases/{case_id}/complaints/{complaint_id}/dissatisfied")
async def post_dissatisfied(visit: TheVisit, form: SentForm, case_id: str, complaint_id: str) -> Response:
    """The answer is not enough."""
    path = f"/api/v1/complaints/{complaint_id}/dissatisfied"
    return await perform(visit, form, case_id, "dissatisfied", path)


@of_staff.get("/complaints")
async def get_list(visit: TheVisit) -> Response:
    """All complaints, those that await an answer first."""
    allow(visit.actor, "list complaints", *STAFF)
    return pages.page(visit.request, visit, "complaints.html", complaints=await get_complaints(visit.actor, visit.desk))


@of_staff.get("/complaints/{complaint_id}")
async def get_one(visit: TheVisit, complaint_id: str, done: str = "") -> Response:
    return await _page(visit, complaint_id, done=done)


@of_staff.post("/complaints/{complaint_id}/complaint_hand_over")
async def post_hand_over(visit: TheVisit, form: SentForm, complaint_id: str) -> Response:
    """The complaint's file, to be handed over; that it was is journaled."""
    deed, path = "complaint_hand_over", f"/api/v1/complaints/{complaint_id}/hand-over"
    try:
        said = await visit.calls.post(path, forms.body(deed, form, visit.language), key=form.one("key") or fresh_key())
    except (MistypedError, RefusedError) as error:
        return await _page(visit, complaint_id, _attempt(visit, deed, form, error))
    name = f'attachment; filename="{complaint_id}.json"'
    headers = {**pages.HEADERS, "content-disposition": name}
    return Response(written(said.body), media_type="application/json", headers=headers)


@of_staff.post("/complaints/{complaint_id}/{deed}")
async def post_deed(
    visit: TheVisit, form: SentForm, complaint_id: str, deed: Literal["complaint_answer", "complaint_extend"]
) -> Response:
    """Answers a complaint, or gives it more time."""
    path = f"/api/v1/complaints/{complaint_id}/{DEEDS[deed]}"
    try:
        await visit.calls.post(path, forms.body(deed, form, visit.language), key=form.one("key") or fresh_key())
    except (MistypedError, RefusedError) as error:
        return await _page(visit, complaint_id, _attempt(visit, deed, form, error))
    return RedirectResponse(f"{CONSOLE}/complaints/{complaint_id}?done={deed}", 303)


def _attempt(visit: Visit, deed: str, form: Form, error: MistypedError | RefusedError) -> Attempt:
    """The form as the page shows it again. Raises the refusal that no page can show."""
    if isinstance(error, MistypedError):
        return Attempt(deed, form, word("pages", "error.mistyped").of(visit.language), error.errors)
    if error.status not in SHOWN_AGAIN:
        raise error
    return Attempt(deed, form, error.said, dict(error.errors), kind=error.kind, status=error.status)


async def _page(visit: Visit, complaint_id: str, attempt: Attempt | None = None, *, done: str = "") -> Response:
    complaint = await found_complaint(complaint_id, visit.actor, visit.desk)
    told = await find(visit.desk, visit.actor, complaint.case_id)
    may: dict[str, Any] = {"complaint_answer": HANDLERS, "complaint_extend": HEADS} if complaint.is_open else {}
    may["complaint_hand_over"] = HANDLERS
    options = {
        "outcomes": choices.of_words("complaint_outcome", OUTCOMES, visit.language),
        "offices": choices.of_words("complaint_office", OFFICES, visit.language),
    }
    filling = Filling(options=options)
    return pages.page(
        visit.request,
        visit,
        "complaint.html",
        status=attempt.status if attempt else 200,
        here_full=f"{CONSOLE}/complaints/{complaint_id}",
        complaint=await shown(visit.desk, complaint, visit.actor),
        forms={
            deed: [
                field
                for field in forms.shown(
                    deed, filling, visit.language, attempt if attempt and attempt.form == deed else None
                )
                if field.spec.name != "reopen_case" or told.case.status in REOPENED_FROM
            ]
            for deed, roles in may.items()
            if visit.may(*roles)
        },
        handed_over=await handed_over(visit.desk, complaint_id),
        attempt=attempt,
        done=word("command_done", done).of(visit.language) if done in words("command_done") else "",
        fresh_key=fresh_key,
    )


OUTCOMES = ("upheld", "partly", "not_upheld")
OFFICES = ("12363", "regulator", "mediation", "court")
