"""Complaints about how cases were handled: taken, looked into by someone who had no part, answered in time."""

from __future__ import annotations

import json
import secrets
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

import policies.complaints as rules
from desk import problems
from desk.access import Caller, TheDesk, allow, is_merchant_side, only, own
from desk.commands import check
from desk.complaint_letter import tell
from desk.contact_bodies import AnswerBody, ComplaintBody, ExtendBody, HandOverBody, ReplyBody
from desk.context import Desk
from desk.delivery import deliver_stored, message_of
from desk.handover import contents, handed_over, hash_of, written
from desk.histories import find
from desk.looks import Look, record_look
from desk.refusals import refuse
from desk.routes import DeskRoute, UnkeptRoute
from domain import complaint as deciding
from domain.actors import Actor, name_of
from domain.business_time import format_time, local_date
from domain.complaint import Complaint
from domain.freeze_appeal import COMPLAINT_HANDLERS
from domain.refusals import Refused
from journal.complaints import MovedOnError, NewComplaint, OpenAlreadyError
from journal.registry import Act
from journal.statements import transaction
from journal.vault import ForgottenError
from workflows.messages import CommandOrder

router = APIRouter(prefix="/api/v1/complaints", tags=["complaints"], route_class=DeskRoute)
unkept = APIRouter(prefix="/api/v1/complaints", tags=["complaints"], route_class=UnkeptRoute)
"""Answers that hold personal data, and are not kept to be given again."""

COMPLAINERS = ("officer", "supervisor", "compliance_head", "merchant", "agent")
HANDLERS = COMPLAINT_HANDLERS
"""Who answers, having had no part in the case."""
HEADS = ("compliance_head",)
"""Who gives a complaint more time."""
READERS = (*HANDLERS, "officer", "auditor", "merchant", "agent")


async def register(desk: Desk, actor: Actor, body: ComplaintBody, command_id: str) -> dict[str, Any]:
    """Takes a complaint; from then on nothing of the merchant's data is erased. Both are written, or neither. Raises
    the problem of a refusal."""
    allow(actor, "complain", *COMPLAINERS)
    told = await find(desk, actor, body.about_case_id)
    if is_merchant_side(actor) and body.channel != "portal":
        raise problems.field_error("channel", "商户本人投诉填 portal", "A merchant's own complaint comes by portal")
    at, signed = desk.now(), actor.signing_as(COMPLAINERS)
    in_force = rules.in_force(local_date(desk.clock()))
    new = NewComplaint(
        complaint_id=f"CP-{command_id[-16:]}",
        merchant_no=told.case.merchant_no,
        case_id=told.case.case_id,
        channel=body.channel,
        rules=in_force.version,
        statement=body.statement,
        due_at=deciding.due(in_force, at),
    )
    try:
        async with transaction(desk.pool) as connection:
            await desk.complaints.register(new, Act(signed, command_id, at), within=connection)
            hold = Act(signed, f"{command_id}:hold", at)
            await desk.privacy.set_hold(new.merchant_no, "dispute", new.complaint_id, hold, within=connection)
    except OpenAlreadyError:
        raise problems.refused(refuse("complaint-open")) from None
    except ForgottenError:
        raise problems.refused(refuse("personal-data-erased")) from None
    return {"kind": "complaint", "complaint_id": new.complaint_id, "case_id": new.case_id, "due_at": new.due_at}


async def found(complaint_id: str, actor: Caller, desk: TheDesk) -> Complaint:
    """The complaint of the path. Raises the 403 problem of one that is not the caller's to read, and 404."""
    allow(actor, "read complaints", *READERS)
    complaint = await desk.complaints.find(complaint_id)
    if complaint is None:
        raise problems.not_found(f"没有投诉 {complaint_id}。", f"There is no complaint {complaint_id}.")
    own(actor, complaint.merchant_no)
    return complaint


TheComplaint = Annotated[Complaint, Depends(found)]


@router.get("", summary="Complaints, those that await an answer first")
async def get_complaints(actor: Caller, desk: TheDesk, case_id: str | None = None) -> list[dict[str, Any]]:
    """A merchant's side sees its own; staff see all, each with whether its time has passed."""
    allow(actor, "read complaints", *READERS)
    merchant_no = actor.merchant_no if is_merchant_side(actor) else None
    return [await shown(desk, one, actor) for one in await desk.complaints.list(merchant_no, case_id)]


@router.get("/{complaint_id}", summary="A complaint")
async def get_complaint(complaint: TheComplaint, actor: Caller, desk: TheDesk) -> dict[str, Any]:
    """With what was said, and for staff to whom it was handed over."""
    outside = is_merchant_side(actor)
    further = {} if outside else {"handed_over": await handed_over(desk, complaint.complaint_id)}
    return {**await shown(desk, complaint, actor), **further}


@router.post("/{complaint_id}/extend", summary="Give a complaint more time")
async def post_extend(
    complaint: TheComplaint,
    actor: Annotated[Actor, Depends(only("extend a complaint", *HEADS))],
    desk: TheDesk,
    request: Request,
    body: ExtendBody,
) -> dict[str, Any]:
    """With a reason the merchant is told; never beyond the most days the rules give."""
    refused = deciding.may_extend(complaint, rules.load(complaint.rules), body.until)
    return await _done(desk, complaint, actor, request, refused, body)


