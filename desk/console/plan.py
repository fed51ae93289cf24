"""The rectification plan as a form in the portal: what is to be done, by whom, until when. It is filed as the paper
D14, or printed to be signed and sealed by hand."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from fastapi import APIRouter
from starlette.responses import Response

from desk import problems
from desk.access import allow
from desk.console import pages
from desk.console.calls import RefusedError
from desk.console.casefacts import gather
from desk.console.cases import SHOWN_AGAIN, fresh_key, to_case
from desk.console.visits import Form, PageRoute, SentForm, TheVisit, Visit
from desk.console.words import word
from desk.plan_paper import Plan, PlanItem, drawn
from domain.business_time import local_date
from domain.commands import PEOPLES
from journal.vault import ForgottenError

router = APIRouter(route_class=PageRoute, include_in_schema=False)

PLAN = "D14"
ROWS = 8
PARTS = ("item", "owner", "due")
MOST = {"item": 200, "owner": 30, "due": 10, "signer": 30}
"""Characters that fit on the paper."""


@dataclass
class Written:
    """What was typed, and what is wrong with which field."""

    typed: Form
    items: list[PlanItem] = field(default_factory=list)
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def begun(self) -> frozenset[int]:
        """The rows in which something stands."""
        return frozenset(n for n in range(1, ROWS + 1) if any(self.typed.one(f"{n}.{part}") for part in PARTS))


def read(form: Form, today: date) -> Written:
    """The plan's rows; a row left empty is none, one begun must be whole."""
    written = Written(form)
    for number in range(1, ROWS + 1):
        row = {part: form.one(f"{number}.{part}") for part in PARTS}
        if not any(row.values()) and number > 1:
            continue
        wrong = _wrong(row, today)
        if wrong:
            written.errors |= {f"{number}.{part}": key for part, key in wrong.items()}
        else:
            written.items.append(PlanItem(row["item"], row["owner"], date.fromisoformat(row["due"])))
    if not form.one("signer"):
        written.errors["signer"] = "error.empty"
    elif len(form.one("signer")) > MOST["signer"]:
        written.errors["signer"] = "error.long"
    if not form.one("signed"):
        written.errors["signed"] = "plan.sign_first"
    return written


def _wrong(row: Mapping[str, str], today: date) -> dict[str, str]:
    wrong = {part: "error.empty" for part in PARTS if not row[part]}
    wrong |= {part: "error.long" for part in PARTS if len(row[part]) > MOST[part]}
    if "due" not in wrong:
        try:
            if date.fromisoformat(row["due"]) < today:
                wrong["due"] = "plan.due_past"
        except ValueError:
            wrong["due"] = "plan.due_form"
    return wrong


@router.get("/cases/{case_id}/plan")
async def get_plan(visit: TheVisit, case_id: str) -> Response:
    return await _page(visit, case_id, Written(Form({})))


@router.post("/cases/{case_id}/plan")
async def post_plan(visit: TheVisit, form: SentForm, case_id: str) -> Response:
    """Files the plan, or answers it to be printed."""
    written = read(form, local_date(visit.desk.clock()))
    if written.errors:
        message = word("pages", "error.mistyped").of(visit.language)
        return await _page(visit, case_id, written, message, 422)
    paper = await asyncio.to_thread(drawn, await _plan(visit, case_id, written))
    if form.one("what") == "print":
        name = f'attachment; filename="{PLAN}-{case_id}.pdf"'
        headers = {**pages.HEADERS, "content-disposition": name}
        return Response(paper, media_type="application/pdf", headers=headers)
    boundary = secrets.token_hex(16)
    path = f"/api/v1/cases/{case_id}/documents"
    try:
        answer = await visit.calls.upload(
            path, _multipart(paper, boundary), f"multipart/form-data; boundary={boundary}", key=form.one("key")
        )
    except RefusedError as refusal:
        if refusal.status not in SHOWN_AGAIN:
            raise
        return await _page(visit, case_id, written, refusal.said, refusal.status)
    return to_case(visit, case_id, "add_document", answer)


async def _multipart(paper: bytes, boundary: str) -> AsyncIterator[bytes]:
    head = 'Content-Disposition: form-data; name="type"\r\n\r\n' + PLAN
    file = 'Content-Disposition: form-data; name="file"; filename="plan.pdf"\r\nContent-Type: application/pdf\r\n\r\n'
    yield f"--{boundary}\r\n{head}\r\n--{boundary}\r\n{file}".encode()
    yield paper
    yield f"\r\n--{boundary}--\r\n".encode()


async def _plan(visit: Visit, case_id: str, written: Written) -> Plan:
    facts = await gather(visit, case_id)
    try:
        merchant = await visit.desk.registry.merchant_details(facts.told.case.merchant_no)
    except ForgottenError:
        raise problems.erased() from None
    today = local_date(visit.desk.clock())
    return Plan(merchant.name, case_id, written.items, written.typed.one("signer"), today)


async def _page(visit: Visit, case_id: str, written: Written, message: str = "", status: int = 200) -> Response:
    allow(visit.actor, "write a plan", *PEOPLES["add_document"].roles)
    facts = await gather(visit, case_id)
    if PLAN not in {code for code, _ in facts.upload_types}:
        raise problems.not_found(
            "本案目前不需要整改方案。请返回案件查看。", "This case asks for no plan now. Go back to the case."
        )
    return pages.page(
        visit.request,
        visit,
        "plan.html",
        status=status,
        here_full=f"{visit.base}/cases/{case_id}/plan",
        case=facts.view,
        written=written,
        message=message,
        rows=list(range(1, ROWS + 1)),
        today=local_date(visit.desk.clock()).isoformat(),
        most=MOST,
        fresh_key=fresh_key,
    )
