"""Terminal management (a stand-in): devices, their bindings, named blocks, parameters, limits and health."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Annotated, Any
from uuid import uuid4

from fastapi import APIRouter, FastAPI, Query
from starlette.responses import Response

from partners.kit import (
    Behaviour,
    Connection,
    Course,
    Effect,
    Here,
    Name,
    Partner,
    Settings,
    do_due,
    partner_app,
    refusals,
)
from partners.terminals import device, store, wipes
from partners.terminals.forms import (
    BlockLifted,
    BlockPlaced,
    BlockRequest,
    DeviceRequest,
    Health,
    LiftRequest,
    LimitsRequest,
    LimitsSet,
    MoveMade,
    MoveRequest,
    Parameters,
    ParametersRequest,
    Registration,
    Terminal,
    TestTransaction,
    TestTransactionRequest,
)
from partners.terminals.states import WIPES
from partners.terminals.wipes import Wipe, WipeRequest

DESCRIPTION = """
A stand-in for the system that manages an acquirer's POS terminals.

A terminal is `in_stock`, `bound`, `activated`, `disabled`, `unbound` or `retired`; a move that its state does not
allow is refused with `impossible-move`, and the answer names the moves that are possible. A terminal serves one
merchant at a time.

**Blocks** are named after the control that placed them. Several may stand at once, each is lifted by its own name, and
a terminal may transact only when it is activated and no block stands.

A **wipe** revokes the device's keys at once; the device confirms it when it is online, and serves nobody else before.
"""

routes = APIRouter(tags=["terminals"])
device_routes = APIRouter(tags=["device"])


@routes.put(
    "/terminals/{sn}",
    response_model=Terminal,
    responses=refusals(409),
    summary="Register a terminal and bind it to its merchant",
)
async def register(sn: Name, body: Registration, here: Here) -> Terminal:
    """A new device is entered, bound and activated at once; repeating it changes only what differs.

    A disabled terminal stays disabled. `bound-elsewhere`: it serves another merchant.
    """
    async with here.connection() as connection:
        return await store.register(connection, sn, body)


@routes.get("/terminals/{sn}", response_model=Terminal, responses=refusals(404), summary="A terminal as it is now")
async def read(sn: Name, here: Here) -> Terminal:
    """State, binding, standing blocks, parameters, limits, and whether it may transact."""
    async with here.connection() as connection:
        return await store.find(connection, sn)


@routes.get("/terminals", response_model=list[Terminal], summary="The terminals of a merchant")
async def of_merchant(merchant_no: Annotated[Name, Query()], here: Here) -> list[Terminal]:
    """All terminals bound to the merchant, by serial number; empty when there are none."""
    async with here.connection() as connection:
        return await store.of_merchant(connection, merchant_no)


@routes.post(
    "/terminals/{sn}/moves",
    status_code=201,
    response_model=Terminal,
    responses=refusals(404, 409),
    summary="Move a terminal on: bind, activate, disable, enable, unbind, restock, retire",
)
async def move(sn: Name, body: MoveRequest, effect: Effect) -> Response:
    """`impossible-move`: not from its present state. `blocks-standing`: it cannot leave its merchant under a block."""

    async def work(connection: Connection) -> Terminal:
        return await store.move(connection, sn, body.move, body.merchant_no)

    return await effect.once("move", body, work)


@routes.get(
    "/terminals/{sn}/moves", response_model=list[MoveMade], responses=refusals(404), summary="The moves it made"
)
async def moves(sn: Name, here: Here) -> list[MoveMade]:
    """Every move since the terminal was first seen, oldest first."""
    async with here.connection() as connection:
        return await store.moves_of(connection, sn)


@routes.post(
    "/terminals/{sn}/blocks",
    status_code=201,
    response_model=BlockPlaced,
    responses=refusals(404, 409),
    summary="Place a named block",
)
async def place_block(sn: Name, body: BlockRequest, effect: Effect) -> Response:
    """The terminal stays activated but takes no transaction in the scope. `block-differs`: it stands otherwise."""

    async def work(connection: Connection) -> BlockPlaced:
        return await store.place_block(connection, sn, body)

    return await effect.once("block", body, work)


@routes.post(
    "/terminals/{sn}/blocks/lift",
    response_model=BlockLifted,
    responses=refusals(404, 409),
    summary="Lift a named block",
)
async def lift_block(sn: Name, body: LiftRequest, effect: Effect) -> Response:
    """Only this block: while others stand the terminal may not transact. `no-such-block`: it was never placed."""

    async def work(connection: Connection) -> BlockLifted:
        return await store.lift_block(connection, sn, body.control_id)

    return await effect.once("lift-block", body, work, status=200)


@routes.post(
    "/terminals/{sn}/parameters",
    response_model=Parameters,
    responses=refusals(404, 409),
    summary="Set parameters",
)
async def set_parameters(sn: Name, body: ParametersRequest, effect: Effect) -> Response:
    """Parameters not named keep their values; a null is not a value. Needs a terminal that serves a merchant."""

    async def work(connection: Connection) -> Parameters:
        return await store.merge_parameters(connection, sn, body.params)

    return await effect.once("parameters", body, work, status=200)


@routes.post("/terminals/{sn}/limits", response_model=LimitsSet, responses=refusals(404, 409), summary="Set the limits")
async def set_limits(sn: Name, body: LimitsRequest, effect: Effect) -> Response:
    """Either `factor`, percent of the standard limits, or `limits` in fen. Needs a terminal that serves a merchant."""

    async def work(connection: Connection) -> LimitsSet:
        limits = body.amounts()
        await store.set_limits(connection, sn, limits)
        return LimitsSet(sn=sn, limits=limits)

    return await effect.once("limits", body, work, status=200)


@device_routes.post(
    "/terminals/{sn}/health-check",
    response_model=Health,
    responses=refusals(404, 409),
    summary="Ask the device how it is",
)
async def health_check(sn: Name, effect: Effect) -> Response:
    """Looks at power, network, printer, reader, firmware and keys. Needs a terminal that serves a merchant."""

    async def work(connection: Connection) -> Health:
        row = await store.lock_serving(connection, sn, "be examined")
        return device.examine(sn, row["faults"])

    return await effect.once("health-check", {}, work, status=200)


@device_routes.post(
    "/terminals/{sn}/test-transactions",
    status_code=201,
    response_model=TestTransaction,
    responses=refusals(404, 409),
    summary="Try a transaction and take it back",
)
async def test_transaction(sn: Name, body: TestTransactionRequest, effect: Effect) -> Response:
    """Declined with a reason when the terminal is not activated, blocked for this kind, broken, or over its limit."""

    async def work(connection: Connection) -> TestTransaction:
        row = await store.lock(connection, sn)
        reason = device.why_declined(row, await store.standing_scope(connection, sn), body)
        return await store.note_test_transaction(connection, sn, f"TT-{uuid4().hex[:12]}", body, reason)

    return await effect.once("test-transaction", body, work)


@device_routes.post(
    "/terminals/{sn}/wipes",
    status_code=202,
    response_model=Wipe,
    responses=refusals(404, 409),
    summary="Revoke the keys and wipe the device",
)
async def wipe(sn: Name, body: WipeRequest, effect: Effect, here: Here) -> Response:
    """The keys are revoked at once. The device confirms when it is online next, which is told by a signed callback
    to `/hooks/terminals` (`wiped`) under this call's key; until then it cannot be bound (`wipe-pending`)."""

    async def work(connection: Connection) -> Wipe:
        return wipes.shown(await wipes.ask(connection, here, effect.key, sn, body.case_id))

    return await effect.once("wipe", body, work, status=202)


