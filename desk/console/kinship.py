"""What else a case's reader should know of: other cases of its merchant and terminal, the same papers filed elsewhere,
and why an approval no longer counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from desk.console import names
from desk.console.words import word
from desk.histories import Told
from desk.language import Language
from domain.wire import decode
from journal.beside import Beside, Sibling

VOIDING = frozenset({"ApprovalVoided", "ReviewReturned", "CaseRejected", "CaseWithdrawn", "ExecutionCompensated"})
"""After one of these an approval given before does not count any more."""


@dataclass(frozen=True, slots=True)
class SamePaper:
    """A paper whose very bytes were filed by this merchant or another, how often, and when first."""

    document: str
    merchant_no: str
    times: int
    first_at: datetime


@dataclass(frozen=True, slots=True)
class Kin:
    """Cases and papers that belong together with the one that is read."""

    of_terminal: Sequence[Sibling]
    of_merchant: Sequence[Sibling]
    papers: Sequence[SamePaper]


def kin(told: Told, beside: Beside, language: Language) -> Kin:
    """For staff: everything is of other merchants' business, too."""
    return Kin(beside.of_terminal, beside.of_merchant, _papers(told, beside, language))


def _papers(told: Told, beside: Beside, language: Language) -> list[SamePaper]:
    documents = {d.filed.sha256: d for d in told.case.evidence.documents}
    return [
        SamePaper(
            names.document(documents[same.sha256].doc_type, told.policy, language),
            same.subject.removeprefix("merchant:"),
            same.times,
            same.first_at,
        )
        for same in beside.same
    ]


def voided_by(told: Told, language: Language) -> dict[str, str]:
    """What made each approval void, by when it was given. (One that a later event did not touch still counts.)"""
    found: dict[str, str] = {}
    given: list[str] = []
    for entry in told.entries:
        if entry.type in {"FirstApproval", "SecondApproval"}:
            given.append(entry.occurred_at)
        elif entry.type in VOIDING and given:
            event = decode(entry.type, entry.form, entry.data)
            what = word("event", entry.type).of(language)
            cause = getattr(event, "cause", "")
            told_why = f"{what}: {word('cause', cause).of(language)}" if cause else what
            found |= dict.fromkeys(given, told_why)
            given.clear()
    return found
