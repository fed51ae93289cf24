"""Evidence: what a merchant must prove, what was filed, how the machine and people judged it, what is asked anew.

A requirement is met by one verified, unexpired document of any of its types, or by a waiver. What merchants are never
told of (an enhanced due diligence form) is required of the desk, not of them.
Source: transitions.csv (submit to resubmit), timers.csv (merchant_evidence, supplement, auto_check), documents.csv.
"""

from __future__ import annotations

from domain import deadlines
from domain.business_time import local_date, parse_time
from domain.case import Case, Document, Status
from domain.commands import (
    AddDocument,
    Asked,
    CheckedDocument,
    ConfirmReason,
    JudgeDocument,
    RecordChecks,
    RequestSupplement,
    Resubmit,
    Submit,
    Waive,
)
from domain.events import (
    AppealOpened,
    CaseSubmitted,
    CheckDeferred,
    CheckResumed,
    ChecksPassed,
    DocumentAdded,
    DocumentChecked,
    DocumentJudged,
    Event,
    EvidenceExtended,
    EvidenceResubmitted,
    ReasonConfirmed,
    RequirementWaived,
    SupplementItem,
    SupplementRequested,
)
from domain.four_eyes import four_eyes
from domain.policy import Policy
from domain.refusals import Refused, refuse
from domain.text import Text


def today(asked: Asked) -> str:
    """The day in Shanghai on which something is asked."""
    return local_date(parse_time(asked.at)).isoformat()


def confirm_reason(case: Case, command: ConfirmReason, asked: Asked, policy: Policy) -> tuple[Event, ...] | Refused:
    """The officer confirms (or corrects) why the terminal is frozen; the checklist and the merchant's time follow."""
    reason = policy.reasons.get(command.reason_code)
    if reason is None or "K1" not in reason.case_kinds:
        return refuse("reason-not-for-kind", reason=command.reason_code)
    needed = _required(case, command.reason_code, policy)
    useful = {code for requirement in needed for code in requirement}
    on_file = tuple(doc for doc in command.on_file if doc.doc_type in useful)
    dues = deadlines.for_evidence(policy, asked.at)
    return (ReasonConfirmed(command.reason_code, command.note, needed, on_file, dues),)


def _required(case: Case, reason_code: str, policy: Policy) -> tuple[tuple[str, ...], ...]:
    """What the reason asks for, and what the merchant is told it asks for: for a secret reason these differ."""
    kind = case.merchant_type
    real = [requirement.any_of for requirement in policy.requirements(reason_code, kind)]  # type: ignore[arg-type]
    told = [requirement.any_of for requirement in policy.public_requirements(reason_code, kind)]  # type: ignore[arg-type]
    return tuple(dict.fromkeys([*real, *told]))


def open_appeal(statement_ref: str, asked: Asked) -> tuple[Event, ...]:
    return (AppealOpened(statement_ref, on_behalf(asked)),)


def on_behalf(asked: Asked) -> bool:
    """Whether an officer acts for the merchant; the record says so."""
    return asked.by.has("officer") and not asked.by.has("merchant", "agent")


STAFF_FILED = frozenset({"D23", "D24", "D25"})
"""Papers the desk files itself, at any time: repair reports, instruments of authorities, due diligence forms."""

MERCHANT_FILES_IN = frozenset(
    {Status.REASON_CONFIRMED, Status.DRAFT, Status.AWAITING_FIELD, Status.AWAITING_SUPPLEMENT}
)


def add_document(case: Case, command: AddDocument, asked: Asked) -> tuple[Event, ...] | Refused:
    """File a document. While a supplement is awaited, only what was asked for may be replaced."""
    doc_type = command.document.doc_type
    by_staff = doc_type in STAFF_FILED and asked.by.has("officer", "compliance_head")
    if case.status not in MERCHANT_FILES_IN and not by_staff:
        return refuse("wrong-status", status=case.status, command="add_document", when=_words(MERCHANT_FILES_IN))
    if asked.by.name in _deciding(case):
        return refuse("four-eyes", name=asked.by.name, part="decided it")
    asked_for = {item.doc_type for item in case.evidence.asked}
    if case.status is Status.AWAITING_SUPPLEMENT and doc_type not in asked_for and not by_staff:
        return refuse("not-asked-for", asked=", ".join(sorted(asked_for)))
    return (DocumentAdded(command.document, on_behalf(asked)),)


