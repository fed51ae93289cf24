"""The review cockpit: a case's papers one after the other, what the machine read laid over them, and the decision with
what follows from it. Every deed here is a call of the API, as on the case's own page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter
from pydantic import ValidationError
from starlette.responses import RedirectResponse, Response

from desk import problems
from desk.access import allow
from desk.api.documents import READERS
from desk.api.queue import TAKERS, post_next
from desk.command_bodies import COMMANDS
from desk.console import exhibits, forms, pages
from desk.console.calls import RefusedError
from desk.console.casefacts import CasePage, gather
from desk.console.cases import SHOWN_AGAIN, attempt_of, fresh_key
from desk.console.documents import page_count_of, reading_of
from desk.console.exhibits import Exhibit, Read
from desk.console.forms import Attempt, MistypedError
from desk.console.turns import CommandForm
from desk.console.visits import CONSOLE, Form, PageRoute, SentForm, TheVisit, Visit
from desk.console.words import word, words
from desk.foresight import Foreseen, foresee, letters
from desk.histories import find
from desk.paper_reasons import PAPER_REASONS
from domain.actors import REVIEWERS
from domain.business_time import local_date
from journal.queue import QueuedTask

router = APIRouter(route_class=PageRoute, include_in_schema=False)

DECISIONS = ("approve", "request_supplement", "reject", "return_review")
"""What ends a review, in the order of the decision bar."""
REVIEWS = frozenset({"review_1", "review_2"})
MOST_PAGES = 40


@dataclass(frozen=True, slots=True)
class Shown:
    """The paper on the screen: its pages, what was read, and the same of the paper it took the place of."""

    exhibit: Exhibit
    pages: int
    read: Read
    former_pages: int


@router.get("/cases/{case_id}/review")
async def get_review(visit: TheVisit, case_id: str, doc: str = "", done: str = "") -> Response:
    """The papers, beginning with the one asked for or the first that wants a verdict."""
    return await review_page(visit, case_id, doc=doc, done=done)


async def review_page(
    visit: Visit, case_id: str, attempt: Attempt | None = None, *, doc: str = "", done: str = ""
) -> Response:
    allow(visit.actor, "review a case", *READERS)
    seen = attempt.typed.one("version") if attempt else ""
    facts = await gather(visit, case_id, attempt, int(seen) if seen.isdecimal() else None)
    found = exhibits.exhibits(facts, _asked_at(facts))
    chosen = exhibits.shown(found, doc)
    deciding = [form for form in facts.forms if form.name in DECISIONS]
    deciding.sort(key=lambda form: DECISIONS.index(form.name))
    return pages.page(
        visit.request,
        visit,
        "review.html",
        status=attempt.status if attempt else 200,
        here_full=f"{CONSOLE}/cases/{case_id}/review",
        page=facts,
        case=facts.view,
        policy=facts.policy,
        found=found,
        settled_count=sum(map(exhibits.settled, found)),
        shown=await _shown(visit, chosen) if chosen else None,
        most_pages=MOST_PAGES,
        deciding=deciding,
        task=_task(visit, facts.tasks),
        foreseen=_usual(visit, facts, deciding),
        attempt=attempt,
        done=word("command_done", done).of(visit.language) if done in words("command_done") else "",
        fresh_key=fresh_key,
    )


def _asked_at(facts: CasePage) -> str | None:
    """When papers were last asked for anew."""
    asked = [entry.occurred_at for entry in facts.told.entries if entry.type == "SupplementRequested"]
    return asked[-1] if asked else None


async def _shown(visit: Visit, exhibit: Exhibit) -> Shown:
    paper, former = exhibit.paper, exhibit.former
    before = await reading_of(visit, former.document_id) if former else None
    return Shown(
        exhibit,
        await page_count_of(visit, paper.document_id, paper.media_type),
        exhibits.read(await reading_of(visit, paper.document_id), before, visit.language),
        await page_count_of(visit, former.document_id, former.media_type) if former else 0,
    )


def _task(visit: Visit, tasks: tuple[QueuedTask, ...]) -> QueuedTask | None:
    """The review that is awaited, if the visitor may work on it."""
    return next((task for task in tasks if task.kind in REVIEWS and visit.may(*task.roles)), None)


def _usual(visit: Visit, facts: CasePage, deciding: list[CommandForm]) -> Foreseen | None:
    """What an approval of the amounts that stand in the form would lead to; None where it would be refused."""
    form = next((form for form in deciding if form.name == "approve"), None)
    if form is None:
        return None
    typed = Form({field.spec.name: field.values for field in form.fields})
    try:
        return _foreseen(visit, facts.told, "approve", typed)
    except (MistypedError, problems.Problem):
        return None


def _foreseen(visit: Visit, told: Any, name: str, typed: Form) -> Foreseen:
    """Raises MistypedError for what cannot be read, and the problem of a refusal."""
    unsaid = {"reason": ("-",)} if not typed.one("reason") else {}  # a reason may come last; nothing follows from it
    body = forms.body(name, Form({**typed.values, **unsaid}), visit.language)
    try:
        command = COMMANDS[name].model_validate({**body, "version": told.case.version})
    except ValidationError as error:
        raise problems.of_validation(error.errors()) from None
    return foresee(letters(visit.desk.config.desk_url), visit.actor, told, name, command.fields(), visit.desk.now())


@router.post("/cases/{case_id}/foresee/{name}")
async def post_foresee(visit: TheVisit, form: SentForm, case_id: str, name: str) -> Response:
    """What the decision in the form would lead to: a piece of a page, or without scripts a page. Nothing is done."""
    allow(visit.actor, "review a case", *REVIEWERS)
    if name not in DECISIONS:
        raise problems.not_found(f"没有命令 {name}。", f"There is no command {name}.")
    told = await find(visit.desk, visit.actor, case_id)
    facts: dict[str, Any] = {"foreseen": None, "why_not": ""}
    try:
        facts["foreseen"] = _foreseen(visit, told, name, form)
    except MistypedError as mistyped:
        facts["why_not"] = " ".join(mistyped.errors.values())
    except problems.Problem as problem:
        texts = (problem.detail, *(error.text for error in problem.errors))
        facts["why_not"] = " ".join(text.of(visit.language) for text in texts)
    template = "foreseen.html" if visit.request.headers.get("hx-request") else "foreseen_page.html"
    return pages.page(visit.request, visit, template, deed=name, case_id=case_id, policy=told.policy, **facts)


@router.post("/cases/{case_id}/review/verdict")
async def post_verdict(visit: TheVisit, form: SentForm, case_id: str) -> Response:
    """A verdict on one paper; then the next paper that wants one."""
    coded = PAPER_REASONS.get(form.one("code"))  # type: ignore[call-overload]
    reason = " ".join(part for part in (coded.of(visit.language) if coded else "", form.one("reason")) if part)
    if not reason and form.one("verdict") == "accept":
        reason = word("pages", "verdict.in_order").of(visit.language)
    sent = Form({**form.values, "reason": (reason,)})
    return await _give(visit, sent, case_id, "judge_document")


@router.post("/cases/{case_id}/review/{name}")
async def post_decision(visit: TheVisit, form: SentForm, case_id: str, name: str) -> Response:
    """A decision; then the next task where that was asked for, else the case's page."""
    if name not in DECISIONS:
        raise problems.not_found(f"没有命令 {name}。", f"There is no command {name}.")
    return await _give(visit, form, case_id, name)


