"""Commands that were stored before they were delivered: how one reaches its case, and what follows a refusal.

The desk tries at once what it just stored, the relay whatever was left, in each case's order. Both use the command's
own id, so delivering twice is delivering once. A refusal is journaled in the case and kept with the command for its
author; `after_refusal` then undoes what was kept for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import structlog

from desk.context import Desk
from domain.commands import PEOPLES
from domain.wire import Answer
from journal.inbox import Command, Message
from workflows.messages import CommandOrder, Refusal
from workflows.stored import order_of, stored

LOG = structlog.stdlib.get_logger()


def message_of(order: CommandOrder) -> Message:
    """The order as the inbox stores it."""
    turn = PEOPLES.get(order.name)
    return Message(order.command_id, order.name, stored(order), order.by.signing_as(turn.roles if turn else ()))


async def deliver_stored(desk: Desk, command_id: str) -> bool:
    """Delivers one stored command if it is its case's turn; whether it is settled."""
    command = await desk.inbox.find(command_id)
    if command is None or command.settled_at is not None:
        return command is not None
    first = next((c for c in await desk.inbox.pending(200) if c.case_id == command.case_id), None)
    if first is None or first.command_id != command_id:
        return False
    return await deliver(desk, command)


async def deliver(desk: Desk, command: Command) -> bool:
    """Delivers a stored command and settles it; False when the engine could not take it, so that it waits."""
    order = order_of(command.command_id, command.name, command.body)
    outcome = await desk.engine.deliver(command.case_id, order)
    if outcome is None:
        return False
    if outcome.refused is not None:
        await after_refusal(desk, command, outcome.refused)
    await desk.inbox.settle(command.command_id, asdict(outcome))
    return True


async def after_refusal(desk: Desk, command: Command, refusal: Refusal) -> None:
    """What a stored command's refusal leaves to do: a document nobody took is removed, and a control whose case closed
    before it could join opens a case of its own. May be repeated."""
    from desk.controls import readmit  # noqa: PLC0415 — controls store their commands by this module

    LOG.info("stored command refused", case_id=command.case_id, command=command.name, code=refusal.code)
    if command.name == "add_control" and refusal.code == "case-closed":
        await readmit(desk, command)
    if command.name == "add_document":
        await desk.files.delete(command.body["fields"]["document"]["document_id"])


def answer_body(answer: Answer) -> dict[str, Any]:
    """What a command was answered, as the API gives it."""
    return {"version": answer.version, "status": answer.status, "events": list(answer.events)}


def state_of(outcome: Mapping[str, Any] | None) -> dict[str, Any]:
    """A stored command's state for its author: pending, done with the answer, or refused with the reason."""
    if outcome is None:
        return {"state": "pending"}
    refusal, answer = outcome.get("refused"), outcome.get("answer")
    if refusal:
        return {"state": "refused", "refusal": refusal}
    shown = {name: answer[name] for name in ("version", "status", "events")} if answer else {}
    return {"state": "done", "answer": shown}
