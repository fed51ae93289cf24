"""Getting in touch with a merchant: its wishes for notices, call-backs, contact tasks, and the log of what was said."""

from __future__ import annotations

import csv
import io
import secrets
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response

from desk import problems
from desk.access import OFFICE, STAFF, Caller, TheDesk, only, own
from desk.api.merchants import found
from desk.bodies import LookBody
from desk.contact_bodies import CallbackBody, ContactLogBody, FeedbackBody, PreferencesBody
from desk.context import Desk
from desk.looks import Look, record_look
from desk.masking import UNMASKERS
from desk.outgoing import fault_of
from desk.refusals import refuse
from desk.routes import DeskRoute, UnkeptRoute
from domain.actors import Actor
from domain.business_time import SHANGHAI, end_of_business_day, format_time
from journal.contacting import Contact, NewContact, NewTask, NoSuchTaskError, Preferences, Task
from journal.parties import Merchant
from journal.registry import Act
from journal.vault import ForgottenError

router = APIRouter(prefix="/api/v1/merchants/{merchant_no}", tags=["contacts"], route_class=DeskRoute)
unkept = APIRouter(prefix="/api/v1/merchants/{merchant_no}", tags=["contacts"], route_class=UnkeptRoute)
tasks = APIRouter(prefix="/api/v1/contact-tasks", tags=["contacts"], route_class=DeskRoute)

LOGGERS = ("officer", "reviewer", "supervisor", "compliance_head")
READERS = (*LOGGERS, "auditor")
WISHERS = (*OFFICE, "merchant")
BOOKERS = (*LOGGERS, "merchant", "agent")
BOOKED_AHEAD = timedelta(days=30)
FEEDBACK_BD = 3
"""Business days in which feedback is read."""
COLUMNS = ("contact_id", "at", "way", "direction", "result", "case_id", "task_id", "by", "note")

TheMerchant = Annotated[Merchant, Depends(found)]


@router.get("/notice-preferences", summary="How a merchant wants to be told")
async def get_preferences(merchant_no: str, actor: Caller, desk: TheDesk) -> dict[str, Any]:
    """`channels` in their fall-back order; empty when each contact's own preference counts."""
    own(actor, merchant_no)
    merchant = await found(merchant_no, desk)
    try:
        wanted = await desk.contacting.preferences(merchant.merchant_no)
    except ForgottenError:
        raise problems.erased() from None
    return _wishes_shown(wanted or Preferences(()))


@unkept.post("/notice-preferences", summary="Set how a merchant wants to be told")
async def post_preferences(
    merchant_no: str,
    actor: Annotated[Actor, Depends(only("set notice preferences", *WISHERS))],
    desk: TheDesk,
    body: PreferencesBody,
) -> dict[str, Any]:
    """A new webhook is given a secret, shown this once; its posts carry `Thaw-Signature: t=<unix>,v1=<HMAC>`."""
    own(actor, merchant_no)
    merchant = await found(merchant_no, desk)
    try:
        before = await desk.contacting.preferences(merchant.merchant_no)
        wanted, secret = _wishes(body, before)
        act = Act(actor.signing_as(WISHERS), f"wishes-{secrets.token_hex(12)}", desk.now())
        await desk.contacting.set_preferences(merchant.merchant_no, wanted, act)
    except ForgottenError:
        raise problems.refused(refuse("personal-data-erased")) from None
    return {**_wishes_shown(wanted), **({"webhook_secret": secret} if secret else {})}


def _wishes(body: PreferencesBody, before: Preferences | None) -> tuple[Preferences, str | None]:
    """The wishes, and the secret of a webhook that is new. Raises the 422 problem."""
    if body.webhook_url is None:
        return Preferences(tuple(body.channels), body.language), None
    fault = fault_of(body.webhook_url)
    if fault is not None:
        raise problems.field_error("webhook_url", fault.zh, fault.en)
    known = before.webhook_secret if before and before.webhook_url == body.webhook_url else None
    made = None if known else secrets.token_urlsafe(32)
    return Preferences(tuple(body.channels), body.language, body.webhook_url, known or made), made


def _wishes_shown(wanted: Preferences) -> dict[str, Any]:
    return {"channels": list(wanted.channels), "language": wanted.language, "webhook_url": wanted.webhook_url}


