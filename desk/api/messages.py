"""What people write to each other in a case. The words lie in the vault; the case holds references."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from fastapi import APIRouter, Depends, Request, Response

from desk import problems
from desk.access import Caller, TheDesk, allow, is_merchant_side
from desk.api.cases import TheCase
from desk.api.commands import answered
from desk.api.notices import READERS
from desk.bodies import MessageBody
from desk.commands import check, give
from desk.histories import Told
from desk.public import actor_shown
from desk.refusals import refuse
from desk.routes import DeskRoute
from domain.events import MessageRecorded
from domain.stream import Entry
from domain.wire import decode
from journal.parties import subject_of
from journal.vault import ForgottenError

router = APIRouter(prefix="/api/v1/cases/{case_id}/messages", tags=["messages"], route_class=DeskRoute)

WRITERS = ("officer", "reviewer", "supervisor", "compliance_head", "merchant", "agent")


def may_write(actor: Caller) -> None:
    allow(actor, "post_message", *WRITERS)


@router.post("", status_code=201, summary="Write in a case", dependencies=[Depends(may_write)])
async def post_message(told: TheCase, actor: Caller, request: Request, desk: TheDesk, body: MessageBody) -> Response:
    """To the merchant, or among staff (`internal`)."""
    if body.audience == "internal":
        allow(actor, "post_message internal", *(role for role in WRITERS if role not in {"merchant", "agent"}))
    if told.case.finished:
        raise problems.refused(refuse("case-finished"))
    unread = {"audience": body.audience, "text_ref": "unread"}
    await check(desk, actor, told, "post_message", unread, command_id=request.state.command_id)
    try:
        ref = await desk.vault.put(subject_of(told.case.merchant_no), "message", {"text": body.text})
    except ForgottenError:
        raise problems.refused(refuse("personal-data-erased")) from None
    fields = {"audience": body.audience, "text_ref": ref}
    outcome = await give(desk, actor, told, "post_message", fields, seen=None, command_id=request.state.command_id)
    return answered(outcome, 201, {"message_id": ref})


@router.get("", summary="What was written in a case")
async def get_messages(told: TheCase, actor: Caller, desk: TheDesk) -> list[dict[str, Any]]:
    """In order; the merchant's side sees what was written to the merchant. Not for engineers and robots."""
    allow(actor, "read messages", *READERS)
    outside = is_merchant_side(actor)
    written = messages_in(told, outside=outside)
    return messages_shown(written, await desk.vault.known(one.text_ref for _, one in written), outside=outside)


def messages_in(told: Told, *, outside: bool) -> list[tuple[Entry, MessageRecorded]]:
    """The messages of a case that a reader may see, in order."""
    found = []
    for entry in told.entries:
        event = decode(entry.type, entry.form, entry.data) if entry.type == "MessageRecorded" else None
        if isinstance(event, MessageRecorded) and (not outside or event.audience == "merchant"):
            found.append((entry, event))
    return found


def messages_shown(
    written: Iterable[tuple[Entry, MessageRecorded]], texts: Mapping[str, Mapping[str, Any] | None], *, outside: bool
) -> list[dict[str, Any]]:
    """Messages with their texts (None for one that was erased)."""
    return [
        {
            "message_id": event.text_ref,
            "audience": event.audience,
            "by": actor_shown(entry.actor) if outside else entry.actor,
            "at": entry.occurred_at,
            "text": (texts[event.text_ref] or {}).get("text"),
        }
        for entry, event in written
    ]
