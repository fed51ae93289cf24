"""Field service (a stand-in): visits to merchants, booked, assigned, done, missed or called off."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from fastapi import APIRouter, FastAPI
from starlette.responses import Response

from partners.field import visits
from partners.field.forms import MoveRequest, Visit, VisitBehaviour, VisitRequest
from partners.field.visits import VISITS
from partners.kit import (
    Connection,
    Course,
    Effect,
    Here,
    Name,
    Partner,
    Settings,
    add_readings,
    do_due,
    partner_app,
    refusals,
)

DESCRIPTION = """
A stand-in for the company whose technicians visit merchants: to install, repair, swap, inspect or collect a terminal.

A visit is `requested`, `assigned`, `on_site`, `done` or `cancelled`; a move that its state does not allow is refused
with `impossible-move`. When nobody is there (`no_show`) it is asked for again, and after the second time cancelled.
About one terminal there is one open visit at a time.

Every answer that the desk waits for comes as a signed callback to `/hooks/field`: `assigned` (with `slot`, if an
appointment was made), `done` (with `result`: `done`, `beyond_repair` or `swapped`), `no_show` or `cancelled`. Its
`step_key` is the key the visit was booked under.
"""

routes = APIRouter(tags=["visits"])


@routes.post("/visits", status_code=202, response_model=Visit, responses=refusals(409), summary="Book a visit")
async def book(body: VisitRequest, effect: Effect, here: Here) -> Response:
    """Taken at once, answered by callbacks. `already-open`: there is an open visit about this terminal."""

    async def work(connection: Connection) -> Visit:
        course = await VISITS.begin(
            connection, effect.key, body.case_id, "requested", body, subjects=[body.terminal_sn]
        )
        await visits.plan_next(connection, here, course)
        return visits.shown(course)

    return await effect.once("visit", body, work, status=202)


add_readings(
    routes,
    "/visits",
    VISITS,
    Visit,
    visits.shown,
    one="A visit",
    with_="With its report once it is done.",
)


@routes.post(
    "/visits/{ref}/moves",
    status_code=201,
    response_model=Visit,
    responses=refusals(404, 409),
    summary="Move a visit on: assign, arrive, complete, no_show, cancel",
)
async def move(ref: Name, body: MoveRequest, effect: Effect, here: Here) -> Response:
    """`cancel` is for whoever booked it; the other moves are the technicians'."""

    async def work(connection: Connection) -> Visit:
        return visits.shown(await visits.make(connection, here, await VISITS.lock(connection, ref), body))

    return await effect.once("visit-move", body, work)


@asynccontextmanager
async def _acting(partner: Partner) -> AsyncGenerator[None]:
    async def perform(connection: Connection, course: Course, _: str, details: dict[str, Any]) -> None:
        await visits.make(connection, partner, course, MoveRequest.model_validate(details))

    async with partner.keep_doing(partial(do_due, partner, VISITS, perform)):
        yield


def app(settings: Settings) -> FastAPI:
    """The field service; `after_ms` is how long each of its own moves takes."""
    return partner_app(
        "field",
        settings,
        title="Field service",
        description=DESCRIPTION,
        routes=routes,
        lifespan=_acting,
        behaviour=VisitBehaviour(after_seconds=settings.number("after_ms", 20_000) / 1000),
    )
