"""Notices of policy to all merchants: what was published and how far it is, and a form to publish one."""

from __future__ import annotations

import secrets
from typing import Any

from fastapi import APIRouter
from starlette.responses import RedirectResponse, Response

from desk.access import STAFF, allow
from desk.api.broadcasts import PUBLISHERS, get_broadcasts
from desk.console import pages
from desk.console.calls import RefusedError
from desk.console.cases import SHOWN_AGAIN
from desk.console.visits import CONSOLE, PageRoute, SentForm, TheVisit, Visit
from desk.console.words import word

router = APIRouter(route_class=PageRoute, include_in_schema=False)

FIELDS = {
    "zh.subject": "announcements.zh.subject",
    "zh.text": "announcements.zh.text",
    "en.subject": "announcements.en.subject",
    "en.text": "announcements.en.text",
}
"""The fields of the form, and the words of their labels."""


@router.get("/announcements")
async def get_announcements(visit: TheVisit, done: bool = False) -> Response:
    allow(visit.actor, "see notices to all merchants", *STAFF)
    return await _page(visit, done=done)


@router.post("/announcements")
async def post_announcement(visit: TheVisit, form: SentForm) -> Response:
    """Publishes one; what was typed stays in the form while something is wrong with it."""
    allow(visit.actor, "publish to all merchants", *PUBLISHERS)
    typed = {name: form.one(name) for name in FIELDS}
    body: dict[str, Any] = {
        language: {part: typed[f"{language}.{part}"] for part in ("subject", "text")} for language in ("zh", "en")
    }
    try:
        await visit.calls.post("/api/v1/broadcasts", body, key=form.one("key") or secrets.token_urlsafe(12))
    except RefusedError as refusal:
        if refusal.status not in SHOWN_AGAIN:
            raise
        return await _page(visit, typed=typed, wrong=refusal.said, errors=dict(refusal.errors), status=refusal.status)
    return RedirectResponse(f"{CONSOLE}/announcements?done=1", 303)


async def _page(
    visit: Visit,
    *,
    typed: dict[str, str] | None = None,
    wrong: str = "",
    errors: dict[str, str] | None = None,
    status: int = 200,
    done: bool = False,
) -> Response:
    return pages.page(
        visit.request,
        visit,
        "announcements.html",
        status=status,
        found=await get_broadcasts(visit.actor, visit.desk),
        publishes=visit.may(*PUBLISHERS),
        fields=list(FIELDS),
        labels={name: word("pages", key).of(visit.language) for name, key in FIELDS.items()},
        typed=typed or dict.fromkeys(FIELDS, ""),
        wrong=wrong,
        errors=dict.fromkeys(FIELDS, "") | (errors or {}),
        new_key=lambda: secrets.token_urlsafe(12),
        done=done,
    )