@device_routes.get("/wipes/{ref}", response_model=Wipe, responses=refusals(404), summary="How a wipe stands")
async def read_wipe(ref: Name, here: Here) -> Wipe:
    """`pending` for as long as the device is offline."""
    async with here.connection() as connection:
        return wipes.shown(await WIPES.find(connection, ref))


@device_routes.put(
    "/terminals/{sn}/device",
    response_model=Health,
    responses=refusals(404),
    summary="Break or repair the device (for tests and demonstrations)",
)
async def set_device(sn: Name, body: DeviceRequest, here: Here) -> Health:
    """The list replaces the one before; an empty one repairs everything."""
    async with here.connection() as connection:
        await store.set_faults(connection, sn, body.faults)
        await wipes.came_online(connection, here, sn, body.faults)
    here.wake()
    return device.examine(sn, body.faults)


@asynccontextmanager
async def _wiping(partner: Partner) -> AsyncGenerator[None]:
    async def perform(connection: Connection, course: Course, _: str, __: dict[str, Any]) -> None:
        await wipes.confirm(connection, partner, course)

    async with partner.keep_doing(partial(do_due, partner, WIPES, perform)):
        yield


def app(settings: Settings) -> FastAPI:
    """The terminals partner; `after_ms` is how long a device that is online takes to confirm a wipe."""
    every = APIRouter()
    every.include_router(routes)
    every.include_router(device_routes)
    return partner_app(
        "terminals",
        settings,
        title="Terminal management",
        description=DESCRIPTION,
        schema=Path(__file__).with_name("schema.sql"),
        routes=every,
        lifespan=_wiping,
        behaviour=Behaviour(after_seconds=settings.number("after_ms", 2000) / 1000),
    )
