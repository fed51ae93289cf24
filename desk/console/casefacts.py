"""Everything a case's page shows, gathered once: the same view the API gives, the checklist, the forms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

from desk.access import PLACERS
from desk.api.cases import get_events
from desk.api.messages import WRITERS, get_messages
from desk.console import choices, names
from desk.console.forms import COMMANDS, Attempt, Filling, Option, Shown, shown
from desk.console.timeline import Happening, Telling, references, steps_of, timeline
from desk.console.visits import Visit
from desk.console.words import word
from desk.console.yuan import typed
from desk.histories import Told, find
from desk.public import document_shown
from desk.runs import run_link
from desk.views import Viewer, case_view
from domain import evidence
from domain.actors import REVIEWERS
from domain.business_time import local_date
from domain.case import REVIEW, Case, Document
from domain.commands import PEOPLES
from domain.controls import disposable_fen
from domain.events import Amounts
from domain.four_eyes import level_of, parts_taken
from domain.policy import Policy
from journal.queue import QueuedTask
from journal.vault import ForgottenError, NoSuchRecordError

PRIMARY = frozenset({
    "confirm_reason", "open_appeal", "submit", "resubmit", "approve", "reset_credentials", "sign_agreement",
    "new_account", "approve_account", "rejustify", "field_done",
})  # fmt: skip
"""The forms that stand open: what the case most likely waits for."""


@dataclass(frozen=True, slots=True)
class Paper:
    """A document as the page shows it."""

    document_id: str
    doc_type: str
    title: str
    state: str
    media_type: str
    valid_until: str | None
    added_by: str | None
    added_at: str
    asked_anew: bool
    findings: tuple[str, ...]
    judge: list[Shown] | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """A line of the checklist: what is to be proved, how far that is, the papers for it, and what may be uploaded."""

    key: str
    title: str
    state: str
    why: str
    papers: tuple[Paper, ...]
    upload: tuple[Option, ...]


@dataclass(frozen=True, slots=True)
class CommandForm:
    """A command the visitor may give now."""

    name: str
    fields: list[Shown]
    open: bool
    attempted: bool


@dataclass(frozen=True, slots=True)
class Step:
    """A step of the release under way."""

    n: int
    name: str
    state: str
    pivot: bool


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
    upload_types: tuple[Option, ...]
    happenings: list[Happening]
    messages: Sequence[Mapping[str, Any]]
    tasks: tuple[QueuedTask, ...]
    steps: list[Step]
    sentence: str
    barred: str | None
    """The part the visitor took in the case, in words, that keeps them from the decision that is awaited."""
    pending: bool
    attempt: Attempt | None
    since_seen: list[Happening]
    """What happened after the version that a refused attempt had seen."""


async def gather(visit: Visit, case_id: str, attempt: Attempt | None = None, seen: int | None = None) -> CasePage:
    """The page of a case the visitor may see. Raises the problem of one they may not."""
    desk, actor = visit.desk, visit.actor
    told = await find(desk, actor, case_id)
    today = local_date(desk.clock()).isoformat()
    run = "" if visit.outside else await run_link(desk, told.case.case_id)
    view = case_view(told, Viewer(actor, visit.language, today), run)
    events = await get_events(told, actor, desk)
    policy = told.policy
    reading = Reading(visit, told, view, today, attempt)
    telling = Telling(
        visit.language,
        policy,
        visit.outside,
        documents={d["document_id"]: d["type"] for d in view["documents"]},
        texts=await _texts(visit, references(events)),
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
        wanted=reading.wanted(),
        others=reading.others(),
        forms=reading.command_forms(),
        add_control=reading.control_form(),
        message=reading.message_form(),
        upload_types=reading.upload_types,
        happenings=happenings,
        messages=await get_messages(told, actor, desk),
        tasks=() if visit.outside else await desk.queue.of_case(case_id),
        steps=[] if visit.outside else _steps(told.case),
        sentence=sentence,
        barred=_barred(visit, told.case),
        pending=await desk.inbox.has_pending(case_id),
        attempt=attempt,
        since_seen=[] if seen is None else [h for h in happenings if h.version > seen and not h.quiet],
    )


async def _texts(visit: Visit, refs: Sequence[str]) -> dict[str, str | None]:
    """People's words behind references, for those who handle the case and for the merchant themselves."""
    if not visit.may(*WRITERS):
        return {}
    texts: dict[str, str | None] = {}
    for ref in refs:
        try:
            texts[ref] = str((await visit.desk.vault.get(ref)).get("text", ""))
        except (ForgottenError, NoSuchRecordError):
            texts[ref] = None
    return texts


