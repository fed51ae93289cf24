"""What else a case's reader should know of: other cases of its merchant and terminal, the same papers filed elsewhere,
and why an approval no longer counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from desk.console import names
from desk.console.visits import Visit
from desk.console.words import word
from desk.histories import Told
from desk.language import Language
from domain.wire import decode
from journal.cases import Case, Filters

MOST = 8
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

    of_terminal: Sequence[Case]
    of_merchant: Sequence[Case]
    papers: Sequence[SamePaper]


async def kin(visit: Visit, told: Told) -> Kin:
    """For staff: everything is of other merchants' business, too."""
    case = told.case
    cases = visit.desk.cases
    of_terminal = (await cases.page(Filters(terminal_sn=case.terminal_sn), None, MOST)).items
    of_merchant = (await cases.page(Filters(merchant_no=case.merchant_no), None, MOST)).items
    return Kin(
        [one for one in of_terminal if one.case_id != case.case_id],
        [one for one in of_merchant if one.case_id != case.case_id and one.terminal_sn != case.terminal_sn],
        await _papers(visit, told),
    )


async def _papers(visit: Visit, told: Told) -> list[SamePaper]:
    documents = {d.filed.sha256: d for d in told.case.evidence.documents}
    found = await visit.desk.files.same_elsewhere(list(documents), [d.document_id for d in documents.values()])
    return [
        SamePaper(
            names.document(documents[same.sha256].doc_type, told.policy, visit.language),
            same.subject.removeprefix("merchant:"),
            same.times,
            same.first_at,
        )
        for same in found
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