async def _give(visit: Visit, form: Form, case_id: str, name: str) -> Response:
    doc = form.one("document_id")
    try:
        seen = form.one("version")
        body = {**forms.body(name, form, visit.language), "version": int(seen) if seen.isdecimal() else 0}
        path = f"/api/v1/cases/{case_id}/commands/{name}"
        answer = await visit.calls.post(path, body, key=form.one("key") or fresh_key())
    except MistypedError as mistyped:
        message = word("pages", "error.mistyped").of(visit.language)
        attempt = Attempt(name, form, message, mistyped.errors, doc)
        return await review_page(visit, case_id, attempt, doc=doc)
    except RefusedError as refusal:
        if refusal.status not in SHOWN_AGAIN:
            raise
        return await review_page(visit, case_id, attempt_of(visit, form, name, refusal), doc=doc)
    here = f"{CONSOLE}/cases/{case_id}"
    if answer.status == 202:
        return RedirectResponse(f"{here}?stored={answer.body['command_id']}", 303)
    if name == "judge_document":
        return RedirectResponse(f"{here}/review?done={name}", 303)
    if form.one("then") == "next":
        return await next_task(visit, name)
    return RedirectResponse(f"{here}?done={name}", 303)


async def next_task(visit: Visit, done: str = "claim", tier: str = "", kind: str = "") -> Response:
    """Takes the most urgent task and opens it; the queue when there is none."""
    allow(visit.actor, "work on the queue", *TAKERS)
    taken = await post_next(visit.actor, visit.desk, tier or None, kind or None)
    if isinstance(taken, Response):
        (own,) = await visit.desk.rota.people(visit.actor.name)
        why = own.why_nothing(local_date(visit.desk.clock()))
        return RedirectResponse(f"{CONSOLE}/queue?none={why or 'free'}", 303)
    return RedirectResponse(f"{place_of(taken['case_id'], taken['kind'])}?done={done}", 303)


def place_of(case_id: str, kind: str) -> str:
    """Where a task is worked on: reviews in the cockpit, the rest on the case's page."""
    return f"{CONSOLE}/cases/{case_id}" + ("/review" if kind in REVIEWS else "")