@router.post("/callbacks", status_code=201, summary="Book a call-back")
async def post_callback(
    merchant_no: str,
    actor: Annotated[Actor, Depends(only("book a call-back", *BOOKERS))],
    desk: TheDesk,
    request: Request,
    body: CallbackBody,
) -> dict[str, Any]:
    """At a time to come, within the desk's hours. It becomes a contact task."""
    own(actor, merchant_no)
    merchant = await found(merchant_no, desk)
    await _check_case(desk, merchant, body.case_id)
    at = body.at.astimezone(SHANGHAI)
    calendar = desk.policy.calendar
    if at <= desk.clock():
        raise problems.field_error("at", "须为将来的时间", "It must be a time to come")
    if at > desk.clock() + BOOKED_AHEAD:
        days = BOOKED_AHEAD.days
        raise problems.field_error("at", f"最多可预约 {days} 天之内", f"Calls are booked up to {days} days ahead")
    if any(call.due_at == at for call in await booked_calls(desk, merchant.merchant_no)):
        raise problems.field_error("at", "这个时间已有预约", "A call is booked for this time already")
    if not (calendar.is_business_day(at.date()) and calendar.day_start <= at.time() < calendar.day_end):
        hours = f"{calendar.day_start:%H:%M}–{calendar.day_end:%H:%M}"
        raise problems.field_error(
            "at", f"回电时间为工作日 {hours}(北京时间)", f"Calls are made on business days, {hours} in Shanghai"
        )
    task = NewTask(
        task_id=f"CB-{request.state.command_id[-16:]}",
        kind="callback",
        merchant_no=merchant.merchant_no,
        due_at=format_time(body.at),
        case_id=body.case_id,
        note=body.note,
    )
    await _opened(desk, task, Act(actor.signing_as(BOOKERS), request.state.command_id, desk.now()))
    return {"task_id": task.task_id, "at": task.due_at}


@router.get("/callbacks", summary="The calls that are booked")
async def get_callbacks(
    merchant_no: str, actor: Annotated[Actor, Depends(only("see booked calls", *BOOKERS, "auditor"))], desk: TheDesk
) -> list[dict[str, Any]]:
    """Those that were not made yet, the next one first."""
    own(actor, merchant_no)
    merchant = await found(merchant_no, desk)
    calls = await booked_calls(desk, merchant.merchant_no)
    return [{"task_id": call.task_id, "at": format_time(call.due_at), "case_id": call.case_id} for call in calls]


async def booked_calls(desk: Desk, merchant_no: str) -> list[Task]:
    """A merchant's call-backs that were not made yet, the next one first."""
    return [task for task in await desk.contacting.tasks(merchant_no) if task.kind == "callback"]


@router.post("/feedback", status_code=201, summary="Say what could be better")
async def post_feedback(
    merchant_no: str,
    actor: Annotated[Actor, Depends(only("give feedback", *BOOKERS))],
    desk: TheDesk,
    request: Request,
    body: FeedbackBody,
) -> dict[str, Any]:
    """It becomes a contact task: someone reads it, and answers where there is something to answer. A complaint about a
    case is `POST /cases {kind: complaint}`."""
    own(actor, merchant_no)
    merchant = await found(merchant_no, desk)
    due = end_of_business_day(desk.policy.calendar, desk.clock(), FEEDBACK_BD)
    task = NewTask(
        task_id=f"FB-{request.state.command_id[-16:]}",
        kind="feedback",
        merchant_no=merchant.merchant_no,
        due_at=format_time(due.at),
        note=body.note,
    )
    await _opened(desk, task, Act(actor.signing_as(BOOKERS), request.state.command_id, desk.now()))
    return {"task_id": task.task_id, "due_at": task.due_at}


@router.post("/contacts", status_code=201, summary="Log a call, a visit or a letter")
async def post_contact(
    merchant: TheMerchant,
    actor: Annotated[Actor, Depends(only("log a contact", *LOGGERS))],
    desk: TheDesk,
    request: Request,
    body: ContactLogBody,
) -> dict[str, Any]:
    """Ends the task `task_id` when the merchant was reached. What was promised until `promised_by` becomes a task."""
    await _check_case(desk, merchant, body.case_id)
    if body.promised_by is not None and body.promised_by <= desk.clock():
        raise problems.field_error("promised_by", "须为将来的时间", "It must be a time to come")
    suffix, signed = request.state.command_id[-16:], actor.signing_as(LOGGERS)
    contact = NewContact(
        contact_id=f"CT-{suffix}",
        merchant_no=merchant.merchant_no,
        way=body.way,
        direction=body.direction,
        result=body.result,
        note=body.note,
        case_id=body.case_id,
        task_id=body.task_id,
    )
    try:
        await desk.contacting.log(contact, Act(signed, request.state.command_id, desk.now()))
    except NoSuchTaskError:
        raise problems.field_error(
            "task_id", "该商户没有此未办联系事项", "This merchant has no open contact task of this id"
        ) from None
    except ForgottenError:
        raise problems.refused(refuse("personal-data-erased")) from None
    if body.promised_by is None:
        return {"contact_id": contact.contact_id}
    due, task_id = format_time(body.promised_by), f"PR-{suffix}"
    promise = NewTask(task_id, "promise", merchant.merchant_no, due, body.case_id, note=body.note)
    await _opened(desk, promise, Act(signed, f"{request.state.command_id}:promise", desk.now()))
    return {"contact_id": contact.contact_id, "promise_task_id": task_id}


