"""Who is logged in, and who was denied: people end their own sessions, leads those of others, and shut leavers out."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request

from desk import problems
from desk.access import Caller, TheDesk, only
from desk.refusals import refuse
from desk.routes import DeskRoute
from domain.actors import Actor
from domain.business_time import format_time, local_date
from journal.people import NoSuchUserError, User
from journal.registry import Act
from journal.sessions import LoggedIn

router = APIRouter(prefix="/api/v1/access", tags=["access"], route_class=DeskRoute)

LEADS = ("supervisor", "compliance_head")
"""Who ends others' sessions and shuts people out."""
READERS = (*LEADS, "auditor")

Lead = Annotated[Actor, Depends(only("manage who has access", *LEADS))]
Reader = Annotated[Actor, Depends(only("see who has access", *READERS))]


@router.get("/sessions", summary="My sessions")
async def get_own_sessions(actor: Caller, desk: TheDesk) -> dict[str, Any]:
    """Where the caller is logged in, the session used last first."""
    return {"items": [session_shown(one) for one in await desk.sessions.of(actor.name)]}


@router.post("/sessions/{number}/end", summary="End one of my sessions")
async def post_end_own(number: int, actor: Caller, desk: TheDesk) -> dict[str, Any]:
    if not await desk.sessions.revoke(actor.name, number):
        raise problems.not_found(f"没有您的登录 {number}。", f"You have no session {number}.")
    return {"ended": 1}


@router.get("/users/{name}/sessions", summary="Somebody's sessions")
async def get_sessions(name: str, _: Reader, desk: TheDesk) -> dict[str, Any]:
    user = await _user(desk, name)
    return {"user": user.name, "items": [session_shown(one) for one in await desk.sessions.of(user.name)]}


@router.post("/users/{name}/sessions/end", summary="End all of somebody's sessions")
async def post_end_all(name: str, actor: Lead, request: Request, desk: TheDesk) -> dict[str, Any]:
    """Who ended them is journaled."""
    user = await _user(desk, name)
    return {"ended": await desk.people.end_sessions(user.name, _act(desk, actor, request))}


@router.post("/users/{name}/unlock", summary="Let somebody try their password again at once")
async def post_unlock(name: str, actor: Lead, request: Request, desk: TheDesk) -> dict[str, Any]:
    """After too many wrong passwords from anywhere. (An address that guesses goes on waiting.) Journaled first."""
    user = await _user(desk, name)
    await desk.people.unlocked(user.name, _act(desk, actor, request))
    await desk.tries.forgive(f"login:{user.name}")
    return {"user": user.name}


@router.post("/users/{name}/disable", summary="Shut somebody out")
async def post_disable(name: str, actor: Lead, request: Request, desk: TheDesk) -> dict[str, Any]:
    """No password, token or session of theirs counts any more. What they hold in the queue falls free when its lease
    ends. Who shut them out is journaled."""
    user = await _user(desk, name)
    if user.name == actor.name:
        raise problems.refused(refuse("not-oneself"))
    try:
        await desk.people.disable(user.name, _act(desk, actor, request))
    except NoSuchUserError:
        raise problems.refused(refuse("shut-out-already", name=user.name)) from None
    return {"user": user.name}


@router.get("/denials", summary="Who was denied what")
async def get_denials(
    _: Annotated[Actor, Depends(only("see denials", *READERS))],
    desk: TheDesk,
    day: Annotated[date | None, Query()] = None,
) -> dict[str, Any]:
    """The tries of a day in Shanghai (today), in order."""
    asked = (day or local_date(desk.clock())).isoformat()
    denied = await desk.denials.of_day(asked)
    return {"day": asked, "items": [{"at": one.at, "actor": one.actor, **asdict(one.denial)} for one in denied]}


def session_shown(one: LoggedIn) -> dict[str, Any]:
    """A session for its owner or a lead."""
    times = {name: format_time(getattr(one, name)) for name in ("created_at", "seen_at", "expires_at")}
    return {"number": one.number, "method": one.method, "origin": one.origin, "agent": one.agent, **times}


def _act(desk: TheDesk, actor: Actor, request: Request) -> Act:
    return Act(actor.signing_as(LEADS), request.state.command_id, desk.now())


async def _user(desk: TheDesk, name: str) -> User:
    user = await desk.people.find(name)
    if user is None:
        raise problems.not_found(f"没有用户 {name}。", f"There is no user {name}.")
    return user
