"""The calls of the document service, and the app they make up."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Annotated

import structlog
from fastapi import APIRouter, FastAPI, Form, Request, UploadFile
from pydantic import ValidationError
from starlette.responses import Response

from partners.documents import files, kinds, legibility, readers, registry, reuse
from partners.documents.body_limit import BodyLimit
from partners.documents.checks import Check, OnFile, Reading, verdict_of
from partners.documents.files import Inspection, Unacceptable
from partners.documents.forms import DocType, InspectionForm, LegibilityForm, OnFileForm, ReusedFrom, Verification
from partners.documents.ocr import Page
from partners.documents.slot import Slot, SlotBusy, SlotDown, Unreadable
from partners.kit import Connection, Effect, Here, Partner, Queries, Refusal, Settings, partner_app, refusals

DESCRIPTION = """
A stand-in for a document verification service.

`POST /inspections` says whether a file may be opened at all. `POST /verifications` reads it, too: a paper is `failed`
only on a clear contradiction, `passed` when everything needed was read with confidence and fits, else `unsure`.
"""

SQL = Queries(Path(__file__).with_name("queries.sql"))

routes = APIRouter(tags=["documents"])
log = structlog.get_logger("partners.documents")


@dataclass(frozen=True, slots=True)
class Seen:
    """What was read of a file, the kind of paper it looks like, and the share of it that is legible."""

    reading: Reading
    looks_like: str | None = None
    legibility: float = 0.0
    pages: tuple[Page, ...] = ()


@routes.post(
    "/inspections",
    response_model=InspectionForm,
    responses=refusals(422),
    summary="Whether a file is what it says it is, and safe to open",
)
async def inspect(file: UploadFile, request: Request) -> InspectionForm:
    """Refused with `disguised`, `encrypted`, `broken`, `bomb`, `empty`, `unsupported` or `too-large`."""
    inspected = await _inspected(request, file, await file.read())
    return InspectionForm(**asdict(inspected))


@routes.post(
    "/legibility",
    response_model=LegibilityForm,
    responses=refusals(422, 503),
    summary="Whether a paper can be read, said at once",
)
async def look(file: UploadFile, request: Request) -> LegibilityForm:
    """For whoever has just taken a picture and can still take a better one. Nothing is kept or compared."""
    data = await file.read()
    inspected = await _inspected(request, file, data)
    try:
        pages = await _pages(request.app.state.slot, data, inspected)
    except Unreadable:
        pages = ()
    check = legibility.judge(pages)
    return LegibilityForm(
        legibility=legibility.share(pages), hindrance=legibility.hindrance(pages), zh=check.zh, en=check.en
    )


@routes.post(
    "/verifications",
    response_model=Verification,
    responses=refusals(409, 422, 503),
    summary="Read a paper and compare it with what is on file",
)
async def verify(
    file: UploadFile,
    doc_type: Annotated[DocType, Form()],
    on_file: Annotated[str, Form(description="JSON: see OnFileForm", max_length=200_000)],
    effect: Effect,
    request: Request,
    here: Here,
) -> Response:
    """A repeat under the same key gets the first answer. 503 `busy` or `reader-down`: come again under that key."""
    known = _on_file(on_file)
    data = await file.read()
    inspected = await _inspected(request, file, data)
    seen = Seen(Reading((), ()))
    if not await _stands(here, effect.key):
        async with here.connection() as connection:
            on_record = replace(known.on_file(), registered=await registry.registered(connection, known.uscc))
        seen = await _read(request.app.state.slot, data, inspected, doc_type, on_record)

    async def work(connection: Connection) -> Verification:
        reused = await _note_seen(connection, inspected.sha256, known.merchant_no, doc_type)
        content = await reuse.note(connection, doc_type, known.merchant_no, seen.reading.fields, seen.pages)
        reading = replace(seen.reading, checks=(*content, *seen.reading.checks))
        return _answer(inspected, replace(seen, reading=reading), reused)

    asked = {"sha256": inspected.sha256, "doc_type": doc_type, "on_file": known.model_dump(mode="json")}
    return await effect.once("verification", asked, work, status=200)


def app(settings: Settings) -> FastAPI:
    """The document service as an app; its OCR process starts with it and is ready a few seconds later."""
    slot, opener = Slot(), ThreadPoolExecutor(1, thread_name_prefix="opener")

    @asynccontextmanager
    async def reading(partner: Partner) -> AsyncGenerator[None]:
        partner.waiting_for = "the OCR models"
        warming = asyncio.create_task(_warm(slot, partner))
        try:
            yield
        finally:
            warming.cancel()
            with suppress(asyncio.CancelledError):
                await warming
            await slot.stop()
            opener.shutdown()

    made = partner_app(
        "documents",
        settings,
        title="Document verification",
        description=DESCRIPTION,
        schema=Path(__file__).with_name("schema.sql"),
        routes=routes,
        lifespan=reading,
    )
    made.include_router(registry.routes)
    made.state.slot, made.state.opener = slot, opener
    made.add_middleware(BodyLimit, most=files.MAX_BYTES + 64 * 1024)
    return made


async def _warm(slot: Slot, partner: Partner) -> None:
    """Load the models beside the calls; until then `/healthz` says what is waited for."""
    while partner.waiting_for:
        try:
            await slot.start()
            partner.waiting_for = None
        except SlotDown:
            log.warning("ocr-does-not-start")
            await asyncio.sleep(2)


async def _inspected(request: Request, file: UploadFile, data: bytes) -> Inspection:
    """The file's inspection, made in the one thread that opens files; Refusal 422 with the code of what is wrong."""
    opener: ThreadPoolExecutor = request.app.state.opener
    loop = asyncio.get_running_loop()
    try:
        return await loop.run_in_executor(
            opener, lambda: files.inspect(data, filename=file.filename or "", claimed_type=file.content_type or "")
        )
    except Unacceptable as error:
        raise Refusal(422, error.code, str(error)) from error


