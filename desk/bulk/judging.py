"""Whether an item of a bulk action would be moved, judged by what holds now. The same is judged before and while it is
carried out; only what was judged good is done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from desk import commands
from desk.bulk.actions import ROLES
from desk.bulk.choosing import Chosen
from desk.context import Desk
from desk.histories import Told, tell
from desk.notices import Notice, notices_of
from desk.problems import Problem
from domain.actors import Actor
from domain.business_time import due_time, local_time
from journal.bulk import Action, Why
from journal.claims import NotTaken
from journal.people import User

OF_ANOTHER = {"not-entitled": "receiver-not-entitled", "excluded": "receiver-excluded"}
"""What is said of the one who would get a task, where a claim's refusal speaks to whom it refuses."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be done, with whose rights, and who may work at the desk now."""

    action: Action
    fields: Mapping[str, Any]
    actor: Actor
    people: Mapping[str, User] = field(default_factory=dict)

    @property
    def to(self) -> User | None:
        return self.people.get(str(self.fields.get("to")))


async def wanted(desk: Desk, action: Action, fields: Mapping[str, Any], actor: Actor) -> Wanted:
    """The action with the people there are now."""
    return Wanted(action, fields, actor, {user.name: user for user in await desk.people.all()})


async def judge(desk: Desk, want: Wanted, item: Chosen) -> Why | None:
    """Why the item would be skipped; None when it would be moved."""
    asker = want.people.get(want.actor.name)
    if asker is None or not asker.roles & set(ROLES[want.action]):
        return why("asker-without-rights", asker=want.actor.name)
    match want.action:
        case "hand_over":
            return await _hand_over(desk, want, item)
        case "put_off":
            return await _put_off(desk, want, item)
        case "note":
            return await _note(desk, want, item)
        case "resend":
            return await _resend(desk, item)
        case "wake":
            return await _wake(desk, item)


async def _hand_over(desk: Desk, want: Wanted, item: Chosen) -> Why | None:
    name, of = want.fields.get("to"), want.fields.get("of")
    if name is not None and want.to is None:
        return why("receiver-shut-out", to=name)
    standing = await desk.steering.standing(item.task_id, want.to) if item.task_id else None
    if standing is None or item.task_id is None:
        return why("no-open-task")
    if standing.closed:
        return why("task-closed")
    if of is not None and not await desk.steering.is_theirs(item.task_id, of):
        return why("not-theirs", of=of)
    held = standing.held(desk.clock())
    if want.to is None:
        free = not held and item.task_id not in await desk.asides.of([item.task_id])
        return why("in-the-queue-already") if free and of is None else None
    if (barred := standing.barred()) is not None:
        return of_claim(barred, want.to.name)
    if held and standing.holder == name:
        return why("theirs-already", to=name)
    unfit = await desk.rota.why_not(want.to.name, item.task_id)
    return why(f"receiver-{unfit}", to=name) if unfit else None


async def _put_off(desk: Desk, want: Wanted, item: Chosen) -> Why | None:
    standing = await desk.steering.standing(item.task_id, None) if item.task_id else None
    if standing is None or item.task_id is None:
        return why("no-open-task")
    if standing.closed:
        return why("task-closed")
    if standing.held(desk.clock()):
        return why("someone-works-on-it", holder=standing.holder)
    until, task = put_off_until(desk, want), await desk.queue.find(item.task_id)
    if task is not None and task.due_at is not None and until > task.due_at:
        return why("put-off-too-long", due=due_time(task.due_at).zh)
    aside = (await desk.asides.of([item.task_id])).get(item.task_id)
    if aside is not None and aside.until >= until - timedelta(minutes=1):
        return why("put-off-already", until=local_time(aside.until))
    return None


async def _note(desk: Desk, want: Wanted, item: Chosen) -> Why | None:
    told = await tell(desk, item.case_id)
    if told is None:
        return why("no-such-case", case=item.case_id)
    if told.case.finished:
        return why("case-finished")
    if await desk.erasing.erased_at(told.case.merchant_no):
        return why("personal-data-erased")
    try:
        await commands.check(desk, want.actor, told, "post_message", {"audience": "internal", "text_ref": "unread"})
    except Problem as problem:
        return of_problem(problem)
    return None


async def _resend(desk: Desk, item: Chosen) -> Why | None:
    told = await tell(desk, item.case_id)
    if told is None:
        return why("no-such-case", case=item.case_id)
    if await desk.erasing.erased_at(told.case.merchant_no):
        return why("personal-data-erased")
    return None if await bounced(desk, told) else why("nothing-bounced")


async def _wake(desk: Desk, item: Chosen) -> Why | None:
    told = await tell(desk, item.case_id)
    if told is None:
        return why("no-such-case", case=item.case_id)
    return why("case-finished") if told.case.finished else None


async def bounced(desk: Desk, told: Told) -> list[Notice]:
    """The merchant's notices of which the last that was heard is that they bounced."""
    last = {mark.notice_key: mark.mark for mark in await desk.contacting.marks(told.case.case_id)}
    return [one for one in notices_of(told) if one.audience == "merchant" and last.get(one.key) == "bounced"]


def put_off_until(desk: Desk, want: Wanted) -> datetime:
    return desk.clock() + timedelta(minutes=int(want.fields["minutes"]))


def why(code: str, **facts: object) -> Why:
    return Why(code, {name: str(value) for name, value in facts.items()})


def of_claim(refused: NotTaken, to: str) -> Why:
    """Why a task cannot be someone's."""
    if refused.reason == "claimed-by-another":
        return why("someone-works-on-it", holder=refused.holder)
    return why(OF_ANOTHER.get(refused.reason, refused.reason), to=to)


def of_problem(problem: Problem) -> Why:
    """Why a command would be refused."""
    return why(problem.kind.removeprefix("refused:"), **problem.more.get("facts", {}))