def _barred(visit: Visit, case: Case) -> str | None:
    if case.status not in REVIEW or not visit.may(*REVIEWERS):
        return None
    part = parts_taken(case, visit.actor.name, level_of(case))
    return word("part", part).of(visit.language) if part else None


def _steps(case: Case) -> list[Step]:
    return [Step(step.n, step.name, step.state, step.planned.pivot) for step in case.release.attempt]


@dataclass(frozen=True)
class Reading:
    """One visitor's look at one case."""

    visit: Visit
    told: Told
    view: Mapping[str, Any]
    today: str
    attempt: Attempt | None

    @property
    def case(self) -> Case:
        return self.told.case

    @property
    def policy(self) -> Policy:
        return self.told.policy

    def document(self, code: str) -> str:
        return names.document(code, self.policy, self.visit.language)

    # --- papers -----------------------------------------------------------------------------------------------------

    def _visible(self) -> list[Document]:
        documents = self.case.evidence.documents
        if not self.visit.outside:
            return list(documents)
        return [d for d in documents if document_shown(d, self.policy, self.visit.actor.name)]

    def required(self) -> list[tuple[str, ...]]:
        """The requirements the visitor is told of; before the reason is confirmed, those it would bring."""
        if self.case.evidence.requirements:
            listed = evidence.listed(self.case, self.policy) if self.visit.outside else self.case.evidence.requirements
            return list(listed)
        shown_to = self.policy.public_requirements if self.visit.outside else self.policy.requirements
        expected = shown_to(self.case.reason_code, self.case.merchant_type)  # type: ignore[arg-type]
        return [requirement.any_of for requirement in expected]

    def wanted(self) -> list[Wanted]:
        papers = self._visible()
        lines = []
        for one_of in self.required():
            own = [paper for paper in papers if paper.doc_type in one_of]
            uploadable = {code for code, _ in self.upload_types}
            lines.append(
                Wanted(
                    key="/".join(one_of),
                    title=names.requirement("/".join(one_of), self.policy, self.visit.language),
                    state=self._state(one_of, own),
                    why=self._why(one_of),
                    papers=tuple(self._paper(paper) for paper in reversed(own)),
                    upload=tuple((code, self.document(code)) for code in one_of if code in uploadable),
                )
            )
        return lines

    def others(self) -> list[Paper]:
        """Papers that no requirement asks for."""
        wanted = {code for one_of in self.required() for code in one_of}
        return [self._paper(paper) for paper in reversed(self._visible()) if paper.doc_type not in wanted]

    def _state(self, one_of: tuple[str, ...], papers: Sequence[Document]) -> str:
        if not self.case.evidence.requirements:
            return "later"
        if set(one_of) & self.case.evidence.waived:
            return "waived"
        if any(paper.stands(self.today) for paper in papers):
            return "met"
        fresh = [paper for paper in papers if not paper.asked_anew and not paper.expired(self.today)]
        if any(paper.standing in {"received", "unsure"} for paper in fresh):
            return "pending"
        if {item.doc_type for item in self.case.evidence.asked} & set(one_of):
            return "asked"
        return "failed" if fresh else "missing"

    def _why(self, one_of: tuple[str, ...]) -> str:
        """Why it is asked for anew."""
        asked = (item.reason.of(self.visit.language) for item in self.case.evidence.asked if item.doc_type in one_of)
        return " ".join(asked)

    def _paper(self, document: Document) -> Paper:
        judging = "judge_document" in self.view["allowed_commands"] and not document.asked_anew
        return Paper(
            document_id=document.document_id,
            doc_type=document.doc_type,
            title=self.document(document.doc_type),
            state=document.standing,
            media_type=document.filed.media_type,
            valid_until=document.valid_until,
            added_by=document.added_by or None,
            added_at=document.added_at,
            asked_anew=document.asked_anew,
            findings=tuple(text.of(self.visit.language) for text in document.findings),
            judge=self._judge(document) if judging else None,
        )

    def _judge(self, document: Document) -> list[Shown]:
        attempt = self._attempt_at("judge_document", document.document_id)
        filling = Filling({"document_id": document.document_id}, self.options)
        return shown("judge_document", filling, self.visit.language, attempt)

    @cached_property
    def upload_types(self) -> tuple[Option, ...]:
        """The documents the visitor may file now."""
        turn = PEOPLES["add_document"]
        if not self.visit.may(*turn.roles) or self.case.status not in turn.when:
            return ()
        codes = [code for code in self.policy.documents if self._may_file(code)]
        return tuple((code, self.document(code)) for code in codes)

    def _may_file(self, code: str) -> bool:
        if self.visit.outside and self.policy.never_lists(code):
            return False
        if code in evidence.STAFF_FILED and self.visit.may("officer", "compliance_head"):
            return True
        if self.case.status not in evidence.MERCHANT_FILES_IN:
            return False
        asked = {item.doc_type for item in self.case.evidence.asked}
        return self.case.status != "awaiting_supplement" or code in asked

    # --- forms ------------------------------------------------------------------------------------------------------

    def command_forms(self) -> list[CommandForm]:
        allowed = set(self.view["allowed_commands"]) - {"judge_document"}
        return [self._form(name) for name in COMMANDS if name in allowed]

    def control_form(self) -> CommandForm | None:
        placing = self.visit.may(*PLACERS) and self.case.is_open
        return self._form("add_control") if placing else None

    def message_form(self) -> CommandForm | None:
        writing = self.visit.may(*WRITERS) and not self.case.finished
        return self._form("post_message") if writing else None

    def _form(self, name: str) -> CommandForm:
        attempt = self._attempt_at(name)
        fields = shown(name, Filling(self._values(name), self.options), self.visit.language, attempt)
        return CommandForm(name, fields, attempt is not None or name in PRIMARY, attempt is not None)

    def _attempt_at(self, name: str, subject: str = "") -> Attempt | None:
        attempt = self.attempt
        return attempt if attempt and (attempt.form, attempt.subject) == (name, subject) else None

    def _values(self, name: str) -> dict[str, str | tuple[str, ...]]:
        """What stands in a form before anyone types."""
        match name:
            case "confirm_reason" | "reject" | "add_control":
                return {"reason_code": self.case.reason_code, "scope": ("all",)}
            case "approve":
                return {name: typed(fen) for name, fen in asdict(self._amounts()).items()}
            case "place_legal_hold":
                return {"amount_fen": typed(self.case.remaining_fen)}
            case "post_message":
                return {"audience": "merchant"}
            case _:
                return {}

    def _amounts(self) -> Amounts:
        """What an approval would most likely say: the first reviewer's amounts, else all that may be disposed of."""
        if self.case.release.past_pivot:
            return Amounts(self.case.release.payout_fen)
        first = self.case.review.first
        return first.amounts if first else Amounts(disposable_fen(self.case))

    @cached_property
    def options(self) -> dict[str, Sequence[Option]]:
        """What may be chosen in the forms' fields."""
        language, policy = self.visit.language, self.policy
        told_of = [code for code in policy.documents if not policy.never_lists(code)]
        needed = [code for one_of in self.required() for code in one_of if code in policy.documents]
        needed = list(dict.fromkeys(needed))
        ordered = dict.fromkeys(code for code in (*needed, *told_of) if code in told_of)
        audiences = ("merchant",) if self.visit.outside else ("merchant", "internal")
        instruments = (d for d in self.case.evidence.documents if d.doc_type == "D24")
        return {
            **choices.of_policy(policy, language),
            "documents": [(code, self.document(code)) for code in ordered],
            "required": [(code, self.document(code)) for code in needed],
            "instruments": [(d.document_id, f"{self.document('D24')} · {d.document_id}") for d in instruments],
            "audiences": choices.of_words("cause", audiences, language),
        }