@router.post("/{complaint_id}/answer", summary="Answer a complaint")
async def post_answer(
    complaint: TheComplaint,
    actor: Annotated[Actor, Depends(only("answer a complaint", *HANDLERS))],
    desk: TheDesk,
    request: Request,
    body: AnswerBody,
) -> dict[str, Any]:
    """By someone who had no part in the case. The merchant is told by letter and reads it in the portal. With
    `reopen_case` the closed case is taken up again at L3 in the same step; refused where that cannot be."""
    told = await find(desk, actor, complaint.case_id)
    refused = deciding.may_answer(complaint, actor.name, frozenset(name_of(entry.actor) for entry in told.entries))
    order = None
    if body.reopen_case and refused is None:
        fields = {"complaint_id": complaint.complaint_id, "statement_ref": complaint.statement_ref}
        await check(desk, actor, told, "order_reopening", fields)
        order = CommandOrder("order_reopening", json.dumps(fields), f"{request.state.command_id}:reopen", actor)
    return await _done(desk, complaint, actor, request, refused, body, order)


@router.post("/{complaint_id}/dissatisfied", summary="Say that the answer is not enough")
async def post_dissatisfied(
    complaint: TheComplaint,
    actor: Annotated[Actor, Depends(only("be dissatisfied", *COMPLAINERS))],
    desk: TheDesk,
    request: Request,
    body: ReplyBody,
) -> dict[str, Any]:
    """By the merchant, or for them by staff. Mediation, the regulator (12363) and the courts stand open."""
    return await _done(desk, complaint, actor, request, deciding.may_reply(complaint), body)


@unkept.post("/{complaint_id}/hand-over", summary="A complaint's file for the regulator, a mediator or a court")
async def post_hand_over(
    complaint: TheComplaint,
    actor: Annotated[Actor, Depends(only("hand a complaint over", *HANDLERS))],
    desk: TheDesk,
    body: HandOverBody,
) -> Response:
    """The complaint as a file (`docs/complaint-handover.md`). To whom it went, and its hash, are journaled."""
    told = await find(desk, actor, complaint.case_id)
    try:
        file = written(await contents(desk, complaint, told))
        await record_look(
            desk, actor, complaint.merchant_no, Look(complaint.complaint_id, "legal_order", complaint.case_id)
        )
    except ForgottenError:
        raise problems.refused(refuse("personal-data-erased")) from None
    act = Act(actor.signing_as(HANDLERS), f"hand-over-{secrets.token_hex(12)}", desk.now())
    await desk.complaints.handed_over(complaint.complaint_id, body.to, body.reference, hash_of(file), act)
    name = f'attachment; filename="{complaint.complaint_id}.json"'
    headers = {"content-disposition": name, "cache-control": "private, no-store"}
    return Response(file, media_type="application/json", headers=headers)


async def _done(
    desk: Desk,
    complaint: Complaint,
    actor: Actor,
    request: Request,
    refused: Refused | None,
    body: ExtendBody | AnswerBody | ReplyBody,
    order: CommandOrder | None = None,
) -> dict[str, Any]:
    if refused is not None:
        raise problems.refused(refused)
    act = Act(actor.signing_as(COMPLAINERS), request.state.command_id, desk.now())
    try:
        match body:
            case ExtendBody():
                await desk.complaints.extend(complaint, format_time(body.until), body.reason, act)
            case AnswerBody():
                message = message_of(order) if order else None
                await desk.complaints.answer(complaint, body.outcome, body.answer, act, message)
            case ReplyBody():
                await desk.complaints.reply(complaint, body.statement, act)
    except MovedOnError:
        raise problems.refused(refuse("complaint-answered", complaint_id=complaint.complaint_id)) from None
    except ForgottenError:
        raise problems.refused(refuse("personal-data-erased")) from None
    now = await desk.complaints.find(complaint.complaint_id)
    assert now is not None
    if order is not None:
        desk.metrics.stored()
        desk.soon(deliver_stored(desk, order.command_id), "deliver the reopening that a complaint ordered")
    if not isinstance(body, ReplyBody):
        desk.soon(tell(desk, now, act), "tell what became of a complaint")
    return await shown(desk, now, actor)


async def shown(desk: Desk, complaint: Complaint, actor: Actor) -> dict[str, Any]:
    """The complaint with what was said; who answered it is staff's to know."""
    words = {
        name: await desk.vault.text(ref)
        for name, ref in (
            ("statement", complaint.statement_ref),
            ("answer", complaint.answer_ref),
            ("reply", complaint.reply_ref),
        )
    }
    return {
        "complaint_id": complaint.complaint_id,
        "case_id": complaint.case_id,
        "merchant_no": complaint.merchant_no,
        "channel": complaint.channel,
        "status": complaint.status,
        "opened_at": complaint.opened_at,
        "due_at": complaint.due_at,
        "overdue": complaint.is_overdue(desk.clock()),
        "extended_for": complaint.extended_for,
        "outcome": complaint.outcome,
        "answered_at": complaint.answered_at,
        "answered_by": None if is_merchant_side(actor) else complaint.answered_by,
        **words,
    }
