"""Personal data as such: what is held of someone and until when, legal holds, erasure, and the report on all of it."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from starlette.responses import JSONResponse

from desk import problems
from desk.access import Caller, TheDesk, allow, is_merchant_side, only, own
from desk.bodies import EndHoldBody, EraseBody, HoldBody, ReportBody
from desk.context import Desk
from desk.looks import Look, record_look
from desk.refusals import refuse
from desk.report import Report, gather, packed
from desk.routes import DeskRoute, UnkeptRoute
from domain.actors import Actor
from domain.business_time import format_time, local_date
from domain.retention import Hold, Obstacle, Retention, due_on, obstacles
from journal.erasing import ErasureRefusedError
from journal.parties import Merchant, subject_of
from journal.privacy import NoSuchHoldError
from journal.registry import Act
from journal.vault import ForgottenError
from policies import retention

router = APIRouter(prefix="/api/v1/privacy", tags=["privacy"], route_class=DeskRoute)
unkept = APIRouter(prefix="/api/v1/privacy", tags=["privacy"], route_class=UnkeptRoute)

KEEPERS = ("compliance_head",)
"""Who holds, erases and reports."""
WATCHERS = ("compliance_head", "supervisor", "auditor")


async def found(subject: str, desk: TheDesk) -> Merchant:
    """The subject of the path, `merchant:<merchant_no>` or its merchant number. Raises the 404 problem."""
    merchant = await desk.registry.merchant(subject.removeprefix(subject_of("")))
    if merchant is None:
        raise problems.not_found(
            f"没有登记 {subject}。请填写 merchant:<商户号> 或商户号。",
            f"Nobody is registered as {subject}. Give merchant:<merchant number>, or the number.",
        )
    return merchant


TheSubject = Annotated[Merchant, Depends(found)]


@router.get("/due", summary="Whose personal data may be erased now")
async def get_due(_: Annotated[Actor, Depends(only("list what is due", *WATCHERS))], desk: TheDesk) -> dict[str, Any]:
    """By merchant number; nothing open, standing, held or within a period of retention is among them."""
    schedule = in_force(desk)
    due = await desk.privacy.due(schedule, local_date(desk.clock()))
    items = [{"subject": subject_of(holding.merchant_no), "due_since": day.isoformat()} for holding, day in due]
    return {"schedule": schedule.version, "erasing": schedule.erasing, "items": items}


@router.get("/{subject}", summary="What is held of someone, and what stands in the way of erasing it")
async def get_subject(
    _: Annotated[Actor, Depends(only("look at retention", *WATCHERS))], merchant: TheSubject, desk: TheDesk
) -> dict[str, Any]:
    """`state` is kept, due or erased; `obstacles` are open cases, standing controls, legal holds, running periods."""
    schedule, today = in_force(desk), local_date(desk.clock())
    holding = await desk.privacy.holding(merchant.merchant_no)
    at = await desk.erasing.erased_at(merchant.merchant_no)
    in_the_way = () if at else obstacles(holding, schedule, today)
    return {
        "subject": merchant.subject,
        "state": "erased" if at else "kept" if in_the_way else "due",
        "erased_at": format_time(at) if at else None,
        "schedule": schedule.version,
        "due_on": due_on(holding, schedule).isoformat(),
        "obstacles": [obstacle_shown(obstacle) for obstacle in in_the_way],
        "holds": [_hold_shown(hold) for hold in holding.holds],
    }


@router.post("/{subject}/holds", status_code=201, summary="Set a legal hold")
async def post_hold(
    actor: Annotated[Actor, Depends(only("set a legal hold", *KEEPERS))],
    merchant: TheSubject,
    request: Request,
    desk: TheDesk,
    body: HoldBody,
) -> dict[str, Any]:
    """Nothing of this person's is erased until the hold is ended."""
    try:
        hold = await desk.privacy.set_hold(merchant.merchant_no, body.basis, body.reference, _act(desk, actor, request))
    except ForgottenError:
        raise problems.refused(refuse("personal-data-erased")) from None
    return _hold_shown(hold)


