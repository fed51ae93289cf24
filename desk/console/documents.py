"""A case's documents for people: filing them, and looking at them page by page."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request
from starlette.responses import Response

from desk import problems
from desk.access import allow
from desk.api.documents import READERS, get_document
from desk.console import pages, preview
from desk.console.calls import RefusedError
from desk.console.casefacts import gather
from desk.console.cases import again, fresh_key, to_case
from desk.console.forms import Attempt
from desk.console.visits import Form, PageRoute, TheVisit, Visit, check_origin, check_secret
from desk.histories import find
from desk.masking import FULL_VIEW
from journal.files import NoSuchFileError
from journal.readings import Readings
from journal.vault import ForgottenError, NoSuchRecordError

router = APIRouter(route_class=PageRoute, include_in_schema=False)

BEGIN = 2048
"""Bytes of an upload in which its type is looked for: it comes before the file."""
_TYPE = re.compile(rb'name="type"\r\n\r\n(D[0-9]{2})\r\n')


async def own_upload(request: Request, visit: TheVisit, case_id: str, token: str = "") -> Visit:
    """The visit of someone whose upload comes from one of our pages. Raises the 403 problem for any other."""
    check_origin(request)
    check_secret(token, visit.upload_token(case_id))
    return visit


@router.post("/cases/{case_id}/documents")
async def post_document(
    request: Request, visit: Annotated[Visit, Depends(own_upload)], case_id: str, key: str = ""
) -> Response:
    content_type = request.headers.get("content-type", "")
    path = f"/api/v1/cases/{case_id}/documents" + ("?legibility=true" if visit.outside else "")
    passed_on = PassedOn(request.stream())
    try:
        answer = await visit.calls.upload(path, passed_on.chunks(), content_type, key=key or fresh_key())
    except RefusedError as refusal:
        return await again(visit, Form({"type": (passed_on.doc_type,)}), case_id, "add_document", refusal)
    return to_case(visit, case_id, "add_document", answer)


class PassedOn:
    """An upload's body as it is passed on, and the type of paper that its first field named."""

    def __init__(self, body: AsyncIterator[bytes]) -> None:
        self._body, self._begin = body, b""

    async def chunks(self) -> AsyncIterator[bytes]:
        async for chunk in self._body:
            if len(self._begin) < BEGIN:
                self._begin += chunk[:BEGIN]
            yield chunk

    @property
    def doc_type(self) -> str:
        """`D06`; nothing when none was named before the file."""
        named = _TYPE.search(self._begin)
        return named.group(1).decode() if named else ""


@router.get("/cases/{case_id}/documents/{document_id}")
async def get_viewer(visit: TheVisit, case_id: str, document_id: str) -> Response:
    """A document on a page of its own: its pages, what the machine found, and the reviewer's verdict."""
    return await viewer_page(visit, case_id, document_id)


async def viewer_page(visit: Visit, case_id: str, document_id: str, attempt: Attempt | None = None) -> Response:
    allow(visit.actor, "read a document", *READERS)
    facts = await gather(visit, case_id, attempt)
    papers = [paper for line in facts.wanted for paper in line.papers] + facts.others
    paper = next((paper for paper in papers if paper.document_id == document_id), None)
    if paper is None:
        raise _no_document(document_id)
    return pages.page(
        visit.request,
        visit,
        "document.html",
        page=facts,
        case=facts.view,
        policy=facts.policy,
        facts_paper=paper,
        count=await page_count_of(visit, document_id, paper.media_type),
        reading=await reading_of(visit, document_id),
        attempt=attempt,
        fresh_key=fresh_key,
    )


async def page_count_of(visit: Visit, document_id: str, media_type: str) -> int:
    """How many pages there are to look at; 0 when the document was erased."""
    if media_type != "application/pdf":
        return 1
    try:
        return await preview.page_count(await visit.desk.files.get(document_id), media_type)
    except (NoSuchFileError, ForgottenError):
        return 0


async def reading_of(visit: Visit, document_id: str) -> dict[str, Any] | None:
    """What the machine read, for those who judge it."""
    if visit.outside or not visit.may(*FULL_VIEW):
        return None
    try:
        return await Readings(visit.desk.pool, visit.desk.vault).get(document_id)
    except (ForgottenError, NoSuchRecordError):
        return None


@router.get("/cases/{case_id}/documents/{document_id}/pages/{number}")
async def get_picture(
    visit: TheVisit, case_id: str, document_id: str, number: Annotated[int, Path(ge=1, le=10_000)]
) -> Response:
    """A page of a document as a picture. Each look is recorded."""
    told = await find(visit.desk, visit.actor, case_id)
    original = await get_document(document_id, told, visit.actor, visit.desk)
    try:
        drawn = await preview.picture(bytes(original.body), original.media_type or "", number)
    except preview.NoSuchPageError:
        raise _no_document(f"{document_id} ({number})") from None
    return Response(drawn, media_type="image/jpeg", headers=pages.HEADERS)


def _no_document(document_id: str) -> problems.Problem:
    return problems.not_found(f"没有材料 {document_id}。", f"There is no document {document_id}.")
