"""Who calls: by bearer token, or by the console's session cookie; and what their roles let them ask for."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import replace
from typing import Annotated

from fastapi import Depends
from fastapi.security import HTTPBearer
from starlette.requests import Request

from desk import problems
from desk.context import Desk, desk_of
from desk.denials import denial_of
from desk.refusals import refuse
from domain.actors import MERCHANT_SIDE, REVIEWERS, Actor
from journal.people import User

COOKIE = "thaw_session"
CSRF_HEADER = "x-csrf-token"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})

STAFF = ("officer", "reviewer", "supervisor", "compliance_head", "auditor", "engineer", "robot")
REVIEW = ("reviewer", "supervisor", "compliance_head", "robot")
OFFICE = ("officer", "supervisor", "compliance_head", "robot")
"""Who registers merchants and terminals."""
PLACERS = ("officer", "compliance_head", "robot")

bearer = HTTPBearer(auto_error=False, description="A token of `stack.json`, or of `POST /merchants/{no}/users`")


async def authenticate(desk: Desk, request: Request) -> Actor:
    """The caller. Raises the 401 problem for none, 403 for a session's request without its CSRF secret, and 429."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token:
        user = await desk.people.by_token(token.strip())
        if user is None:
            await desk.denials.record(denial_of(request, "token-unknown"))
            raise problems.unauthenticated("令牌无效或已过期。", "The token is not valid, or it has expired.")
        return _unhurried(desk, actor_of(user))
    cookie = request.cookies.get(COOKIE)
    session = await desk.sessions.find(cookie) if cookie else None
    if session is None:
        raise problems.unauthenticated(
            "请以 Authorization: Bearer 令牌访问,或登录工作台。", "Send Authorization: Bearer <token>, or log in."
        )
    actor = request.state.caller = _unhurried(desk, actor_of(session.user))
    given = request.headers.get(CSRF_HEADER, "")
    if request.method not in SAFE and not hmac.compare_digest(given.encode(), session.csrf_secret.encode()):
        raise problems.refused(refuse("csrf"))
    return actor


def _unhurried(desk: Desk, actor: Actor) -> Actor:
    """The caller, unless they make too many requests: then the 429 problem is raised."""
    if wait := desk.rates.take(actor.name):
        raise problems.rate_limited(wait)
    return actor


def actor_of(user: User) -> Actor:
    """The user as the rules know them."""
    return Actor(user.name, tuple(sorted(user.roles)), user.merchant_no)


async def with_made(desk: Desk, actor: Actor, merchant_no: str) -> Actor:
    """A reviewer with the log-ins they made for the merchant, which four-eyes counts as theirs; others as they are."""
    if not actor.has(*REVIEWERS):
        return actor
    return replace(actor, also=await desk.people.made_by(actor.name, merchant_no))


def caller(request: Request) -> Actor:
    """The caller, whom the route has authenticated."""
    actor: Actor = request.state.caller
    return actor


def is_merchant_side(actor: Actor) -> bool:
    """Whether the caller sees only what merchants may see."""
    return set(actor.roles) <= MERCHANT_SIDE


def allow(actor: Actor, what: str, *roles: str) -> None:
    """Raises the 403 problem for a caller with none of `roles`."""
    if not actor.has(*roles):
        raise problems.refused(refuse("role-not-allowed", command=what, roles=", ".join(roles)))


def own(actor: Actor, merchant_no: str | None) -> None:
    """Raises the 403 problem for someone of another merchant."""
    if is_merchant_side(actor) and actor.merchant_no != merchant_no:
        raise problems.refused(refuse("not-yours"))


def only(what: str, *roles: str) -> Callable[[Request], Actor]:
    """A dependency that lets only `roles` pass, and gives the caller."""

    def passing(request: Request) -> Actor:
        actor = caller(request)
        allow(actor, what, *roles)
        return actor

    return passing


Caller = Annotated[Actor, Depends(caller)]
TheDesk = Annotated[Desk, Depends(desk_of)]