def _on_file(text: str) -> OnFileForm:
    try:
        return OnFileForm.model_validate_json(text)
    except ValidationError as error:
        named = sorted({".".join(map(str, each["loc"])) or "on_file" for each in error.errors()})
        raise Refusal(422, "invalid", f"on_file is not what this call takes: {', '.join(named)}") from error


async def _stands(here: Partner, key: str) -> bool:
    """Whether the key has been answered: then its paper is not read again."""
    async with here.connection() as connection:
        return await (await connection.execute(SQL["effect_stands"], {"key": key})).fetchone() is not None


async def _read(slot: Slot, data: bytes, inspected: Inspection, doc_type: str, known: OnFile) -> Seen:
    if doc_type not in readers.READERS:
        check = Check("needs_a_person", "unsure", "此类材料由审核人员判断", "A reviewer judges papers of this kind")
        return Seen(Reading((), (check,)))
    try:
        pages = await _pages(slot, data, inspected)
    except Unreadable as error:
        log.warning("unreadable", doc_type=doc_type, error=str(error))
        check = Check(
            "readable", "unsure", "无法识别文件内容，需人工查看", "The file could not be read; a person must look"
        )
        return Seen(Reading((), (check,)))
    reading = readers.read(doc_type, pages, known)
    if inspected.pages > len(pages):
        zh, en = f"仅识别了前{len(pages)}页", f"Only the first {len(pages)} pages were read"
        reading = replace(reading, checks=(*reading.checks, Check("pages_unread", "unsure", zh, en)))
    return Seen(reading, kinds.looks_like(pages), legibility.share(pages), pages)


async def _pages(slot: Slot, data: bytes, inspected: Inspection) -> tuple[Page, ...]:
    """What is printed. Refusal 503 while the reader has no time; Unreadable."""
    try:
        return tuple(await slot.read(data, inspected.media_type))
    except SlotBusy as error:
        raise Refusal(503, "busy", "Too many papers wait to be read; come again under the same key.") from error
    except SlotDown as error:
        raise Refusal(503, "reader-down", "The reader does not start; come again under the same key.") from error


async def _note_seen(connection: Connection, sha256: str, merchant_no: str, doc_type: str) -> ReusedFrom | None:
    values = {"sha256": sha256, "merchant_no": merchant_no, "doc_type": doc_type}
    await connection.execute(SQL["one_at_a_time"], values)
    await connection.execute(SQL["note_seen"], values)
    row = await (await connection.execute(SQL["seen_elsewhere"], values)).fetchone()
    if row is None:
        return None
    return ReusedFrom(merchant_no_masked=_masked(row["merchant_no"]), first_seen=row["first_seen"])


def _masked(merchant_no: str) -> str:
    """The first three and last two characters, the rest as stars; nothing but stars of a short one."""
    if len(merchant_no) < 8:
        return "*" * len(merchant_no)
    return merchant_no[:3] + "*" * (len(merchant_no) - 5) + merchant_no[-2:]


def _answer(inspected: Inspection, seen: Seen, reused: ReusedFrom | None) -> Verification:
    reading = seen.reading
    if reused is None:
        reuse = Check("not_used_elsewhere", "pass", "未见其他商户使用同一文件", "No other merchant has sent this file")
    else:
        reuse = Check(
            "not_used_elsewhere", "fail", "另一商户已提交过同一文件", "Another merchant has sent the same file before"
        )
    sound = Check("file_sound", "pass", "文件完好，类型属实", "The file is sound and of the kind it claims to be")
    checks = (sound, reuse, *reading.checks)
    return Verification.model_validate(
        {
            "document_sha256": inspected.sha256,
            "media_type": inspected.media_type,
            "pages": inspected.pages,
            "verdict": verdict_of(checks),
            "fields": [asdict(field) for field in reading.fields],
            "checks": [asdict(check) for check in checks],
            "valid_until": reading.valid_until,
            "reused_from": reused,
            "looks_like": seen.looks_like,
            "legibility": seen.legibility,
            "owed": list(reading.owed),
        }
    )
