"""Logistics (a stand-in): parcels to merchants and back, dispatched, delivered, lost, inspected."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from fastapi import APIRouter, FastAPI
from starlette.responses import Response

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
from partners.logistics import shipments
from partners.logistics.forms import MoveRequest, Shipment, ShipmentBehaviour, ShipmentRequest
from partners.logistics.shipments import FROM_MERCHANT

DESCRIPTION = """
A stand-in for the carrier that brings terminals, loaners and paper to merchants, and brings devices back.

A shipment is `booked`, `under_way`, then `delivered`, `sent_back` or `lost`; while booked it may be `cancelled`. What
comes back from a merchant is `inspected` once it is delivered, and damage has its price. A move that the state does not
allow is refused with `impossible-move`. A numbered device is in one open shipment at a time.

Every move is told by a signed callback to `/hooks/logistics`: `dispatched`, `delivered`, `sent_back`, `lost`,
`cancelled` or `inspected`. Its `step_key` is the key the shipment was booked under.
"""

routes = APIRouter(tags=["shipments"])


@routes.post("/shipments", status_code=202, response_model=Shipment, responses=refusals(409), summary="Book a shipment")
async def book(body: ShipmentRequest, effect: Effect, here: Here) -> Response:
    """Taken at once, answered by callbacks. `already-open`: one of the devices is in another open shipment."""

    async def work(connection: Connection) -> Shipment:
        course = await shipments.table_of(body.direction).begin(
            connection, effect.key, body.case_id, "booked", body, subjects=body.devices()
        )
        await shipments.plan_next(connection, here, course)
        return shipments.shown(course)

    return await effect.once("shipment", body, work, status=202)


add_readings(
    routes,
    "/shipments",
    FROM_MERCHANT,
    Shipment,
    shipments.shown,
    one="A shipment",
    with_="With its inspection once it came back.",
)


@routes.post(
    "/shipments/{ref}/moves",
    status_code=201,
    response_model=Shipment,
    responses=refusals(404, 409),
    summary="Move a shipment on: dispatch, deliver, send_back, lose, cancel, inspect",
)
async def move(ref: Name, body: MoveRequest, effect: Effect, here: Here) -> Response:
    """`cancel` is for whoever booked it; the other moves are the carrier's."""

    async def work(connection: Connection) -> Shipment:
        return shipments.shown(await shipments.make(connection, here, await FROM_MERCHANT.lock(connection, ref), body))

    return await effect.once("shipment-move", body, work)


@asynccontextmanager
async def _acting(partner: Partner) -> AsyncGenerator[None]:
    async def perform(connection: Connection, course: Course, _: str, details: dict[str, Any]) -> None:
        await shipments.make(connection, partner, course, MoveRequest.model_validate(details))

    async with partner.keep_doing(partial(do_due, partner, FROM_MERCHANT, perform)):
        yield


def app(settings: Settings) -> FastAPI:
    """The logistics partner; `after_ms` is how long each of its own moves takes."""
    return partner_app(
        "logistics",
        settings,
        title="Logistics",
        description=DESCRIPTION,
        routes=routes,
        lifespan=_acting,
        behaviour=ShipmentBehaviour(after_seconds=settings.number("after_ms", 2000) / 1000),
    )
