"""Cases: the list, one case, and its events."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request
from pydantic import AwareDatetime, ConfigDict, Field

from desk import problems
from desk.access import Caller, TheDesk, is_merchant_side, with_made
from desk.agreements import sign_url
from desk.api.complaints import register
from desk.bodies import Body
from desk.contact_bodies import ComplaintBody
from desk.filters import case_kind, one_of
from desk.histories import Told, find
from desk.language import language_of
from desk.public import actor_shown, code_shown, event_shown, sentence_shown
from desk.routes import DeskRoute
from desk.runs import run_link
from desk.views import Viewer, case_view
from domain.business_time import format_time, local_date
from domain.case import TIERS, Status
from domain.policy import Policy
from domain.wire import body_of
from journal.cases import Case, Filters
from journal.pages import BadCursorError

router = APIRouter(prefix="/api/v1/cases", tags=["cases"], route_class=DeskRoute)


class CaseBody(Body):
    """A case that no control opens."""

    model_config = ConfigDict(extra="allow")
    kind: Literal["unbind", "reboarding", "boarding"]


@router.post("", status_code=201, summary="Open a case that no control opens")
async def post_case(
    actor: Caller,
    desk: TheDesk,
    request: Request,
    body: Annotated[CaseBody | ComplaintBody, Field(discriminator="kind")],
) -> dict[str, Any]:
    """A complaint about a case (`kind: complaint`). The others are not served yet; freeze appeals are opened by their
    control (`POST /controls`)."""
    if isinstance(body, ComplaintBody):
        return await register(desk, actor, body, request.state.command_id)
    raise problems.field_error(
        "kind",
        f"{body.kind} 案件尚未开放。冻结申诉由 POST /api/v1/controls 立案。",
        f"{body.kind} cases are not served yet. A freeze appeal is opened by POST /api/v1/controls.",
    )


def viewer(request: Request, actor: Caller, desk: TheDesk) -> Viewer:
    """Who looks at this request's answer."""
    language = language_of(request.headers.get("accept-language"))
    return Viewer(actor, language, local_date(desk.clock()).isoformat())


TheViewer = Annotated[Viewer, Depends(viewer)]


async def found(case_id: str, actor: Caller, desk: TheDesk) -> Told:
    """The case of the path, which the caller may see."""
    return await find(desk, actor, case_id)


TheCase = Annotated[Told, Depends(found)]


