"""The report on everything held about someone: their data, papers, cases, notices, who looked at it and why, and how
long it is kept.

It is what the law lets the person ask for, so it says only what the person may be told: a hidden reason shows as the
routine review it is told as, papers and notes that are kept from merchants stay out, and staff by their role alone.
The internal report has all of it.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from psycopg.rows import dict_row

from desk.console.formats import local
from desk.console.words import words
from desk.context import Desk
from desk.histories import Told, tell
from desk.looks import looks_at
from desk.public import actor_shown, code_shown, document_shown
from desk.purposes import PURPOSES
from domain.business_time import format_time, local_date
from domain.events import MessageRecorded, NoticeSent
from domain.retention import Retention, due_on, obstacles
from domain.wire import decode
from journal.cases import Filters
from journal.parties import Merchant
from journal.privacy import SQL
from journal.vault import ForgottenError

FORM = "thaw-personal-data/1"
TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True, slots=True)
class Report:
    """What a report is made for, by whom (`role:name`; None for the person themselves), and whether it tells all."""

    purpose: str
    by: str | None
    internal: bool = False


async def gather(desk: Desk, merchant: Merchant, asked: Report, schedule: Retention) -> dict[str, Any]:
    """The report as data."""
    told = [each async for each in _cases(desk, merchant.merchant_no)]
    hidden = frozenset() if asked.internal else frozenset(_hidden(told))
    at = await desk.erasing.erased_at(merchant.merchant_no)
    return {
        "form": FORM,
        "subject": merchant.subject,
        "made_at": desk.now(),
        "made_by": asked.by if asked.internal else None,
        "purpose": asked.purpose,
        "internal": asked.internal,
        "erased_at": format_time(at) if at else None,
        "registered": {
            "merchant_no": merchant.merchant_no,
            "merchant_type": merchant.merchant_type,
            "mcc": merchant.mcc,
            "terminals": [asdict(each) for each in await desk.registry.terminals_of(merchant.merchant_no)],
        },
        "records": await _records(desk, merchant, hidden, internal=asked.internal),
        "documents": await _documents(desk, merchant, told, hidden),
        "cases": [_case(each, internal=asked.internal) for each in told],
        "log_ins": await _log_ins(desk, merchant.merchant_no),
        "looks": await _looks(desk, merchant.merchant_no, hidden, internal=asked.internal),
        "retention": await _retention(desk, merchant, schedule, erased=at is not None, internal=asked.internal),
    }


def packed(report: Mapping[str, Any]) -> bytes:
    """A zip file with `report.json` and `report.html`."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("report.json", json.dumps(report, ensure_ascii=False, indent=2))
        file.writestr("report.html", page(report))
    return out.getvalue()


def page(report: Mapping[str, Any]) -> str:
    """The report for people, Chinese and English side by side; it asks nothing of any network."""
    return _environment().get_template("report.html").render(report=report, purposes=PURPOSES)


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals["both"] = _both
    made.filters["local"] = local
    return made


def _both(group: str, key: str) -> str:
    """What a key is called in both languages; itself where it has no name."""
    text = words(group).get(key)
    return f"{text.zh} · {text.en}" if text else key


async def _cases(desk: Desk, merchant_no: str) -> AsyncIterator[Told]:
    cursor = None
    while True:
        listed = await desk.cases.page(Filters(merchant_no=merchant_no), cursor, 200)
        for row in listed.items:
            told = await tell(desk, row.case_id)
            if told is not None:
                yield told
        cursor = listed.cursor
        if cursor is None:
            return


def _hidden(told: Iterable[Told]) -> Iterable[str]:
    """The documents and the references of messages that the person is not told of."""
    for each in told:
        for document in each.case.evidence.documents:
            if not document_shown(document, each.policy, ""):
                yield document.document_id
        for entry in each.entries:
            event = decode(entry.type, entry.form, entry.data) if entry.type == "MessageRecorded" else None
            if isinstance(event, MessageRecorded) and event.audience != "merchant":
                yield event.text_ref


STAFFS_OWN = frozenset({"look_note", "contact_note"})
"""What staff wrote for each other about a person; it might tip someone off."""


async def _rows(desk: Desk, statement: str, **asked: Any) -> list[dict[str, Any]]:
    async with desk.pool.connection() as connection, connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(SQL[statement], asked)
        rows: list[dict[str, Any]] = await cursor.fetchall()
        return rows