def _deciding(case: Case) -> set[str | None]:
    """Whose decision stands while it is not yet carried out: they cannot become who uploaded the evidence for it."""
    if case.release.past_pivot:
        return set()
    approvals = (case.review.first, case.review.second)
    return {case.review.rejection_by, *(approval.by for approval in approvals if approval)} - {None}


def _words(statuses: frozenset[Status]) -> str:
    return ", ".join(sorted(statuses))


def extend_evidence(case: Case, asked: Asked, policy: Policy) -> tuple[Event, ...] | Refused:
    if case.evidence.extended:
        return refuse("already-extended")
    return (EvidenceExtended(deadlines.for_more_evidence(policy, case, asked.at)),)


def submit(case: Case, command: Submit, asked: Asked, policy: Policy) -> tuple[Event, ...] | Refused:
    """The merchant declares the documents true and complete. Only what merchants are told of must be there."""
    if not command.declaration:
        return refuse("declaration-needed")
    missing = missing_documents(case, policy, today(asked))
    if missing:
        return refuse("documents-missing", missing=", ".join(missing))
    dues = (*deadlines.for_auto_check(policy, asked.at), *deadlines.for_promise(policy, case, asked.at))
    return (CaseSubmitted(dues),)


def resubmit(case: Case, command: Resubmit, asked: Asked, policy: Policy) -> tuple[Event, ...] | Refused:
    del command
    lacking = sorted({item.doc_type for item in case.evidence.asked} - _fresh_types(case))
    if lacking:
        return refuse("documents-missing", missing=", ".join(lacking))
    dues = (*deadlines.for_auto_check(policy, asked.at), *deadlines.for_promise(policy, case, asked.at))
    return (EvidenceResubmitted(case.evidence.rounds, dues),)


def _fresh_types(case: Case) -> set[str]:
    return {doc.doc_type for doc in case.evidence.documents if not doc.asked_anew and doc.standing == "received"}


def listed(case: Case, policy: Policy) -> tuple[tuple[str, ...], ...]:
    """The requirements a merchant is told of."""
    required = case.evidence.requirements
    shown = (tuple(code for code in one_of if not policy.never_lists(code)) for one_of in required)
    return tuple(one_of for one_of in shown if one_of)


def missing_documents(case: Case, policy: Policy, day: str) -> list[str]:
    """The listed requirements for which nothing usable was filed, as the spec writes them: `D01/D03`."""
    return ["/".join(req) for req in listed(case, policy) if not _filed(case, req, day)]


def _filed(case: Case, requirement: tuple[str, ...], day: str) -> bool:
    if set(requirement) & case.evidence.waived:
        return True
    return any(
        doc.doc_type in requirement and not doc.asked_anew and doc.standing != "rejected" and not doc.expired(day)
        for doc in case.evidence.documents
    )


def unverified(case: Case, day: str) -> list[str]:
    """The requirements, listed or not, that no verified and unexpired document or waiver meets on `day`."""
    return ["/".join(req) for req in case.evidence.requirements if not _met(case, req, day)]


def _met(case: Case, requirement: tuple[str, ...], day: str) -> bool:
    if set(requirement) & case.evidence.waived:
        return True
    return any(doc.doc_type in requirement and doc.stands(day) for doc in case.evidence.documents)


def expired_since(case: Case, day: str) -> tuple[Document, ...]:
    """Documents that were good, have expired by `day`, and leave a requirement unmet."""
    needed = {code for one_of in case.evidence.requirements if not _met(case, one_of, day) for code in one_of}
    return tuple(
        doc
        for doc in case.evidence.documents
        if doc.doc_type in needed and doc.expired(day) and doc.standing in {"passed", "accepted", "on_file"}
    )


def to_check(case: Case) -> tuple[Document, ...]:
    """The documents the machine has not read yet."""
    return tuple(doc for doc in case.evidence.documents if doc.standing == "received" and not doc.asked_anew)


