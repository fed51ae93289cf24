"""The card network (a stand-in): notices of blocked terminals, submissions and decisions, the register of bindings."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Annotated, Any
from uuid import uuid4

from fastapi import APIRouter, FastAPI, Query
from starlette.responses import Response

from partners.kit import (
    Connection,
    Course,
    Effect,
    Here,
    Name,
    Partner,
    Refusal,
    Settings,
    add_readings,
    do_due,
    partner_app,
    refusals,
)
from partners.network import bindings, submissions
from partners.network.forms import (
    Binding,
    BindingRequest,
    BlockRequest,
    Decision,
    NetworkBehaviour,
    Notice,
    Submission,
    SubmissionRequest,
)
from partners.network.submissions import SQL, SUBMISSIONS

DESCRIPTION = """
A stand-in for the card network (银联).

It blocks terminals and says so in **notices**, which are read in order from `/notices`. A notice stands until a
**submission** about it, the rectification plan with its proof, is approved. A submission is `pending` until the network
says `approved`, `rejected` or `info_requested`; after the third rejection it takes no more. Silence means nothing.

The decision comes as a signed callback to `/hooks/network`, with the `instructions` of an approval or the `reason` of
anything else. Its `step_key` is the key the submission was made under.

The **register** holds each terminal's binding (五要素). A terminal serves one merchant at a time, and none is entered
or taken off while the network blocks it.
"""

routes = APIRouter(tags=["notices and submissions"])
register_routes = APIRouter(tags=["register"])


@routes.post("/blocks", status_code=201, response_model=Notice, summary="Block a terminal (for tests)")
async def block(body: BlockRequest, effect: Effect) -> Response:
    """The notice that it is blocked appears in `/notices`."""

    async def work(connection: Connection) -> Notice:
        values = body.model_dump() | {"notice_id": f"UP-{uuid4().hex[:16]}"}
        row = await (await connection.execute(SQL["place_block"], values)).fetchone()
        assert row is not None
        return Notice(**row)

    return await effect.once("block", body, work)


@routes.get("/notices", response_model=list[Notice], summary="Notices, oldest first")
async def notices(
    here: Here,
    after: Annotated[str, Query(max_length=200, description="The last notice_id that was read.")] = "",
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> list[Notice]:
    """Those placed after the one named, or all from the first."""
    async with here.connection() as connection:
        rows = await (await connection.execute(SQL["notices_after"], {"after": after, "limit": limit})).fetchall()
    return [Notice(**row) for row in rows]


@routes.get("/notices/{notice_id}", response_model=Notice, responses=refusals(404), summary="A notice as it stands")
async def notice(notice_id: Name, here: Here) -> Notice:
    """With `lifted_at` once it no longer stands."""
    async with here.connection() as connection:
        row = await (await connection.execute(SQL["find_notice"], {"notice_id": notice_id})).fetchone()
    if row is None:
        raise Refusal(404, "no-such-notice", "The network has no notice of this number.")
    return Notice(**row)


@routes.post(
    "/submissions",
    status_code=202,
    response_model=Submission,
    responses=refusals(404, 409),
    summary="Submit a rectification plan",
)
async def submit(body: SubmissionRequest, effect: Effect, here: Here) -> Response:
    """Decided later. `already-open`: one is pending. `block-lifted`, `no-more-submissions`: there is nothing to do."""

    async def work(connection: Connection) -> Submission:
        return submissions.shown(await submissions.submit(connection, here, effect.key, body))

    return await effect.once("submission", body, work, status=202)


add_readings(
    routes,
    "/submissions",
    SUBMISSIONS,
    Submission,
    submissions.shown,
    one="A submission",
    with_="With instructions or reason once it is decided.",
)


@routes.post(
    "/submissions/{ref}/chase",
    response_model=Submission,
    responses=refusals(404, 409),
    summary="Ask after a submission",
)
async def chase(ref: Name, effect: Effect) -> Response:
    """It is noted and changes nothing: a network that is silent stays so. `impossible-move`: it is decided."""

    async def work(connection: Connection) -> Submission:
        return submissions.shown(await submissions.chase(connection, await SUBMISSIONS.lock(connection, ref)))

    return await effect.once("chase", {}, work, status=200)


@routes.post(
    "/submissions/{ref}/moves",
    status_code=201,
    response_model=Submission,
    responses=refusals(404, 409),
    summary="Decide a submission (for tests)",
)
async def decide(ref: Name, body: Decision, effect: Effect, here: Here) -> Response:
    """`approve`, `reject` or `ask`; `impossible-move` once it is decided."""

    async def work(connection: Connection) -> Submission:
        course = await SUBMISSIONS.lock(connection, ref)
        return submissions.shown(await submissions.decide(connection, here, course, body))

    return await effect.once("decision", body, work)


@register_routes.put(
    "/bindings/{sn}", response_model=Binding, responses=refusals(409), summary="Register or correct a binding"
)
async def register(sn: Name, body: BindingRequest, here: Here) -> Binding:
    """`bound-elsewhere`: it serves another merchant or acquirer. `block-standing`: the network blocks it."""
    async with here.connection() as connection:
        return await bindings.register(connection, sn, body)


@register_routes.post(
    "/bindings/{sn}/deregister", response_model=Binding, responses=refusals(404, 409), summary="Take a terminal off"
)
async def deregister(sn: Name, effect: Effect) -> Response:
    """`block-standing`: the network blocks it. `impossible-move`: it is off already."""

    async def work(connection: Connection) -> Binding:
        return await bindings.deregister(connection, sn)

    return await effect.once("deregistration", {}, work, status=200)


@register_routes.get("/bindings/{sn}", response_model=Binding, responses=refusals(404), summary="A terminal's binding")
async def binding(sn: Name, here: Here) -> Binding:
    """As the network has it, also after it was taken off."""
    async with here.connection() as connection:
        return await bindings.find(connection, sn)


@register_routes.get("/bindings", response_model=list[Binding], summary="The terminals of a merchant")
async def of_merchant(merchant_no: Annotated[Name, Query()], here: Here) -> list[Binding]:
    """All that are registered, by serial number."""
    async with here.connection() as connection:
        return await bindings.of_merchant(connection, merchant_no)


@asynccontextmanager
async def _deciding(partner: Partner) -> AsyncGenerator[None]:
    async def perform(connection: Connection, course: Course, _: str, details: dict[str, Any]) -> None:
        await submissions.decide(connection, partner, course, Decision.model_validate(details))

    async with partner.keep_doing(partial(do_due, partner, SUBMISSIONS, perform)):
        yield


def app(settings: Settings) -> FastAPI:
    """The card network; `after_ms` is how long it takes to decide."""
    every = APIRouter()
    every.include_router(routes)
    every.include_router(register_routes)
    return partner_app(
        "network",
        settings,
        title="Card network",
        description=DESCRIPTION,
        schema=Path(__file__).with_name("schema.sql"),
        routes=every,
        lifespan=_deciding,
        behaviour=NetworkBehaviour(after_seconds=settings.number("after_ms", 2000) / 1000),
    )