@router.post("/{subject}/holds/{hold_id}/end", summary="End a legal hold")
async def post_end_hold(
    actor: Annotated[Actor, Depends(only("end a legal hold", *KEEPERS))],
    merchant: TheSubject,
    hold_id: str,
    request: Request,
    desk: TheDesk,
    body: EndHoldBody,
) -> dict[str, Any]:
    """`reference` names what ends it."""
    try:
        await desk.privacy.end_hold(merchant.merchant_no, hold_id, body.reference, _act(desk, actor, request))
    except NoSuchHoldError:
        raise problems.refused(refuse("no-such-hold", hold_id=hold_id)) from None
    return {"hold_id": hold_id, "ended": True}


@router.post("/{subject}/erase", summary="Erase someone's personal data for good")
async def post_erase(
    actor: Annotated[Actor, Depends(only("erase personal data", *KEEPERS))],
    merchant: TheSubject,
    request: Request,
    desk: TheDesk,
    body: EraseBody,
) -> Response:
    """The key is destroyed and every copy removed; the journal still verifies. 409 with every reason against it."""
    schedule, today = in_force(desk), local_date(desk.clock())
    try:
        erased = await desk.erasing.erase(
            merchant.merchant_no, body.ground, _act(desk, actor, request), schedule, today
        )
    except ErasureRefusedError as error:
        raise _refused(error.obstacles) from None
    return JSONResponse(
        {
            "subject": merchant.subject,
            "erased_at": erased.at,
            "documents": erased.documents,
            "records": erased.records,
            "erased_before": not erased.new,
        }
    )


@unkept.post("/{subject}/export", summary="Everything held about someone", response_class=Response)
async def post_export(actor: Caller, merchant: TheSubject, desk: TheDesk, body: ReportBody) -> Response:
    """A zip file with the report as JSON and as a page in Chinese and English. It tells the person what the person may
    be told; with `internal` all there is. The export itself is journaled as a look."""
    allow(actor, "export personal data", *KEEPERS, "merchant")
    own(actor, merchant.merchant_no)
    if body.internal:
        allow(actor, "export an internal report", *KEEPERS)
    try:
        await record_look(desk, actor, merchant.merchant_no, Look("report", body.purpose, note=body.note))
    except ForgottenError:  # there is nothing left to look at but that it was erased
        await record_look(desk, actor, merchant.merchant_no, Look("report", body.purpose))
    by = None if is_merchant_side(actor) else actor.signing_as(actor.roles)
    report = await gather(desk, merchant, Report(body.purpose, by, internal=body.internal), in_force(desk))
    name = f'attachment; filename="personal-data-{merchant.merchant_no}.zip"'
    headers = {"content-disposition": name, "cache-control": "private, no-store"}
    return Response(packed(report), media_type="application/zip", headers=headers)


def in_force(desk: Desk) -> Retention:
    """The schedule of retention that counts today."""
    return retention.in_force(local_date(desk.clock()))


def obstacle_shown(obstacle: Obstacle) -> dict[str, Any]:
    """An obstacle with its reasons in both languages, and the day from which it is gone by itself."""
    until = obstacle.until.isoformat() if obstacle.until else None
    return {
        "kind": obstacle.kind,
        "about": obstacle.about,
        "until": until,
        "zh": obstacle.text.zh,
        "en": obstacle.text.en,
    }


def _hold_shown(hold: Hold) -> dict[str, Any]:
    return {"hold_id": hold.hold_id, "basis": hold.basis, "reference": hold.reference, "since": hold.since}


def _refused(found_: tuple[Obstacle, ...]) -> problems.Problem:
    refusal = refuse(
        "erasure-refused",
        why_zh=";".join(each.text.zh for each in found_),
        why_en="; ".join(each.text.en for each in found_),
    )
    problem = problems.refused(refusal)
    problem.more = {"code": refusal.code, "obstacles": [obstacle_shown(each) for each in found_]}
    return problem


def _act(desk: Desk, actor: Actor, request: Request) -> Act:
    return Act(actor.signing_as(KEEPERS), request.state.command_id, desk.now())