def record_checks(case: Case, command: RecordChecks, asked: Asked, policy: Policy) -> tuple[Event, ...] | Refused:
    """What the machine found: a clear failure goes back to the merchant item by item, a doubt goes to a person.

    What a document makes necessary besides (a minor's needs a guardian's) is asked for, and required from then on.
    """
    known = {doc.document_id: doc for doc in to_check(case)}
    results = tuple(result for result in command.documents if result.document_id in known)
    found = tuple(DocumentChecked(r.document_id, r.outcome, r.findings, r.valid_until) for r in results)
    told_of = [r for r in results if not policy.never_lists(known[r.document_id].doc_type)]
    failed = [(known[r.document_id], r) for r in told_of if r.outcome == "failed"]
    owed = dict.fromkeys(code for result in results for code in result.owed if not _in_hand(case, code, policy))
    if failed or owed:
        items = tuple(SupplementItem(doc.doc_type, _why(result)) for doc, result in failed)
        items = (*items, *(SupplementItem(code, _OWED.get(code, _ALSO_NEEDED)) for code in owed))
        dues = deadlines.for_supplement(policy, asked.at)
        return (*found, SupplementRequested(items, counted=False, round=case.evidence.rounds, dues=dues))
    dues = (*deadlines.for_review(policy, 1, asked.at), *deadlines.for_promise(policy, case, asked.at))
    return (*found, ChecksPassed(dues))


_OWED = {
    "D17": Text(
        "持证人未满18周岁，请提供监护人身份证及关系证明。",
        "The holder is under 18: please send a guardian's identity card and proof of the relation.",
    )
}
_ALSO_NEEDED = Text("另需提供此材料。", "This document is needed, too.")


def _in_hand(case: Case, doc_type: str, policy: Policy) -> bool:
    """Whether there is nothing to ask for: it was filed or waived, or merchants are never told of it."""
    if doc_type not in policy.documents or policy.never_lists(doc_type) or doc_type in case.evidence.waived:
        return True
    filed = [doc for doc in case.evidence.documents if doc.doc_type == doc_type and not doc.asked_anew]
    return any(doc.standing != "rejected" for doc in filed)


def _why(result: CheckedDocument) -> Text:
    if not result.findings:
        return Text("材料未通过自动核验。", "The document did not pass the automatic check.")
    return Text("".join(f.zh for f in result.findings), " ".join(f.en for f in result.findings))


def defer_checks(asked: Asked, policy: Policy) -> tuple[Event, ...]:
    return (CheckDeferred(deadlines.for_manual_check(policy, asked.at)),)


def resume_checks(case: Case, asked: Asked, policy: Policy) -> tuple[Event, ...]:
    dues = (*deadlines.for_auto_check(policy, asked.at), *deadlines.for_promise(policy, case, asked.at))
    return (CheckResumed(dues),)


def judge_document(case: Case, command: JudgeDocument, asked: Asked, policy: Policy) -> tuple[Event, ...] | Refused:
    refused = four_eyes(case, asked, policy)
    if refused:
        return refused
    document = case.document(command.document_id)
    if document is None:
        return refuse("document-unknown", document_id=command.document_id)
    return (DocumentJudged(command.document_id, command.verdict, command.reason),)


def waive(case: Case, command: Waive, asked: Asked, policy: Policy) -> tuple[Event, ...] | Refused:
    """A requirement is let go; the case then needs four eyes."""
    refused = four_eyes(case, asked, policy)
    if refused:
        return refused
    if not any(command.doc_type in requirement for requirement in case.evidence.requirements):
        return refuse("not-required", doc_type=command.doc_type)
    return (RequirementWaived(command.doc_type, command.reason),)


def request_supplement(
    case: Case, command: RequestSupplement, asked: Asked, policy: Policy
) -> tuple[Event, ...] | Refused:
    """A reviewer asks for documents anew: three rounds at most, and one more when the compliance head allows it."""
    refused = four_eyes(case, asked, policy)
    if refused:
        return refused
    rounds, most = case.evidence.rounds, policy.timers.supplement_rounds
    if rounds > most or (rounds == most and not asked.by.has("compliance_head")):
        return refuse("rounds-exhausted", rounds=rounds)
    told_of = {code for code in policy.documents if not policy.never_lists(code)}
    unknown = sorted({item.doc_type for item in command.items} - told_of)
    if unknown:
        return refuse("not-required", doc_type=", ".join(unknown))
    dues = deadlines.for_supplement(policy, asked.at)
    return (SupplementRequested(command.items, counted=True, round=rounds + 1, dues=dues),)
