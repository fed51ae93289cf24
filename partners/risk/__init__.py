"""Risk control (a stand-in): rules to lift, the transactions they question, limits and watches."""

from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, FastAPI, Query
from starlette.responses import Response

from partners.kit import Connection, Effect, Here, Name, Settings, partner_app, refusals
from partners.risk import store
from partners.risk.forms import (
    Hit,
    HitRequest,
    LiftRequest,
    Limit,
    LimitRequest,
    Monitoring,
    QuestionedList,
    ReinstateRequest,
    Rule,
    RuleLifted,
    RuleReinstated,
    RuleRequest,
    RuleSet,
    Watch,
    WatchRequest,
)

DESCRIPTION = """
A stand-in for an acquirer's risk control.

A **rule** (named by risk control's own reference) bites on terminals until it is lifted there for a control. Lifting
can be taken back, but only by the control it was done for. A rule this service never heard of is entered as it is
lifted: alerts may reach the case desk by other ways than this one.

It also says which **transactions** a control questions, keeps reduced **limits**, and **watches** merchants after a
release.
"""

routes = APIRouter(tags=["rules"])
watch_routes = APIRouter(tags=["limits and watches"])


@routes.post(
    "/rules", status_code=201, response_model=RuleSet, responses=refusals(409), summary="Let a rule bite on a terminal"
)
async def set_rule(body: RuleRequest, effect: Effect) -> Response:
    """A rule that was lifted on this terminal bites again."""

    async def work(connection: Connection) -> RuleSet:
        return await store.set_rule(connection, body)

    return await effect.once("rule", body, work)


@routes.post(
    "/rules/lift", response_model=RuleLifted, responses=refusals(409), summary="Lift a rule on a terminal for a control"
)
async def lift(body: LiftRequest, effect: Effect) -> Response:
    """A rule never heard of is entered and lifted. One lifted before stays so: `already_lifted`."""

    async def work(connection: Connection) -> RuleLifted:
        return await store.lift(connection, body)

    return await effect.once("lift-rule", body, work, status=200)


@routes.post(
    "/rules/reinstate",
    response_model=RuleReinstated,
    responses=refusals(404, 409),
    summary="Take back what was lifted for a control",
)
async def reinstate(body: ReinstateRequest, effect: Effect) -> Response:
    """Only what this very control lifted bites again; doing it twice changes nothing more."""

    async def work(connection: Connection) -> RuleReinstated:
        return await store.reinstate(connection, body)

    return await effect.once("reinstate-rule", body, work, status=200)


@routes.get(
    "/rules/{external_ref}", response_model=Rule, responses=refusals(404), summary="A rule, where it bites, its history"
)
async def rule(external_ref: Name, here: Here) -> Rule:
    """`lifted` when it is lifted on every terminal it was heard of."""
    async with here.connection() as connection:
        return await store.find_rule(connection, external_ref)


@routes.put(
    "/questioned/{external_ref}", response_model=QuestionedList, summary="Name the transactions a control questions"
)
async def question(external_ref: Name, body: QuestionedList, here: Here) -> QuestionedList:
    """The list replaces the one before."""
    async with here.connection() as connection:
        await store.question(connection, external_ref, body)
        return await store.questioned(connection, external_ref)


@routes.get("/questioned/{external_ref}", response_model=QuestionedList, summary="The transactions a control questions")
async def questioned(external_ref: Name, here: Here) -> QuestionedList:
    """In the order risk control named them; empty when it questions none."""
    async with here.connection() as connection:
        return await store.questioned(connection, external_ref)


@watch_routes.post(
    "/limits",
    status_code=201,
    response_model=Limit,
    responses=refusals(409),
    summary="Reduce or restore a merchant's limits",
)
async def set_limit(body: LimitRequest, effect: Effect) -> Response:
    """Of each case the newest word counts; 100 percent takes back what the case reduced."""

    async def work(connection: Connection) -> Limit:
        return await store.set_limit(connection, body)

    return await effect.once("limit", body, work)


@watch_routes.get("/limits/{merchant_no}", response_model=Limit, summary="The limits in force for a merchant")
async def limit(merchant_no: Name, here: Here) -> Limit:
    """The lowest that any case asks for; 100 percent for a merchant whose limits nobody ever touched."""
    async with here.connection() as connection:
        return await store.limit_of(connection, merchant_no)


@watch_routes.post(
    "/monitoring",
    status_code=201,
    response_model=Watch,
    responses=refusals(409),
    summary="Watch a merchant after a release",
)
async def start_watch(body: WatchRequest, effect: Effect) -> Response:
    """Begins a watch that ends at `until`."""

    async def work(connection: Connection) -> Watch:
        return await store.start_watch(connection, body)

    return await effect.once("watch", body, work)


@watch_routes.get("/monitoring", response_model=Monitoring, summary="The watches of a case and what they saw")
async def monitoring(case_id: Annotated[Name, Query()], here: Here) -> Monitoring:
    """Also watches that have ended."""
    async with here.connection() as connection:
        return await store.monitoring_of(connection, case_id)


@watch_routes.post(
    "/monitoring/{watch_ref}/hits",
    status_code=201,
    response_model=Hit,
    responses=refusals(404, 409),
    summary="Enter what a watch saw",
)
async def note_hit(watch_ref: Name, body: HitRequest, effect: Effect) -> Response:
    """`watch-over`: the watch had ended before it."""

    async def work(connection: Connection) -> Hit:
        return await store.note_hit(connection, watch_ref, body)

    return await effect.once("hit", body, work)


def app(settings: Settings) -> FastAPI:
    """The risk partner."""
    every = APIRouter()
    every.include_router(routes)
    every.include_router(watch_routes)
    return partner_app(
        "risk",
        settings,
        title="Risk control",
        description=DESCRIPTION,
        schema=Path(__file__).with_name("schema.sql"),
        routes=every,
    )
