"""A case's notices: what was told to whom, what became of it, what it says, once more, and that it was read."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from starlette.responses import JSONResponse

from desk import problems
from desk.access import Caller, TheDesk, allow, is_merchant_side, only
from desk.api.cases import TheCase
from desk.bodies import Body
from desk.contact_bodies import ResendBody
from desk.histories import Told
from desk.notice_voucher import voucher
from desk.notices import Notice, letter_of, notices_of, once_more, order_now, order_of
from desk.refusals import refuse
from desk.routes import DeskRoute
from domain.actors import Actor
from domain.business_time import format_time
from journal.contacting import Marked, Marking
from journal.registry import Act
from wording import CHANNELS, Channel, Language

router = APIRouter(prefix="/api/v1/cases/{case_id}/notices", tags=["notices"], route_class=DeskRoute)

READERS = ("officer", "reviewer", "supervisor", "compliance_head", "auditor", "merchant", "agent")
SENDERS = ("officer", "supervisor", "compliance_head")
PREVIEWED = (
    "reason_confirmed", "supplement_requested", "actions_required", "rejected", "case_closed", "legal_hold",
    "evidence_reminder", "payout_account_needed",
)  # fmt: skip
"""The notices that can be previewed before there is an event that owes them."""

OneLanguage = Annotated[Language, Query(description="The language of the letter.")]
OneChannel = Annotated[Channel, Query(description="The channel it is worded for.")]


@router.get("", summary="A case's notices, in order")
async def get_notices(told: TheCase, actor: Caller, desk: TheDesk) -> list[dict[str, Any]]:
    """With receipts, acknowledgements and resends. The merchant's side sees what was told to the merchant."""
    allow(actor, "read notices", *READERS)
    marks = await desk.contacting.marks(told.case.case_id)
    outside = is_merchant_side(actor)
    return [_shown(notice, marks, outside=outside) for notice in notices_of(told) if _is_seen(notice, outside=outside)]


@router.get("/preview", summary="What a notice would say now")
async def get_preview(
    told: TheCase,
    actor: Annotated[Actor, Depends(only("preview a notice", *(set(READERS) - {"merchant", "agent"})))],
    desk: TheDesk,
    notice: str,
    language: OneLanguage = "zh",
    channel: OneChannel = "email",
) -> dict[str, Any]:
    """To the merchant, before it is decided. One-time passwords are hidden."""
    del actor
    if notice not in PREVIEWED:
        raise problems.field_error("notice", f"可预览:{', '.join(PREVIEWED)}", f"One of {', '.join(PREVIEWED)}")
    letter = await letter_of(desk, order_now(told, notice), language, channel)
    return {"notice": notice, "channel": channel, "language": language, "subject": letter.subject, "text": letter.text}


@router.get("/{position}", summary="What a notice said")
async def get_letter(
    told: TheCase,
    actor: Caller,
    desk: TheDesk,
    position: int,
    language: OneLanguage = "zh",
    channel: OneChannel = "email",
) -> dict[str, Any]:
    """Its words for a channel and a language, and what became of it. One-time passwords are hidden."""
    allow(actor, "read notices", *READERS)
    outside = is_merchant_side(actor)
    notice = _at(told, position, outside=outside)
    order = order_of(told, notice.key)
    assert order is not None
    letter = await letter_of(desk, order, language, channel)
    marks = await desk.contacting.marks(told.case.case_id)
    return {**_shown(notice, marks, outside=outside), "subject": letter.subject, "text": letter.text}


@router.get("/{position}/voucher", summary="A merchant's notice to keep", response_class=Response)
async def get_voucher(
    told: TheCase, actor: Caller, desk: TheDesk, position: int, language: OneLanguage = "zh"
) -> Response:
    """A text file: its words, when and over which channel it went out, its receipts, and the hash of its record."""
    allow(actor, "read notices", *READERS)
    notice = _at(told, position, outside=True)
    if notice.sent_at is None:
        raise problems.refused(refuse("notice-not-sent-yet"))
    order = order_of(told, notice.key)
    assert order is not None
    letter = await letter_of(desk, order, language, "email")
    text = voucher(told, notice, letter, await desk.contacting.marks(told.case.case_id), language)
    name = f'attachment; filename="{told.case.case_id}-{position}.txt"'
    headers = {"content-disposition": name, "cache-control": "private, no-store"}
    return Response("\ufeff" + text, media_type="text/plain; charset=utf-8", headers=headers)


@router.post("/{position}/resend", status_code=202, summary="Send a merchant's notice once more")
async def post_resend(
    told: TheCase,
    actor: Annotated[Actor, Depends(only("send a notice once more", *SENDERS))],
    desk: TheDesk,
    request: Request,
    position: int,
    body: ResendBody,
) -> Response:
    """Over the channel asked for, or over those the merchant wishes; who asked is noted among its marks. 503 while the
    engine is away."""
    notice = _at(told, position, outside=True)
    if notice.sent_at is None:
        raise problems.refused(refuse("notice-not-sent-yet"))
    order = order_of(told, notice.key)
    assert order is not None
    if not await desk.engine.resend(once_more(order, request.state.command_id, channel=body.channel or "")):
        raise problems.unavailable()
    signed, case = actor.signing_as(SENDERS), told.case
    marking = Marking(case.merchant_no, case.case_id, notice.key, "resent", request.state.command_id)
    await desk.contacting.mark(marking, Act(signed, request.state.command_id, desk.now()), body.channel)
    return JSONResponse({"notice": notice.notice, "position": position, "channel": body.channel}, 202)


@router.post("/{position}/acknowledge", summary="Say that a notice was read")
async def post_acknowledge(
    told: TheCase,
    actor: Annotated[Actor, Depends(only("acknowledge a notice", "merchant", "agent"))],
    desk: TheDesk,
    position: int,
    body: Body,
) -> dict[str, Any]:
    """By the merchant's own people; once is enough."""
    del body
    notice, signed = _at(told, position, outside=True), actor.signing_as(("merchant", "agent"))
    marking = Marking(told.case.merchant_no, told.case.case_id, notice.key, "acknowledged", signed)
    await desk.contacting.mark(marking, Act(signed, f"acknowledged:{notice.key}:{signed}", desk.now()))
    return {"position": position, "acknowledged": True}


def _at(told: Told, position: int, *, outside: bool) -> Notice:
    """The notice owed by the event at this position: the merchant's, or else staff's. Raises the 404 problem."""
    there = [notice for notice in notices_of(told) if notice.position == position and _is_seen(notice, outside=outside)]
    if not there:
        raise problems.not_found(f"位置 {position} 没有通知。", f"There is no notice at position {position}.")
    return min(there, key=lambda notice: notice.audience != "merchant")


def _is_seen(notice: Notice, *, outside: bool) -> bool:
    return not outside or notice.audience == "merchant"


def _shown(notice: Notice, marks: tuple[Marked, ...], *, outside: bool) -> dict[str, Any]:
    own = [mark for mark in marks if mark.notice_key == notice.key]
    return {
        "position": notice.position,
        "notice": notice.notice,
        "audience": notice.audience,
        "owed_at": notice.owed_at,
        "state": "sent" if notice.sent_at else "owed",
        "channel": notice.channel if notice.channel in CHANNELS or not outside else None,
        "sent_at": notice.sent_at,
        "receipt": notice.receipt,
        "marks": [{"mark": mark.mark, "channel": mark.channel, "at": format_time(mark.at)} for mark in own],
    }
