"""The policy in force and its levers: where each stands, what it may be moved to, and moving it with four eyes."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request

from desk import problems
from desk.access import TheDesk, only
from desk.bodies import DropChangeBody, PolicyChangeBody, Setting
from desk.context import Desk
from desk.policy import Asked, NoSuchChangeError, new_change_id
from desk.problems import FieldError
from desk.routes import DeskRoute
from domain import levers as rules
from domain.actors import Actor
from domain.levers import Lever, Value
from domain.policy import Policy
from domain.policy_changes import LEADS, Change, Changes, PolicyChangeProposed, Wrong, told
from domain.refusals import Refused
from journal.touched import LATELY, Rule
from policies.levers import lever, levers

router = APIRouter(prefix="/api/v1/policy", tags=["policy"], route_class=DeskRoute)

READERS = (*LEADS, "engineer", "auditor")

Reader = Annotated[Actor, Depends(only("see the policy's levers", *READERS))]
Lead = Annotated[Actor, Depends(only("move the policy's levers", *LEADS))]


@router.get("", summary="The policy in force, and every number of it that may be moved")
async def get_policy(_: Reader, desk: TheDesk) -> dict[str, Any]:
    """`version` is what a case opened now is judged under to its end; it spells out what was moved from `base`.
    Each lever tells its `value`, the `shipped` one, the change it comes from, its bounds, and the next change that is
    confirmed for a later day. `proposals` wait for a second person."""
    changes = await desk.policies.changes()
    base, policy = desk.policies.base, desk.policies.known
    return {
        "version": policy.version,
        "name": rules.short(policy.version),
        "digest": policy.digest,
        "base": base.version,
        "base_digest": base.digest,
        "today": desk.policies.today.isoformat(),
        "levers": [_lever_shown(one, policy, base, changes, desk.policies.today) for one in levers(base)],
        "proposals": [_change_shown(change, base) for change in changes.items if change.state == "proposed"],
    }


@router.get("/history", summary="Every change that was proposed: who, when, why, and what became of it")
async def get_history(_: Reader, desk: TheDesk) -> dict[str, Any]:
    """Newest first."""
    changes, base = await desk.policies.changes(), desk.policies.base
    return {"items": [_change_shown(change, base) for change in reversed(changes.items)]}


@router.get("/preview", summary="How many cases a change would be about")
async def get_preview(
    _: Reader,
    desk: TheDesk,
    lever_: Annotated[str, Query(alias="lever", max_length=80)],
    new: Annotated[str | None, Query(max_length=80)] = None,
) -> dict[str, Any]:
    """`open`: the cases open now, all of which keep the rule they were opened under; `concerned`: those among them that
    the rule is about (for an amount: those between the old and the `new` one); `lately`: how many cases were opened in
    the last `days`, as many as may be expected to come under the new rule in as many days."""
    await desk.policies.changes()
    known = _known(desk, lever_)
    stands = rules.read(desk.policies.known, lever_)
    counts = await desk.touched.by(Rule(known.statuses, known.reason, _between(known, stands, new)))
    return {
        "lever": lever_,
        "open": counts.open,
        "concerned": counts.concerned,
        "lately": counts.lately,
        "days": LATELY.days,
    }


@router.post("/changes", status_code=201, summary="Propose to move a lever")
async def post_change(actor: Lead, request: Request, desk: TheDesk, body: PolicyChangeBody) -> dict[str, Any]:
    """`old` is what the proposer saw: when the lever moved meanwhile the proposal is refused. Nothing moves until
    someone else confirms it."""
    known = _known(desk, body.lever)
    command_id = request.state.command_id
    proposal = PolicyChangeProposed(
        change_id=new_change_id(command_id),
        base=desk.policies.base.version,
        lever=known.key,
        old=_written(body.old),
        new=_written(body.new),
        reason=body.reason,
        effective=body.effective.isoformat(),
    )
    return _answered(await desk.policies.propose(proposal, Asked(actor, command_id)), desk)


@router.post("/changes/{change_id}/confirm", summary="Confirm a change, as its second person")
async def post_confirm(change_id: str, actor: Lead, request: Request, desk: TheDesk) -> dict[str, Any]:
    """Whoever proposed it may not; one of the two is a compliance head. Answers with the new version and its digest."""
    try:
        return _answered(await desk.policies.confirm(change_id, Asked(actor, request.state.command_id)), desk)
    except NoSuchChangeError:
        raise _no_change(change_id) from None


@router.post("/changes/{change_id}/drop", summary="Take a proposal back, or decline it")
async def post_drop(
    change_id: str, actor: Lead, request: Request, desk: TheDesk, body: DropChangeBody
) -> dict[str, Any]:
    try:
        return _answered(await desk.policies.drop(change_id, body.reason, Asked(actor, request.state.command_id)), desk)
    except NoSuchChangeError:
        raise _no_change(change_id) from None


def _answered(outcome: Change | Refused | tuple[Wrong, ...], desk: Desk) -> dict[str, Any]:
    """Raises the problem of a refusal, or of fields that cannot be."""
    if isinstance(outcome, Refused):
        raise problems.refused(outcome)
    if isinstance(outcome, tuple):
        raise problems.invalid(FieldError(one.field, one.text) for one in outcome)
    return _change_shown(outcome, desk.policies.base)


def _known(desk: Desk, key: str) -> Lever:
    found = lever(desk.policies.base, key)
    if found is None:
        raise problems.field_error("lever", f"没有可调项 {key}", f"There is no lever {key}")
    return found


def _no_change(change_id: str) -> problems.Problem:
    return problems.not_found(f"没有政策变更 {change_id}。", f"There is no policy change {change_id}.")


def _written(setting: Setting) -> str:
    """A value as a version has it, from a number, several, or a text such as `3, 1` or `21:00`."""
    if isinstance(setting, list):
        return ";".join(map(str, setting))
    text = str(setting).replace("，", ",").replace("；", ";").replace("：", ":")
    return ";".join(part.strip() for part in text.replace(";", ",").split(","))


def _between(known: Lever, stands: Value, new: str | None) -> tuple[int, int] | None:
    """The amounts about which an old and a new bound differ."""
    if known.unit != "fen" or not isinstance(stands, int):
        return None
    would = int(new) if new and new.isdecimal() else stands
    return min(stands, would), max(stands, would)


def shown(value: Value) -> int | str | list[int]:
    """A value as JSON has it."""
    if isinstance(value, tuple):
        return list(value)
    return value if isinstance(value, int) else rules.written(value)


def _lever_shown(one: Lever, policy: Policy, base: Policy, changes: Changes, today: date) -> dict[str, Any]:
    by = changes.last_moved(base.version, one.key, today)
    later = [
        change
        for effective, _, change in changes.confirmed(base.version)
        if change.proposed.lever == one.key and effective > today.isoformat()
    ]
    stands = rules.read(policy, one.key)
    return {
        "key": one.key,
        "group": one.group,
        "unit": one.unit,
        "title": {"zh": one.title.zh, "en": one.title.en},
        "affects": {"zh": one.affects.zh, "en": one.affects.en},
        "value": shown(stands),
        "shipped": shown(rules.read(base, one.key)),
        "least": shown(one.least),
        "most": shown(one.most),
        "moved_by": by.change_id if by else None,
        "since": by.effective if by else None,
        "next": _next_shown(later[0], stands) if later else None,
    }


def _next_shown(change: Change, like: Value) -> dict[str, Any]:
    return {
        "value": shown(rules.parsed(change.proposed.new, like)),
        "effective": change.effective,
        "change_id": change.change_id,
    }


def _change_shown(change: Change, base: Policy) -> dict[str, Any]:
    """With values as JSON has them, and the lever's name and unit where the policy still has it."""
    known, found = lever(base, change.proposed.lever), told(change)
    if known is not None:
        like = rules.read(base, known.key)
        found |= {name: shown(rules.parsed(found[name], like)) for name in ("old", "new")}
    title = {"zh": known.title.zh, "en": known.title.en} if known else None
    return {**found, "title": title, "unit": known.unit if known else None}
