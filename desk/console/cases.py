"""Cases for people: the list with its filters, and one case with everything that may be done in it."""

from __future__ import annotations

import json
import secrets
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query
from starlette.responses import RedirectResponse, Response

from desk import problems
from desk.agreements import sign_url
from desk.api.cases import get_cases
from desk.api.commands import get_command
from desk.api.complaints import get_complaints
from desk.bulk.actions import STEERERS
from desk.console import forms, pages
from desk.console.affairs import Affair
from desk.console.calls import Answer, RefusedError
from desk.console.casefacts import gather
from desk.console.forms import Attempt, MistypedError
from desk.console.kinship import kin, voided_by
from desk.console.timeline import stretches
from desk.console.visits import Form, PageRoute, SentForm, TheVisit, Visit
from desk.console.words import word, words
from desk.histories import find
from domain.case import Status
from domain.policy import TIERS, Policy

router = APIRouter(route_class=PageRoute, include_in_schema=False)

SHOWN_AGAIN = frozenset({403, 409, 413, 422, 429, 503})
"""Refusals after which the page stands again, with what was typed."""


@router.get("/cases")
async def get_list(
    visit: TheVisit,
    q: Annotated[str, Query(max_length=100)] = "",
    status: str = "",
    reason: str = "",
    tier: str = "",
    open: str = "",  # noqa: A002 — the parameter's public name
    assignee: Annotated[str, Query(max_length=80)] = "",
    cursor: str | None = None,
) -> Response:
    """Cases, newest first; merchants see their own."""
    asked = {"q": q.strip(), "status": status, "reason": reason, "tier": tier, "open": open, "assignee": assignee}
    listed = await get_cases(
        visit.actor,
        visit.desk,
        status=status or None,
        reason=reason or None,
        tier=tier or None,
        q=q.strip() or None,
        open={"yes": True, "no": False}.get(open),
        assignee=assignee.strip() or None,
        cursor=cursor,
    )
    return pages.page(
        visit.request,
        visit,
        "cases.html",
        rows=listed["items"],
        next_cursor=listed["next_cursor"],
        asked=asked,
        query=urlencode({name: value for name, value in asked.items() if value}),
        steers=visit.may(*STEERERS),
        statuses=[status.value for status in Status],
        reasons=[reason for reason in visit.desk.policy.reasons.values() if "K1" in reason.case_kinds],
        tiers=TIERS,
        policy=visit.desk.policy,
        refused_count=len(await visit.desk.inbox.refusals(visit.actor.name)),
    )


@router.get("/cases/{case_id}")
async def get_page(visit: TheVisit, case_id: str, done: str = "", stored: str = "", legible: str = "") -> Response:
    return await case_page(visit, case_id, done=done, stored=stored, legible=legible)


async def case_page(
    visit: Visit,
    case_id: str,
    attempt: Attempt | None = None,
    *,
    done: str = "",
    stored: str = "",
    seen: str = "",
    legible: str = "",
) -> Response:
    """The case's page; after a refused form with that form as it was sent."""
    facts = await gather(visit, case_id, attempt, int(seen) if seen.isdecimal() else None)
    shown = {
        "status": attempt.status if attempt else 200,
        "here_full": f"{visit.base}/cases/{case_id}",
        "case": facts.view,
        "attempt": attempt,
        "done": word("command_done", done).of(visit.language) if done in words("command_done") else "",
        "stored": await get_command(stored, visit.actor, visit.desk) if stored else None,
        "fresh_key": fresh_key,
        **uploading(visit, facts.policy),
    }
    if visit.outside:
        unreadable = word("legibility", legible).of(visit.language) if legible in words("legibility") else ""
        shown |= {"legible": unreadable, "complaints": await get_complaints(visit.actor, visit.desk, case_id)}
        return pages.page(visit.request, visit, "portal_case.html", affair=Affair(facts), **shown)
    return pages.page(
        visit.request,
        visit,
        "case.html",
        page=facts,
        policy=facts.policy,
        timeline=stretches(facts.happenings),
        kin=kin(facts.told, facts.beside, visit.language) if facts.beside else None,
        voided=voided_by(facts.told, visit.language),
        **shown,
    )


def uploading(visit: Visit, policy: Policy) -> dict[str, Any]:
    """What the browser needs to look at a paper before it is sent: how large it may be, and what to say of it."""
    said = {key: text.of(visit.language) for key, text in words("paper_check").items()}
    return {"most_bytes": policy.limits.document_most_bytes, "paper_checks": json.dumps(said, ensure_ascii=False)}


