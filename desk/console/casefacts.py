"""Everything a case's page shows, gathered once: the same view the API gives, the checklist, the forms."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from desk.access import with_made
from desk.api.cases import get_events
from desk.api.contacts import get_callbacks
from desk.api.messages import WRITERS, messages_in, messages_shown
from desk.api.notices import READERS
from desk.console import names
from desk.console.checklist import Checklist, Paper, Wanted
from desk.console.deadlines import Line, counted
from desk.console.forms import Attempt, Option
from desk.console.timeline import Happening, Telling, references, steps_of, timeline
from desk.console.turns import CommandForm, Turns
from desk.console.visits import Visit
from desk.console.words import word
from desk.histories import Told, find
from desk.runs import run_link
from desk.views import Viewer, case_view
from domain.actors import REVIEWERS, Actor
from domain.business_time import local_date
from domain.case import REVIEW, Case
from domain.four_eyes import level_of, part_of
from domain.policy import Policy
from journal.beside import Beside, beside
from journal.queue import QueuedTask
from policies import guidance
from policies.guidance import Advice


@dataclass(frozen=True, slots=True)
class Step:
    """A step of the release under way."""

    n: int
    name: str
    state: str
    pivot: bool


OFFERED = frozenset({"missing", "asked", "failed", "pending", "later"})
"""The states of a line of the checklist beside which a paper may be filed."""


@dataclass(frozen=True, slots=True)
class CasePage:
    """What the template shows."""

    told: Told
    view: Mapping[str, Any]
    policy: Policy
    wanted: list[Wanted]
    others: list[Paper]
    forms: list[CommandForm]
    add_control: CommandForm | None
    message: CommandForm | None
    contact: dict[str, CommandForm]
    """Other ways for its merchant to get in touch about the case, by name."""
    calls: Sequence[str]
    """When the merchant is called back, of the calls it booked about this case."""
    upload_types: tuple[Option, ...]
    happenings: list[Happening]
    messages: Sequence[Mapping[str, Any]] | None
    """None for who may not read them."""
    advice: Sequence[Advice]
    """What keeps the reason that the merchant is told from coming up again."""
    tasks: tuple[QueuedTask, ...]
    steps: list[Step]
    sentence: str
    barred: str | None
    """The part the visitor took in the case, in words, that keeps them from the decision that is awaited."""
    pending: bool
    attempt: Attempt | None
    counted: Mapping[str, Sequence[Line]]
    """How each deadline was counted, by its name; for staff."""
    beside: Beside | None
    """For staff."""
    since_seen: list[Happening]
    """What happened after the version that a refused attempt had seen."""

    @property
    def filed_apart(self) -> Attempt | None:
        """A refused try to file a paper for which no line of the checklist stands: the form for others shows it."""
        tried = self.attempt
        if tried is None or tried.form != "add_document":
            return None
        offered = {code for line in self.wanted if line.state in OFFERED for code, _ in line.upload}
        return None if tried.subject in offered else tried


async def gather(visit: Visit, case_id: str, attempt: Attempt | None = None, seen: int | None = None) -> CasePage:
    """The page of a case the visitor may see. Raises the problem of one they may not."""
    desk, actor = visit.desk, visit.actor
    told = await find(desk, actor, case_id)
    actor = await with_made(desk, actor, told.case.merchant_no)
    today = local_date(desk.clock()).isoformat()
    events = await get_events(told, actor, desk)
    policy = told.policy
    written = messages_in(told, outside=visit.outside) if visit.may(*READERS) else []
    refs = references(events) if visit.may(*WRITERS) else []  # for who handles the case, and for the merchant
    calls = await get_callbacks(told.case.merchant_no, actor, desk) if visit.outside else []
    run, about, sealed = await asyncio.gather(
        _run(visit, case_id),
        _beside(visit, told),
        desk.vault.known([*refs, *(message.text_ref for _, message in written)]),
    )
    view = case_view(told, Viewer(actor, visit.language, today), run)
    papers, turns = Checklist(visit, told, view, today, attempt), Turns(visit, told, view, today, attempt)
    telling = Telling(
        visit.language,
        policy,
        visit.outside,
        documents={d["document_id"]: d["type"] for d in view["documents"]},
        texts={ref: str(text.get("text", "")) if (text := sealed[ref]) is not None else None for ref in refs},
        steps=steps_of(events),
    )
    happenings = timeline(events, telling)
    sentence = view["waiting_on"]["sentence" if visit.language == "en" else "sentence_zh"]
    spelled_out = names.spelled_out if visit.outside else names.actions_spelled_out
    sentence = spelled_out(sentence, policy, visit.language)
    return CasePage(
        told=told,
        view=view,
        policy=policy,
        wanted=papers.wanted(),
        others=papers.others(),
        forms=turns.command_forms(),
        add_control=turns.control_form(),
        message=turns.message_form(),
        contact=turns.contact_forms(),
        calls=[call["at"] for call in calls if call["case_id"] == case_id],
        upload_types=papers.upload_types,
        happenings=happenings,
        advice=guidance.against(policy.public_reason(told.case.reason_code).code),
        messages=messages_shown(written, sealed, outside=visit.outside) if visit.may(*READERS) else None,
        tasks=about.tasks if about else (),
        steps=[] if visit.outside else _steps(told.case),
        sentence=sentence,
        barred=_barred(visit, actor, told.case),
        pending=about.pending if about else await desk.inbox.has_pending(case_id),
        attempt=attempt,
        counted={} if visit.outside else counted(told, events, visit.language),
        beside=about,
        since_seen=[] if seen is None else [h for h in happenings if h.version > seen and not h.quiet],
    )


async def _run(visit: Visit, case_id: str) -> str:
    return "" if visit.outside else await run_link(visit.desk, case_id)


async def _beside(visit: Visit, told: Told) -> Beside | None:
    """For staff."""
    if visit.outside:
        return None
    papers = told.case.evidence.documents
    hashes, ids = {d.filed.sha256 for d in papers}, {d.document_id for d in papers}
    return await beside(visit.desk.pool, told.case.case_id, hashes, ids, visit.desk.clock())


def _barred(visit: Visit, actor: Actor, case: Case) -> str | None:
    if case.status not in REVIEW or not visit.may(*REVIEWERS):
        return None
    part = part_of(case, actor, level_of(case))
    return word("part", part).of(visit.language) if part else None


def _steps(case: Case) -> list[Step]:
    return [Step(step.n, step.name, step.state, step.planned.pivot) for step in case.release.attempt]
