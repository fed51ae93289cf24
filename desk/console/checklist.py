"""A case's papers on its page: what is to be proved and how far that is, the papers for it, what may be filed now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from desk.console import choices, names
from desk.console.forms import Filling, Option, Shown, shown
from desk.console.reading import Reading
from desk.public import document_shown
from domain import evidence
from domain.case import Document
from domain.commands import PEOPLES


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


class Checklist(Reading):
    """The papers of a case as one visitor sees them."""

    def _visible(self) -> list[Document]:
        documents = self.case.evidence.documents
        if not self.visit.outside:
            return list(documents)
        return [d for d in documents if document_shown(d, self.policy, self.visit.actor.name)]

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
        attempt = self.attempted("judge_document", document.document_id)
        filling = Filling({"document_id": document.document_id}, choices.of_policy(self.policy, self.visit.language))
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
