"""Getting in touch: a case's notices with their words, a merchant's wishes and contact log, and whom to call."""

from __future__ import annotations

from typing import Any, Literal

from fastapi import APIRouter
from starlette.responses import RedirectResponse, Response

from desk.access import STAFF, allow, own
from desk.api.contacts import (
    BOOKERS,
    LOGGERS,
    READERS,
    WISHERS,
    get_callbacks,
    get_contacts,
    get_preferences,
    get_tasks,
)
from desk.api.merchants import found
from desk.api.notices import READERS as NOTICE_READERS
from desk.api.notices import SENDERS, get_notices
from desk.console import forms, pages
from desk.console.calls import Answer, RefusedError
from desk.console.cases import SHOWN_AGAIN, fresh_key
from desk.console.choices import of_words
from desk.console.forms import Attempt, Filling, MistypedError
from desk.console.visits import PageRoute, SentForm, TheVisit, Visit
from desk.console.words import word
from desk.histories import find
from desk.notices import letter_of, order_of

router = APIRouter(route_class=PageRoute, include_in_schema=False)
of_staff = APIRouter(route_class=PageRoute, include_in_schema=False)

CHANNELS = ("wechat", "sms", "email", "webhook")
WAYS = ("phone", "visit", "email", "wechat", "counter", "letter")
SENT: dict[str, tuple[str, tuple[str, ...]]] = {
    "wishes": ("notice-preferences", WISHERS),
    "callback": ("callbacks", BOOKERS),
    "feedback": ("feedback", BOOKERS),
    "contact": ("contacts", LOGGERS),
}
"""Each form of the page: the call it makes, and who may make it."""


@of_staff.get("/contacts")
async def get_whom_to_call(visit: TheVisit) -> Response:
    """Notices that reached nobody, call-backs booked, promises: the most urgent first."""
    allow(visit.actor, "list contact tasks", *STAFF)
    listed = await get_tasks(visit.actor, visit.desk, None, 200)
    return pages.page(visit.request, visit, "contacts.html", tasks=listed)


@router.get("/merchants/{merchant_no}/contacts")
async def get_contact_page(visit: TheVisit, merchant_no: str, task: str = "", done: str = "") -> Response:
    """A merchant's wishes and call-backs; for staff the contact log too."""
    return await _page(visit, merchant_no, task=task, done=done)


@router.post("/merchants/{merchant_no}/contacts/{what}")
async def post_contact_form(visit: TheVisit, form: SentForm, merchant_no: str, what: str) -> Response:
    """Sets wishes, books a call-back, logs a contact."""
    path, roles = SENT.get(what, ("", ()))
    allow(visit.actor, what, *roles)
    try:
        body = forms.body(what, form, visit.language)
        key = form.one("key") or fresh_key()
        answer = await visit.calls.post(f"/api/v1/merchants/{merchant_no}/{path}", body, key=key)
    except MistypedError as mistyped:
        message = word("pages", "error.mistyped").of(visit.language)
        return await _page(visit, merchant_no, Attempt(what, form, message, mistyped.errors))
    except RefusedError as refusal:
        if refusal.status not in SHOWN_AGAIN:
            raise
        errors = dict(refusal.errors)
        attempt = Attempt(what, form, refusal.said, errors, status=refusal.status)
        return await _page(visit, merchant_no, attempt)
    if secret := _secret(answer):
        return await _page(visit, merchant_no, secret=secret)
    return RedirectResponse(f"{visit.base}/merchants/{merchant_no}/contacts?done={what}", 303)


def _secret(answer: Answer) -> str | None:
    secret: str | None = answer.body.get("webhook_secret") if isinstance(answer.body, dict) else None
    return secret


async def _page(
    visit: Visit,
    merchant_no: str,
    attempt: Attempt | None = None,
    *,
    task: str = "",
    done: str = "",
    secret: str | None = None,
) -> Response:
    own(visit.actor, merchant_no)
    merchant = await found(merchant_no, visit.desk)
    wanted = await get_preferences(merchant_no, visit.actor, visit.desk)
    calls = await get_callbacks(merchant_no, visit.actor, visit.desk) if visit.outside else []
    reads = visit.may(*READERS)
    values: dict[str, str | tuple[str, ...]] = {
        "channels": tuple(wanted["channels"]),
        "language": wanted["language"] or "",
        "webhook_url": wanted["webhook_url"] or "",
        "way": "phone",
        "direction": "out",
        "result": "reached",
        "task_id": task,
    }
    filling = Filling(values, _options(visit))
    return pages.page(
        visit.request,
        visit,
        "contact.html",
        status=attempt.status if attempt else 200,
        here_full=f"{visit.base}/merchants/{merchant_no}/contacts",
        merchant_no=merchant.merchant_no,
        calls=[call["at"] for call in calls],
        forms={
            what: forms.shown(what, filling, visit.language, attempt if attempt and attempt.form == what else None)
            for what, (_, roles) in SENT.items()
            if visit.may(*roles)
        },
        opened=attempt.form if attempt else "contact" if task else "",
        attempt=attempt,
        done=done if done in SENT else "",
        secret=secret,
        tasks=await get_tasks(visit.actor, visit.desk, merchant_no, 100) if reads else [],
        contacts=await get_contacts(merchant, visit.actor, visit.desk, None) if reads else None,
        fresh_key=fresh_key,
    )


def _options(visit: Visit) -> dict[str, Any]:
    return {
        "channels": of_words("channel", CHANNELS, visit.language),
        "languages": [("zh", "中文"), ("en", "English")],
        "ways": of_words("contact_way", WAYS, visit.language),
        "directions": of_words("contact_direction", ("out", "in"), visit.language),
        "results": of_words("contact_result", ("reached", "not_reached", "message_left"), visit.language),
    }


@router.get("/cases/{case_id}/notices")
async def get_notice_page(visit: TheVisit, case_id: str, done: str = "") -> Response:
    """What was told in a case, in its words, and what became of it."""
    allow(visit.actor, "read notices", *NOTICE_READERS)
    told = await find(visit.desk, visit.actor, case_id)
    shown = []
    for notice in await get_notices(told, visit.actor, visit.desk):
        order = order_of(told, f"{case_id}:notice:{notice['position']}:{notice['audience']}")
        letter = await letter_of(visit.desk, order, visit.language, "email") if order else None
        shown.append({**notice, "letter": letter})
    return pages.page(
        visit.request,
        visit,
        "notices.html",
        case_id=case_id,
        merchant_no=told.case.merchant_no,
        notices=shown,
        channels=of_words("channel", CHANNELS, visit.language),
        sends=visit.may(*SENDERS),
        done=done if done in {"resend", "acknowledge"} else "",
        fresh_key=fresh_key,
    )


@router.post("/cases/{case_id}/notices/{position}/{what}")
async def post_notice_deed(
    visit: TheVisit, form: SentForm, case_id: str, position: int, what: Literal["resend", "acknowledge"]
) -> Response:
    """Sends a notice once more, or says that it was read."""
    body = {"channel": form.one("channel") or None} if what == "resend" else {}
    path = f"/api/v1/cases/{case_id}/notices/{position}/{what}"
    await visit.calls.post(path, body, key=form.one("key") or fresh_key())
    return RedirectResponse(f"{visit.base}/cases/{case_id}/notices?done={what}", 303)