async def _records(desk: Desk, merchant: Merchant, hidden: frozenset[str], *, internal: bool) -> list[dict[str, Any]]:
    rows = await _rows(desk, "records_of", subject=merchant.subject)
    read_from = {row["ref"]: row["document_id"] for row in await _rows(desk, "readings_of", subject=merchant.subject)}
    rows = [row for row in rows if internal or (row["ref"] not in hidden and row["kind"] not in STAFFS_OWN)]
    rows = [row for row in rows if not (row["kind"] == "document_reading" and _from_hidden(row, read_from, hidden))]
    try:
        data = await desk.vault.get_many([row["ref"] for row in rows])
    except ForgottenError:
        data = {}
    return [
        {
            "ref": row["ref"],
            "kind": row["kind"],
            "created_at": format_time(row["created_at"]),
            "data": data.get(row["ref"]),
        }
        for row in rows
    ]


def _from_hidden(row: Mapping[str, Any], read_from: Mapping[str, str], hidden: frozenset[str]) -> bool:
    """Whether a reading is of a hidden paper; one that a newer took the place of is not known to be of any."""
    return bool(hidden) and read_from.get(row["ref"]) in {*hidden, None}


async def _documents(
    desk: Desk, merchant: Merchant, told: Iterable[Told], hidden: frozenset[str]
) -> list[dict[str, Any]]:
    filed = {
        document.document_id: (each.case.case_id, document)
        for each in told
        for document in each.case.evidence.documents
        if document.standing != "on_file"
    }
    titles = {code: f"{kind.title.zh} · {kind.title.en}" for code, kind in desk.policy.documents.items()}
    listed = []
    for row in await _rows(desk, "files_of", subject=merchant.subject):
        if row["document_id"] in hidden:
            continue
        case_id, document = filed.get(row["document_id"], (None, None))
        listed.append(
            {
                "document_id": row["document_id"],
                "type": document.doc_type if document else None,
                "title": titles.get(document.doc_type) if document else None,
                "case_id": case_id,
                "sha256": row["sha256"],
                "size": row["size"],
                "stored_at": format_time(row["stored_at"]),
                "removed_at": format_time(row["removed_at"]) if row["removed_at"] else None,
            }
        )
    return listed


def _case(told: Told, *, internal: bool) -> dict[str, Any]:
    case, policy = told.case, told.policy
    reason = policy.reasons[case.reason_code] if internal else policy.public_reason(case.reason_code)
    return {
        "case_id": case.case_id,
        "terminal_sn": case.terminal_sn,
        "reason_code": case.reason_code if internal else code_shown(policy, case.reason_code),
        "reason_zh": reason.title.zh if internal else reason.merchant_text.zh,
        "reason_en": reason.title.en if internal else reason.merchant_text.en,
        "status": case.status.value,
        "opened_at": case.opened_at,
        "closed_at": case.closed_at,
        "notices": list(_notices(told, internal=internal)),
    }


def _notices(told: Told, *, internal: bool) -> Iterable[dict[str, Any]]:
    for entry in told.entries:
        event = decode(entry.type, entry.form, entry.data) if entry.type == "NoticeSent" else None
        if isinstance(event, NoticeSent) and (internal or event.key.endswith(":merchant")):
            yield {"notice": event.notice, "channel": event.channel, "at": event.delivered_at}


async def _log_ins(desk: Desk, merchant_no: str) -> list[dict[str, Any]]:
    return [
        {
            "name": row["name"],
            "roles": row["roles"],
            "created_at": format_time(row["created_at"]),
            "disabled_at": format_time(row["disabled_at"]) if row["disabled_at"] else None,
        }
        for row in await _rows(desk, "log_ins_of", merchant_no=merchant_no)
    ]


async def _looks(desk: Desk, merchant_no: str, hidden: frozenset[str], *, internal: bool) -> list[dict[str, Any]]:
    told = []
    for seen in await looks_at(desk, merchant_no):
        if seen.what in hidden or (not internal and seen.purpose == "legal_order"):
            continue
        by = seen.by if internal else actor_shown(seen.by)
        look = {"at": seen.at, "by": by, "what": seen.what, "purpose": seen.purpose, "case_id": seen.case_id}
        if internal:
            look["note"] = await _note(desk, seen.note_ref)
        told.append(look)
    return told


async def _note(desk: Desk, ref: str | None) -> str | None:
    try:
        return str((await desk.vault.get(ref)).get("text")) if ref else None
    except ForgottenError:
        return None


async def _retention(
    desk: Desk, merchant: Merchant, schedule: Retention, *, erased: bool, internal: bool
) -> dict[str, Any]:
    holding = await desk.privacy.holding(merchant.merchant_no)
    found = () if erased else obstacles(holding, schedule, local_date(desk.clock()))
    return {
        "schedule": schedule.version,
        "due_on": due_on(holding, schedule).isoformat(),
        "obstacles": [
            {"zh": each.text.zh, "en": each.text.en}
            for each in found
            if internal or each.kind not in {"legal-hold", "control"}
        ],
    }
