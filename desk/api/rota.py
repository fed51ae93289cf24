"""The rota: what the queue gives to whom, and who is away. Leads keep it; it changes what `next` hands out only."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal, Self

from fastapi import APIRouter, Depends
from pydantic import Field, StrictInt, model_validator

from desk import problems
from desk.access import TheDesk, only
from desk.bodies import Body
from desk.routes import DeskRoute
from domain.actors import Actor
from domain.listing import TASK_KINDS
from domain.policy import Policy, Tier
from journal.people import NoSuchUserError
from journal.rota import Colleague, Share

router = APIRouter(prefix="/api/v1/rota", tags=["rota"], route_class=DeskRoute)

LEADS = ("supervisor", "compliance_head")
READERS = (*LEADS, "auditor")
MOST_DAYS = 400

Lead = Annotated[Actor, Depends(only("keep the rota", *LEADS))]
Kind = Literal["review_1", "review_2", "account_check", "hold_rejustify"]
Family = Annotated[str, Field(pattern=r"^[A-Z]{1,3}$")]
Chosen = Field(min_length=1, max_length=40)


class ShareBody(Body):
    """What someone is given: kinds of tasks, tiers and families of reasons, each absent or null for all."""

    kinds: Annotated[list[Kind], Chosen] | None = None
    levels: Annotated[list[Tier], Chosen] | None = None
    families: Annotated[list[Family], Chosen] | None = None
    most_claims: Annotated[StrictInt, Field(ge=1, le=100)] | None = None


class AbsenceBody(Body):
    """Days on which someone is given nothing, both ends included, in Shanghai."""

    first_day: date
    last_day: date

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not 0 <= (self.last_day - self.first_day).days <= MOST_DAYS:
            raise ValueError(f"last_day is on or after first_day, by at most {MOST_DAYS} days")
        return self


@router.get("", summary="What everyone is given, holds, and when they are away")
async def get_rota(_: Annotated[Actor, Depends(only("see the rota", *READERS))], desk: TheDesk) -> dict[str, Any]:
    """`kinds`, `levels` and `families` are null for all, `most_claims` for no limit."""
    people = await desk.rota.people()
    return {"items": [shown(one) for one in people], "kinds": TASK_KINDS, "families": families(desk.policy)}


@router.post("/{name}", summary="Set what somebody is given")
async def post_share(name: str, body: ShareBody, actor: Lead, desk: TheDesk) -> dict[str, Any]:
    """What `next` hands them from now on. What they hold they keep, and what their roles let them they may take."""
    try:
        await desk.rota.set(name, Share(**body.model_dump()), actor.signing_as(LEADS))
    except NoSuchUserError:
        raise _nobody(name) from None
    return await _one(desk, name)


@router.post("/{name}/absences", status_code=201, summary="Plan somebody's absence")
async def post_absence(name: str, body: AbsenceBody, actor: Lead, desk: TheDesk) -> dict[str, Any]:
    try:
        number = await desk.rota.plan_absence(name, body.first_day, body.last_day, actor.signing_as(LEADS))
    except NoSuchUserError:
        raise _nobody(name) from None
    return {"number": number, **await _one(desk, name)}


@router.post("/{name}/absences/{number}/end", summary="Take an absence back")
async def post_end_absence(name: str, number: int, actor: Lead, desk: TheDesk) -> dict[str, Any]:
    try:
        ended = await desk.rota.end_absence(name, number, actor.signing_as(LEADS))
    except NoSuchUserError:
        raise _nobody(name) from None
    if not ended:
        raise problems.not_found(f"{name} 没有休假 {number}。", f"{name} has no absence {number}.")
    return await _one(desk, name)


async def _one(desk: TheDesk, name: str) -> dict[str, Any]:
    (one,) = await desk.rota.people(name)
    return shown(one)


def families(policy: Policy) -> list[str]:
    """The families of reasons there are: the letters their codes begin with."""
    return sorted({code.rstrip("0123456789") for code in policy.reasons})


def shown(one: Colleague) -> dict[str, Any]:
    """Someone's line of the rota."""
    return {
        "name": one.name,
        "roles": list(one.roles),
        "kinds": one.share.kinds,
        "levels": one.share.levels,
        "families": one.share.families,
        "most_claims": one.share.most_claims,
        "holds": one.holds,
        "absences": [
            {"number": a.number, "first_day": a.first_day.isoformat(), "last_day": a.last_day.isoformat()}
            for a in one.absences
        ],
    }


def _nobody(name: str) -> problems.Problem:
    return problems.not_found(f"没有员工 {name}。", f"There is no member of staff {name}.")
