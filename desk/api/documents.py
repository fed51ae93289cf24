"""A case's documents: filed, and shown to those who may see them."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response

from desk import problems
from desk.access import Caller, TheDesk, allow, is_merchant_side
from desk.api.cases import TheCase
from desk.api.commands import answered
from desk.commands import Stored
from desk.legible import hindrance_to
from desk.looks import Look, record_look
from desk.papers import KINDS
from desk.public import document_shown
from desk.purposes import Purpose
from desk.routes import UploadRoute, command_id, once
from desk.uploads import Upload, file_document, receive
from domain.commands import PEOPLES
from journal.files import NoSuchFileError
from journal.vault import ForgottenError

router = APIRouter(prefix="/api/v1/cases/{case_id}/documents", tags=["documents"], route_class=UploadRoute)

READERS = ("officer", "reviewer", "supervisor", "compliance_head", "auditor", "merchant", "agent")
"""Who may look at papers: not engineers and robots, whose work needs none."""

_FORM: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["type", "file"],
                    "additionalProperties": False,
                    "properties": {
                        "type": {"type": "string", "pattern": "^D[0-9]{2}$", "examples": ["D01"]},
                        "file": {"type": "string", "format": "binary"},
                    },
                }
            }
        },
    }
}

_CONTENT: dict[int | str, dict[str, Any]] = {200: {"content": {kind: {} for kind in KINDS}}}


def may_file(actor: Caller) -> None:
    """Raises the 403 problem for someone who files no documents."""
    allow(actor, "add_document", *PEOPLES["add_document"].roles)


@router.post("", status_code=201, summary="File a document", openapi_extra=_FORM, dependencies=[Depends(may_file)])
async def post_document(
    told: TheCase, actor: Caller, request: Request, desk: TheDesk, legibility: bool = False
) -> Response:
    """201 with its id. A file that is disguised, broken, locked or too large is refused and nothing is kept.

    With `legibility=true` the answer also says at once what keeps the paper from being read (`hindrance`: dark,
    blurred, no_print, unclear; null for nothing, or while nobody can say)."""
    upload = await receive(request, actor, told.policy)
    return await once(desk, request, upload.digest, lambda: _file(told, actor, request, desk, upload, legibility))


async def _file(
    told: TheCase, actor: Caller, request: Request, desk: TheDesk, upload: Upload, legibility: bool
) -> Response:
    filed = await file_document(desk, actor, told, upload, command_id(request, upload.digest.encode()))
    state = "stored" if isinstance(filed.outcome, Stored) else "received"
    facts: dict[str, Any] = {"document_id": filed.document.document_id, "sha256": filed.document.sha256, "state": state}
    if legibility:
        facts["hindrance"] = await hindrance_to(desk, upload.doc_type, upload.content)
    return answered(filed.outcome, 201, facts)


@router.get("/{document_id}", summary="A document's content", response_class=Response, responses=_CONTENT)
async def get_document(
    document_id: str,
    told: TheCase,
    actor: Caller,
    desk: TheDesk,
    purpose: Annotated[Purpose | None, Query()] = None,
) -> Response:
    """Each look is recorded with its purpose: work on this case (of an auditor: an audit), unless `purpose` says
    another. 410 for one whose content was erased."""
    allow(actor, "read a document", *READERS)
    document = told.case.document(document_id)
    hidden = document and is_merchant_side(actor) and not document_shown(document, told.policy, actor.name)
    if document is None or hidden:
        raise _no_document(document_id)
    try:
        content = await desk.files.get(document_id)
        await record_look(desk, actor, told.case.merchant_no, _look(actor, told.case.case_id, document_id, purpose))
    except NoSuchFileError:
        raise _no_document(document_id) from None
    except ForgottenError:
        raise problems.erased() from None
    ending = document.filed.media_type.rpartition("/")[2]
    headers = {
        "content-disposition": f'attachment; filename="{document.doc_type}-{document_id}.{ending}"',
        "content-security-policy": "sandbox; default-src 'none'",
        "x-content-type-options": "nosniff",
        "cache-control": "private, no-store",
    }
    return Response(content, media_type=document.filed.media_type, headers=headers)


def _look(actor: Caller, case_id: str, document_id: str, purpose: Purpose | None) -> Look:
    usual: Purpose = "audit" if actor.has("auditor") else "case_work"
    return Look(document_id, purpose or usual, case_id)


def _no_document(document_id: str) -> problems.Problem:
    return problems.not_found(f"没有材料 {document_id}。", f"There is no document {document_id}.")
