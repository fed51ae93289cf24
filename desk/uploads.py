"""Documents coming in: counted while they arrive, judged by their bytes, stored sealed, then put into the case.

Whatever is refused leaves nothing behind: no event, no row, no file.
"""

from __future__ import annotations

import hashlib
import json
from base64 import b32encode
from dataclasses import asdict, dataclass

from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.requests import ClientDisconnect, Request
from starlette.types import Message, Receive

from desk import problems
from desk.access import is_merchant_side
from desk.commands import Outcome, check, give
from desk.context import Desk
from desk.histories import Told
from desk.papers import UnacceptableFileError, judge
from desk.problems import FieldError, Problem
from desk.routes import MOST_DRAINED
from domain.actors import Actor
from domain.events import FiledDocument
from domain.policy import Policy
from domain.text import Text
from journal.connections import UNWRITABLE
from journal.parties import subject_of

FORM_ROOM = 64 * 1024
"""Bytes of a form beside the file itself."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it came: its document type, name and claimed media type."""

    doc_type: str
    content: bytes
    filename: str
    claimed_type: str

    @property
    def digest(self) -> str:
        """What an Idempotency-Key is bound to: a form's own bytes differ at every try."""
        facts = json.dumps([self.doc_type, hashlib.sha256(self.content).hexdigest()])
        return hashlib.sha256(facts.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Filed:
    """A stored document, and what the case made of it."""

    document: FiledDocument
    outcome: Outcome


async def receive(request: Request, actor: Actor, policy: Policy) -> Upload:
    """Reads the form. Raises the 413 problem for one that is too large, 422 for one that is not what we need."""
    most = policy.limits.document_most_bytes
    counted = _Counted(request.receive, most + FORM_ROOM)
    try:
        form = await Request(request.scope, counted).form(max_files=1, max_fields=8, max_part_size=FORM_ROOM)
    except (_TooLargeError, ClientDisconnect):
        raise problems.too_large(most) from None
    except (MultiPartException, HTTPException) as error:
        why = str(getattr(error, "message", None) or getattr(error, "detail", error))
        raise problems.field_error("body", f"不是有效的表单:{why}", f"This is not a multipart form: {why}") from None
    try:
        return await _read(form, actor, policy)
    finally:
        await form.close()


async def _read(form: FormData, actor: Actor, policy: Policy) -> Upload:
    wrong = [
        FieldError(name, Text("不认识的字段,请删除", "This field is not known here; leave it out"))
        for name in form
        if name not in {"type", "file"}
    ]
    doc_type, file = form.get("type"), form.get("file")
    known = isinstance(doc_type, str) and doc_type in policy.documents
    if not known or (is_merchant_side(actor) and policy.never_lists(str(doc_type))):
        codes = ", ".join(code for code in policy.documents if not policy.never_lists(code))
        wrong.append(FieldError("type", Text(f"须为材料代码之一:{codes}", f"It must be one of: {codes}")))
    if not isinstance(file, UploadFile):
        wrong.append(FieldError("file", Text("缺少文件,请附上", "The file is missing; attach it")))
    if wrong or not isinstance(file, UploadFile):
        raise problems.invalid(wrong)
    content = await file.read(policy.limits.document_most_bytes + 1)
    if len(content) > policy.limits.document_most_bytes:
        raise problems.too_large(policy.limits.document_most_bytes)
    return Upload(str(doc_type), content, file.filename or "", file.content_type or "")


async def file_document(desk: Desk, actor: Actor, told: Told, upload: Upload, command_id: str) -> Filed:
    """Judges and stores a document and puts it into the case. Raises the problem of a refusal, nothing kept."""
    try:
        media_type = await judge(upload.content, filename=upload.filename, claimed_type=upload.claimed_type)
    except UnacceptableFileError as error:
        raise _unacceptable(error) from None
    name = hashlib.sha256(f"document {command_id}".encode()).digest()
    document = FiledDocument(
        document_id=f"DOC-{b32encode(name).decode()[:20].lower()}",
        doc_type=upload.doc_type,
        sha256=hashlib.sha256(upload.content).hexdigest(),
        media_type=media_type,
    )
    fields = {"document": asdict(document)}
    await check(desk, actor, told, "add_document", fields, command_id=command_id)
    await desk.files.put(document.document_id, subject_of(told.case.merchant_no), upload.content)
    try:
        outcome = await give(desk, actor, told, "add_document", fields, seen=None, command_id=command_id)
    except (Problem, *UNWRITABLE):
        await desk.files.delete(document.document_id)
        raise
    return Filed(document, outcome)


def _unacceptable(error: UnacceptableFileError) -> Problem:
    text = Text(f"{error.text.zh}({error.code})", f"{error.text.en} ({error.code})")
    return problems.invalid([FieldError("file", text)])


class _TooLargeError(Exception):
    pass


class _Counted:
    """The body's parts as they arrive. More than `most` ends the form; the rest is read and dropped, so that the
    sender, who writes before they read, hears why."""

    def __init__(self, receive_: Receive, most: int) -> None:
        self._receive, self._most, self._size = receive_, most, 0

    async def __call__(self) -> Message:
        message = await self._receive()
        self._size += len(message.get("body", b""))
        if self._size > self._most:
            while message.get("more_body") and self._size < MOST_DRAINED:
                message = await self._receive()
                self._size += len(message.get("body", b""))
            raise _TooLargeError
        return message
