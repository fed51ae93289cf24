"""Commands that were stored before they were delivered: how one reaches its case, and what follows a refusal.

The desk tries at once what it just stored, the relay whatever was left, in each case's order. Both use the command's
own id, so delivering twice is delivering once. A refusal is journaled in the case and kept with the command for its
author, and what was kept for it is undone.
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
from journal.moving import move_control
from workflows.messages import CommandOrder
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
        LOG.info("stored command refused", case_id=command.case_id, command=command.name, code=outcome.refused.code)
        if command.name == "add_control" and outcome.refused.code == "case-closed":
            await _move(desk, command)
            return True
        if command.name == "add_document":
            await desk.files.delete(command.body["fields"]["document"]["document_id"])
    await desk.inbox.settle(command.command_id, asdict(outcome))
    return True


async def _move(desk: Desk, command: Command) -> None:
    """The case closed before the control could join it: the control opens a case of its own, which settles the
    command."""
    from desk.controls import opening_anew  # noqa: PLC0415 — controls store their commands by this module

    left, opening, told = await opening_anew(desk, command)
    await move_control(desk.pool, left, opening, message_of(told))


def answer_body(answer: Answer) -> dict[str, Any]:
    """What a command was answered, as the API gives it."""
    return {"version": answer.version, "status": answer.status, "events": list(answer.events)}


def state_of(outcome: Mapping[str, Any] | None) -> dict[str, Any]:
    """A stored command's state for its author: pending, done with the answer, or refused with the reason."""
    if outcome is None:
        return {"state": "pending"}
    refusal, answer, moved = outcome.get("refused"), outcome.get("answer"), outcome.get("moved")
    if refusal:
        return {"state": "refused", "refusal": refusal}
    if moved:
        return {"state": "done", "moved": moved}
    shown = {name: answer[name] for name in ("version", "status", "events")} if answer else {}
    return {"state": "done", "answer": shown}
