"""A command on its way from a caller to a case.

The desk folds the case's journal and refuses at once, and exactly, what the rules refuse: an old version, the wrong
status, then the business refusals. What passes goes to the case's workflow as an Update; its word is final. When the
engine does not take it within a few seconds, or earlier commands of the case still wait, it is stored and delivered in
order later.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from desk import problems
from desk.access import with_made
from desk.context import Desk
from desk.delivery import deliver_stored, message_of
from desk.histories import Told
from desk.refusals import refuse
from desk.room import full
from domain.actors import Actor
from domain.commands import Asked, Command
from domain.freeze_appeal import decide, refusal
from domain.refusals import Refused
from domain.wire import Answer, command_of
from journal.claims import NotTaken
from journal.inbox import CommandReusedError
from workflows.messages import CommandOrder


@dataclass(frozen=True, slots=True)
class Stored:
    """The command waits; it is delivered later."""

    command_id: str


Outcome: TypeAlias = Answer | Stored

_TASK_OF: Mapping[str, tuple[str, ...]] = {
    "approve": ("review_1", "review_2"),
    "reject": ("review_1", "review_2"),
    "return_review": ("review_2",),
    "judge_document": ("review_1",),
    "waive": ("review_1",),
    "request_supplement": ("review_1",),
    "approve_account": ("account_check",),
    "rejustify": ("hold_rejustify",),
}
"""The tasks that a command works on; whoever gives it holds the task."""


async def give(
    desk: Desk,
    actor: Actor,
    told: Told,
    name: str,
    fields: Mapping[str, Any],
    *,
    seen: int | None,
    command_id: str,
) -> Outcome:
    """Gives a case a command. Raises the problem of a refusal."""
    case_id = told.case.case_id
    first = told.history.answers.get(command_id)
    if first is not None:
        return _answered(first)
    actor = await with_made(desk, actor, told.case.merchant_no)
    order = CommandOrder(name, json.dumps(fields, ensure_ascii=False), command_id, actor, seen)
    waiting = await desk.inbox.has_pending(case_id)
    command = command_of(name, order.body)
    asked = Asked(command_id, actor, desk.now(), seen)
    _check(told, command, asked, waiting=waiting)
    await _check_room(desk, told, name, asked, waiting=waiting)
    claimed = await _hold_task(desk, actor, case_id, name)
    if waiting:
        return await store(desk, case_id, order)
    given = await desk.engine.give(case_id, order)
    if given is None:
        return await store(desk, case_id, order)
    if isinstance(given, Refused):
        for task_id in claimed:  # somebody decided in between: what was claimed for this decision is free again
            await desk.queue.release(task_id, actor.name, actor.roles)
        raise problems.refused(given)
    return _answered(given)


async def check(
    desk: Desk,
    actor: Actor,
    told: Told,
    name: str,
    fields: Mapping[str, Any],
    seen: int | None = None,
    *,
    command_id: str = "check",
) -> None:
    """Raises the problem of a command that would be refused now, without giving it; one that was taken is not."""
    if command_id in told.history.answers:
        return
    waiting = await desk.inbox.has_pending(told.case.case_id)
    command = command_of(name, json.dumps(fields, ensure_ascii=False))
    actor = await with_made(desk, actor, told.case.merchant_no)
    asked = Asked(command_id, actor, desk.now(), seen)
    _check(told, command, asked, waiting=waiting)
    await _check_room(desk, told, name, asked, waiting=waiting)


async def store(desk: Desk, case_id: str, order: CommandOrder) -> Stored:
    """Keeps a command until the engine takes it, and tries again at once beside the request."""
    message = message_of(order)
    try:
        await desk.inbox.put(message.command_id, case_id, message.name, message.body, message.actor)
    except CommandReusedError:  # a repeat whose text went into the vault anew: the one stored first counts
        return Stored(order.command_id)
    desk.metrics.stored()
    desk.soon(deliver_stored(desk, order.command_id), "deliver a stored command")
    return Stored(order.command_id)


def _check(told: Told, command: Command, asked: Asked, *, waiting: bool) -> None:
    """While earlier commands wait, only what will not change is refused: the role, the merchant, an old version."""
    if told.case.finished:
        raise problems.refused(_final(told, command, asked))
    if waiting:
        refused = refusal(told.case, command, asked)
        if refused is not None and (refused.code == "wrong-status" or (asked.seen or 0) > told.case.version):
            refused = None  # what waits may lead there
    else:
        decision = decide(told.case, command, asked, told.policy)
        refused = decision if isinstance(decision, Refused) and not decision.events else None
    if refused is not None:
        raise problems.refused(refused)


async def _check_room(desk: Desk, told: Told, name: str, asked: Asked, *, waiting: bool) -> None:
    refused = await full(desk, told, name, asked, waiting=waiting)
    if refused is not None:
        raise problems.refused(refused)


def _final(told: Told, command: Command, asked: Asked) -> Refused:
    """Why a case that is finished for good, whose workflow has ended, takes no command."""
    decision = decide(told.case, command, asked, told.policy)
    return decision if isinstance(decision, Refused) else refuse("case-finished")


async def _hold_task(desk: Desk, actor: Actor, case_id: str, name: str) -> list[str]:
    """Claims the task a decision is about, when it is free; answers which tasks were not the caller's before. Raises
    the problem of another's live claim."""
    claimed: list[str] = []
    for task in await desk.queue.of_case(case_id) if name in _TASK_OF else ():
        if task.kind not in _TASK_OF[name]:
            continue
        taken = await desk.queue.claim(task.task_id, actor.name, actor.roles)
        if not isinstance(taken, NotTaken) and task.holder != actor.name:
            claimed.append(task.task_id)
        elif isinstance(taken, NotTaken) and taken.reason == "claimed-by-another":
            raise problems.refused(not_taken(taken))
    return claimed


def not_taken(refusal_: NotTaken) -> Refused:
    """Why a task is not the caller's, in words."""
    until = refusal_.held_until.isoformat(timespec="seconds") if refusal_.held_until else ""
    return refuse(refusal_.reason, holder=refusal_.holder or "", until=until)


def _answered(answer: Answer) -> Answer:
    if answer.refusal:
        raise problems.refused(refuse(answer.refusal, why="a document has expired"))
    return answer
