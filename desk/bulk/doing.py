"""One item of a bulk action, done by the same calls a person's own act makes. Done again under its key it is done once:
who was killed in between takes it up again."""

from __future__ import annotations

from desk import commands, problems
from desk.bulk.actions import KEPT_FOR
from desk.bulk.choosing import Chosen
from desk.bulk.judging import Wanted, bounced, of_claim, of_problem, put_off_until, why
from desk.context import Desk
from desk.histories import Told, tell
from desk.notices import notices_of, once_more, order_of
from desk.problems import Problem
from journal.bulk import Why
from journal.claims import NotTaken, Steered
from journal.parties import subject_of
from journal.vault import ForgottenError


async def do(desk: Desk, want: Wanted, item: Chosen, steered: Steered) -> Why | None:
    """Why nothing was done after all; None when it is done. Raises the 503 problem while what it needs is away."""
    match want.action:
        case "hand_over":
            return await _hand_over(desk, want, item, steered)
        case "put_off":
            done = await desk.steering.put_off(item.task_id or "", put_off_until(desk, want), steered)
            return of_claim(done, "") if isinstance(done, NotTaken) else None
        case "note":
            return await _note(desk, want, item, steered)
        case "resend":
            return await _resend(desk, item, steered)
        case "wake":
            return None if await desk.engine.resync(item.case_id) else why("no-workflow")


async def _hand_over(desk: Desk, want: Wanted, item: Chosen, steered: Steered) -> Why | None:
    task_id, named = item.task_id or "", want.fields.get("to")
    if named is not None and want.to is None:  # shut out since it was judged: never to anybody instead
        return None if await desk.steering.was_given(task_id, steered) else why("receiver-shut-out", to=named)
    done = await desk.steering.hand_over(task_id, want.to, desk.clock() + KEPT_FOR, steered)
    return of_claim(done, named or "") if isinstance(done, NotTaken) else None


async def _note(desk: Desk, want: Wanted, item: Chosen, steered: Steered) -> Why | None:
    told = await _told(desk, item)
    if steered.command_id in told.history.answers:
        return None
    try:
        ref = await desk.vault.put(subject_of(told.case.merchant_no), "message", {"text": str(want.fields["text"])})
    except ForgottenError:
        return why("personal-data-erased")
    fields = {"audience": "internal", "text_ref": ref}
    try:
        await commands.give(desk, want.actor, told, "post_message", fields, seen=None, command_id=steered.command_id)
    except Problem as problem:
        if problem.status >= 500:
            raise
        return of_problem(problem)
    return None


async def _resend(desk: Desk, item: Chosen, steered: Steered) -> Why | None:
    told = await _told(desk, item)
    keys = {notice.key for notice in await bounced(desk, told)}
    for notice in notices_of(told):
        order = order_of(told, notice.key) if notice.key in keys else None
        if order is not None and not await desk.engine.resend(once_more(order, steered.command_id)):
            raise problems.unavailable()
    return None


async def _told(desk: Desk, item: Chosen) -> Told:
    told = await tell(desk, item.case_id)
    assert told is not None, "a case that was judged is there"
    return told