@router.get("/contacts", summary="What was said with a merchant, newest first")
async def get_contacts(
    merchant: TheMerchant,
    _: Annotated[Actor, Depends(only("read the contact log", *READERS))],
    desk: TheDesk,
    case_id: str | None = None,
) -> list[dict[str, Any]]:
    """The contact log, all or one case's."""
    contacts = await desk.contacting.contacts(merchant.merchant_no, case_id)
    return [await _contact_shown(desk, contact) for contact in contacts]


@unkept.post("/contacts/export", summary="The contact log as CSV", response_class=Response)
async def post_export(
    merchant: TheMerchant,
    actor: Annotated[Actor, Depends(only("export the contact log", *UNMASKERS))],
    desk: TheDesk,
    body: LookBody,
) -> Response:
    """For a purpose, which is journaled: it holds what people said."""
    try:
        await record_look(desk, actor, merchant.merchant_no, Look("contacts", body.purpose, note=body.note))
    except ForgottenError:
        raise problems.refused(refuse("personal-data-erased")) from None
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\r\n")
    writer.writeheader()
    for contact in reversed(await desk.contacting.contacts(merchant.merchant_no, limit=100_000)):
        writer.writerow({name: _cell(value) for name, value in (await _contact_shown(desk, contact)).items()})
    name = f'attachment; filename="contacts-{merchant.merchant_no}.csv"'
    headers = {"content-disposition": name, "cache-control": "private, no-store"}
    return Response("\ufeff" + text.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)


def _cell(value: Any) -> Any:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{value}" if isinstance(value, str) and value[:1] in {"=", "+", "-", "@", "\t", "\r"} else value


@tasks.get("", summary="Whom to get in touch with, the most urgent first")
async def get_tasks(
    actor: Annotated[Actor, Depends(only("list contact tasks", *STAFF))],
    desk: TheDesk,
    merchant_no: str | None = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> list[dict[str, Any]]:
    """Notices that reached nobody, call-backs booked, promises made; each with whether its time has passed. What was
    said (`note`) is for those who read the contact log; for engineers and robots it is null."""
    now, words = desk.clock(), actor.has(*READERS)
    return [{**await task_shown(desk, task, words=words), "overdue": task.due_at < now} for task in
            await desk.contacting.tasks(merchant_no, limit=limit)]  # fmt: skip


async def task_shown(desk: Desk, task: Task, *, words: bool) -> dict[str, Any]:
    """A contact task, with what was said if the reader may see `words`."""
    return {
        "task_id": task.task_id,
        "kind": task.kind,
        "merchant_no": task.merchant_no,
        "case_id": task.case_id,
        "notice": task.notice,
        "note": await desk.vault.text(task.note_ref) if words else None,
        "opened_at": format_time(task.opened_at),
        "due_at": format_time(task.due_at),
    }


async def _opened(desk: Desk, task: NewTask, act: Act) -> None:
    try:
        await desk.contacting.open_task(task, act)
    except ForgottenError:
        raise problems.refused(refuse("personal-data-erased")) from None


async def _check_case(desk: Desk, merchant: Merchant, case_id: str | None) -> None:
    """Raises the 422 problem for a case that is not this merchant's."""
    if case_id is None:
        return
    case = await desk.cases.find(case_id)
    if case is None or case.merchant_no != merchant.merchant_no:
        raise problems.field_error("case_id", "该商户没有此案件", "This merchant has no such case")


async def _contact_shown(desk: Desk, contact: Contact) -> dict[str, Any]:
    return {
        "contact_id": contact.contact_id,
        "at": format_time(contact.at),
        "way": contact.way,
        "direction": contact.direction,
        "result": contact.result,
        "case_id": contact.case_id,
        "task_id": contact.task_id,
        "by": contact.actor,
        "note": await desk.vault.text(contact.note_ref),
    }