@router.get("/cases/{case_id}/since")
async def get_since(visit: TheVisit, case_id: str, position: int = 0) -> Response:
    """What happened after a page was made, for a reader who still has it."""
    facts = await gather(visit, case_id)
    news = [one for one in facts.happenings if one.position > position and not one.quiet]
    return pages.page(visit.request, visit, "since.html", case=facts.view, news=news, sentence=facts.sentence)


@router.get("/cases/{case_id}/agreement")
async def get_agreement(visit: TheVisit, case_id: str) -> Response:
    """Leads the merchant to the page on which its agreement is signed."""
    told = await find(visit.desk, visit.actor, case_id)
    return RedirectResponse(await sign_url(visit.desk, told, visit.actor), 303)


def fresh_key() -> str:
    """A key for a form: sent twice, it is done once."""
    return f"console-{secrets.token_urlsafe(18)}"


@router.post("/cases/{case_id}/commands/{name}")
async def post_command(visit: TheVisit, form: SentForm, case_id: str, name: str) -> Response:
    if name not in forms.COMMANDS:
        raise problems.not_found(f"没有命令 {name}。", f"There is no command {name}.")
    return await perform(visit, form, case_id, name, f"/api/v1/cases/{case_id}/commands/{name}", versioned=True)


@router.post("/cases/{case_id}/messages")
async def post_message(visit: TheVisit, form: SentForm, case_id: str) -> Response:
    return await perform(visit, form, case_id, "post_message", f"/api/v1/cases/{case_id}/messages")


@router.post("/cases/{case_id}/callback")
async def post_callback(visit: TheVisit, form: SentForm, case_id: str) -> Response:
    """Books a call about the case."""
    told = await find(visit.desk, visit.actor, case_id)
    path = f"/api/v1/merchants/{told.case.merchant_no}/callbacks"
    return await perform(visit, form, case_id, "callback", path, more={"case_id": case_id})


@router.post("/cases/{case_id}/controls")
async def post_control(visit: TheVisit, form: SentForm, case_id: str) -> Response:
    """Another control on the case's terminal."""
    case = await visit.desk.cases.find(case_id)
    if case is None:
        raise problems.no_case(case_id)
    return await perform(
        visit, form, case_id, "add_control", "/api/v1/controls", more={"terminal_sn": case.terminal_sn}
    )


async def perform(
    visit: Visit,
    form: Form,
    case_id: str,
    name: str,
    path: str,
    *,
    versioned: bool = False,
    more: dict[str, Any] | None = None,
) -> Response:
    """Does what a form asks by a call of the API. What is refused stands on the page again, nothing typed is lost."""
    try:
        body = {**forms.body(name, form, visit.language), **(more or {})}
        if versioned:
            seen = form.one("version")
            body["version"] = int(seen) if seen.isdecimal() else 0
        answer = await visit.calls.post(path, body, key=form.one("key") or fresh_key())
    except MistypedError as mistyped:
        message = word("pages", "error.mistyped").of(visit.language)
        return await case_page(visit, case_id, Attempt(name, form, message, mistyped.errors, _subject(name, form)))
    except RefusedError as refusal:
        return await again(visit, form, case_id, name, refusal)
    return to_case(visit, case_id, name, answer)


async def again(visit: Visit, form: Form, case_id: str, name: str, refusal: RefusedError) -> Response:
    """The case's page with the refused form and why it was refused."""
    if refusal.status not in SHOWN_AGAIN:
        raise refusal
    return await case_page(visit, case_id, attempt_of(visit, form, name, refusal), seen=form.one("version"))


def attempt_of(visit: Visit, form: Form, name: str, refusal: RefusedError) -> Attempt:
    """The refused form as the page shows it again."""
    message = refusal.said
    if refusal.kind == "refused:idempotency-key-reused":
        message = word("pages", "error.sent_before").of(visit.language)
    return Attempt(name, form, message, dict(refusal.errors), _subject(name, form), refusal.kind, refusal.status)


def _subject(name: str, form: Form) -> str:
    """Which of several forms of one name it was: each document has one to judge it, each type one to file it."""
    return form.one({"judge_document": "document_id", "add_document": "type"}.get(name, ""))


def to_case(visit: Visit, case_id: str, name: str, answer: Answer) -> Response:
    """Back to the case, saying what was done, or that it waits to be delivered."""
    told = f"stored={answer.body['command_id']}" if answer.status == 202 else f"done={name}"
    if hindrance := answer.body.get("hindrance"):
        told += f"&legible={hindrance}"
    return RedirectResponse(f"{visit.base}/cases/{case_id}?{told}", 303)