@router.get("", summary="Cases, newest first")
async def get_cases(
    actor: Caller,
    desk: TheDesk,
    kind: str | None = None,
    status: str | None = None,
    reason: str | None = None,
    tier: str | None = None,
    assignee: str | None = None,
    q: Annotated[str | None, Query(max_length=100)] = None,
    due_before: AwareDatetime | None = None,
    open: bool | None = None,  # noqa: A002 — the parameter's public name
    merchant_no: str | None = None,
    terminal_sn: str | None = None,
    cursor: str | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> dict[str, Any]:
    """A page of cases; `next_cursor` asks for the next one. Merchants see their own, and find them by numbers only.
    `q` is sought in all that a case says in the clear: any part of a number, reasons and statuses by name, notes. By a
    case's, terminal's or merchant's whole number a case is found at once, by the rest moments later."""
    outside = is_merchant_side(actor)
    filters = Filters(
        kind=case_kind(kind),
        status=one_of("status", status, tuple(Status)),
        open=open,
        reason=reason if outside else one_of("reason", reason, tuple(desk.policy.reasons)),
        tier=None if outside else one_of("tier", tier, TIERS),
        assignee=None if outside else assignee,
        merchant_no=actor.merchant_no if outside else merchant_no,
        terminal_sn=terminal_sn,
        due_before=due_before,
        q=q,
        public=outside,
    )
    try:
        page = await desk.cases.page(filters, cursor, limit)
    except BadCursorError as error:
        raise bad_cursor(error) from None
    rows = [row_shown(row, desk.policy, outside=outside) for row in page.items]
    return {"items": rows, "next_cursor": page.cursor}


@router.get("/{case_id}", summary="A case")
async def get_case(told: TheCase, seen_by: TheViewer, desk: TheDesk) -> dict[str, Any]:
    """Everything about the case that the caller may see, and what they may do now (`allowed_commands`)."""
    run = "" if seen_by.outside else await run_link(desk, told.case.case_id)
    actor = await with_made(desk, seen_by.actor, told.case.merchant_no)
    view = case_view(told, replace(seen_by, actor=actor), run)
    if await desk.inbox.has_pending(told.case.case_id):
        view["commands_pending"] = True
    if at := await desk.erasing.erased_at(told.case.merchant_no):
        view["personal_data_erased_at"] = format_time(at)
    return view


@router.get("/{case_id}/agreement", summary="Where the agreement of a case is signed")
async def get_agreement(told: TheCase, actor: Caller, desk: TheDesk) -> dict[str, Any]:
    """For the merchant and its agent: the page at contract signing, the hash of the text that is signed there, and
    until when. 404 when there is nothing to sign."""
    url = await sign_url(desk, told, actor)
    agreement = told.case.agreement
    assert agreement is not None, "there is a link to it"
    return {"sign_url": url, "document_sha256": agreement.sha256, "sign_by": agreement.expires_at}


@router.get("/{case_id}/events", summary="What happened in a case, in order")
async def get_events(
    told: TheCase,
    actor: Caller,
    desk: TheDesk,
    after: Annotated[int, Query(ge=0)] = 0,
    limit: Annotated[int, Query(ge=1, le=5000)] = 5000,
) -> list[dict[str, Any]]:
    """Every entry with its hash, for staff; the merchant's side sees its own acts and what it was told."""
    del desk
    outside = is_merchant_side(actor)
    entries = []
    for recorded in told.recorded[after : after + limit]:
        entry = recorded.entry
        data = event_shown(entry, told.case, told.policy, actor.name) if outside else body_of(entry)
        if data is None:
            continue
        entries.append(
            {
                "version": entry.version,
                "position": entry.position,
                "type": entry.type,
                "occurred_at": entry.occurred_at,
                "recorded_at": format_time(recorded.recorded_at),
                "actor": actor_shown(entry.actor) if outside else entry.actor,
                "command_id": None if outside else entry.command_id,
                "data": data,
                "hash": None if outside else entry.hash,
                "previous_hash": None if outside else entry.previous_hash,
            }
        )
    return entries


def row_shown(row: Case, policy: Policy, *, outside: bool) -> dict[str, Any]:
    """A row of the list."""
    code = code_shown(policy, row.reason_code) if outside and row.reason_code else row.reason_code
    sentence_en, sentence_zh = row.sentence_en or "", row.sentence_zh or ""
    if outside:
        sentence_en, sentence_zh = sentence_shown(sentence_en, policy), sentence_shown(sentence_zh, policy)
    return {
        "case_id": row.case_id,
        "kind": row.kind,
        "status": row.status,
        "version": row.version,
        "open": row.open,
        "merchant_no": row.merchant_no,
        "terminal_sn": row.terminal_sn,
        "reason_code": code,
        "tier": None if outside else row.tier,
        "held_fen": row.held_fen,
        "opened_at": moment(row.opened_at),
        "closed_at": moment(row.closed_at),
        "due_at": None if outside and row.waiting_on != "merchant" else moment(row.due_at),
        "waiting_on": {
            "who": row.waiting_on,
            "since": moment(row.waiting_since),
            "sentence": sentence_en,
            "sentence_zh": sentence_zh,
        },
        "assignee": None if outside else row.assignee,
    }


def moment(at: datetime | None) -> str | None:
    return format_time(at) if at else None


def bad_cursor(error: BadCursorError) -> problems.Problem:
    return problems.field_error("cursor", "游标无效,请从第一页重新开始", str(error))
