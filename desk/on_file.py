"""What a merchant has already proved: documents verified in earlier cases that still stand today.

Source: spec README: a document verified within 12 months and unexpired satisfies a requirement (`on_file`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from desk.context import Desk
from desk.histories import Told, tell
from domain.business_time import local_date, parse_time
from domain.case import Document
from domain.events import DocumentChecked, DocumentJudged, Event, FiledDocument
from domain.policy import Policy
from domain.wire import decode
from journal.cases import Filters

MOST_CASES = 50
"""The newest cases of a merchant that are looked through."""

AUTHORIZATION = "D10"
"""The paper by which a merchant lets an agent act for it."""


@dataclass(frozen=True, slots=True)
class _Verified:
    on: str
    document: FiledDocument


async def on_file(desk: Desk, told: Told) -> tuple[FiledDocument, ...]:
    """The newest standing document of each reusable type from the merchant's other cases."""
    case, policy = told.case, told.policy
    today = local_date(desk.clock())
    since = policy.on_file_from(today).isoformat()
    page = await desk.cases.page(Filters(merchant_no=case.merchant_no), limit=MOST_CASES)
    newest: dict[str, _Verified] = {}
    for row in page.items:
        other = await tell(desk, row.case_id) if row.case_id != case.case_id else None
        for verified in _standing(other, policy, today.isoformat()) if other else ():
            best = newest.get(verified.document.doc_type)
            if verified.on >= since and (best is None or best.on < verified.on):
                newest[verified.document.doc_type] = verified
    return tuple(verified.document for _, verified in sorted(newest.items()))


async def authorized(desk: Desk, merchant_no: str, document_id: str) -> bool:
    """Whether this is an authorization (D10) in one of the merchant's cases that was found good and stands today.

    One that was rejected in any of them does not count.
    """
    today, cursor = local_date(desk.clock()).isoformat(), None
    found: list[Document] = []
    while True:
        page = await desk.cases.page(Filters(merchant_no=merchant_no), cursor, MOST_CASES)
        for told in [await tell(desk, row.case_id) for row in page.items]:
            document = told.case.document(document_id) if told else None
            found += [document] if document and document.doc_type == AUTHORIZATION else []
        cursor = page.cursor
        if cursor is None:
            break
    refused = any(document.standing in {"rejected", "failed"} for document in found)
    return not refused and any(document.stands(today) for document in found)


def _standing(told: Told, policy: Policy, today: str) -> Iterable[_Verified]:
    verified = _verified_on(told)
    for document in told.case.evidence.documents:
        kind = policy.documents.get(document.doc_type)
        day = verified.get(document.document_id)
        if kind and kind.reusable and day and document.standing != "on_file" and document.stands(today):
            yield _Verified(day, _as_filed(document))


def _as_filed(document: Document) -> FiledDocument:
    return replace(document.filed, valid_until=document.valid_until)


def _verified_on(told: Told) -> dict[str, str]:
    """For each document, the day in Shanghai on which it was last found good."""
    days: dict[str, str] = {}
    for entry in told.entries:
        if entry.type in {"DocumentChecked", "DocumentJudged"}:
            document_id = _found_good(decode(entry.type, entry.form, entry.data))
            if document_id:
                days[document_id] = local_date(parse_time(entry.occurred_at)).isoformat()
    return days


def _found_good(event: Event) -> str | None:
    match event:
        case DocumentChecked(outcome="passed"):
            return event.document_id
        case DocumentJudged(verdict="accept"):
            return event.document_id
        case _:
            return None
