"""Contract signing (a stand-in): agreements issued to merchants, and signed, declined, withdrawn or expired."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import partial
from typing import Annotated, Any, Literal

from fastapi import APIRouter, FastAPI, Form, Request
from starlette.responses import FileResponse, HTMLResponse, Response

from partners.contracts import agreements, pages
from partners.contracts.agreements import AGREEMENTS
from partners.contracts.forms import Agreement, AgreementRequest, MoveRequest, SigningBehaviour
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
A stand-in for the service through which merchants sign agreements electronically.

An agreement is `issued` with a link to a page on which it is signed, and then `signed`, `declined`, `withdrawn` or,
when its time is over, `expired`; a move that its state does not allow is refused with `impossible-move`. What is signed
is exactly the text whose hash was issued, with a certificate that is still valid. A merchant has one open agreement of
a template.

What became of it comes as a signed callback to `/hooks/contracts`: `signed` (with its `signature_ref`), `declined`,
`withdrawn` or `expired`. Its `step_key` is the key the agreement was issued under.
"""

routes = APIRouter(tags=["agreements"])
page_routes = APIRouter(tags=["signing"], default_response_class=HTMLResponse)


@routes.post(
    "/agreements", status_code=201, response_model=Agreement, responses=refusals(409), summary="Issue an agreement"
)
async def issue(body: AgreementRequest, effect: Effect, here: Here, request: Request) -> Response:
    """`already-open`: this merchant has an open agreement of the template."""

    async def work(connection: Connection) -> Agreement:
        return agreements.shown(await agreements.issue(connection, here, effect.key, body, f"{request.base_url}sign/"))

    return await effect.once("agreement", body, work)


add_readings(
    routes,
    "/agreements",
    AGREEMENTS,
    Agreement,
    agreements.shown,
    one="An agreement",
    with_="With its signature once it is signed.",
)


@routes.post(
    "/agreements/{ref}/moves",
    status_code=201,
    response_model=Agreement,
    responses=refusals(404, 409),
    summary="Sign, decline or withdraw an agreement",
)
async def move(ref: Name, body: MoveRequest, effect: Effect, here: Here) -> Response:
    """`withdraw` is the issuer's. `other-document`: not the text issued. `certificate-expired`: it is valid no more."""

    async def work(connection: Connection) -> Agreement:
        return agreements.shown(await agreements.make(connection, here, await AGREEMENTS.lock(connection, ref), body))

    return await effect.once("agreement-move", body, work)


@page_routes.get("/sign/{token}", summary="The page on which an agreement is signed")
async def signing(token: Name, here: Here) -> HTMLResponse:
    """Whoever has the link may sign. 404: nobody issued it."""
    async with here.connection() as connection:
        course = await agreements.behind(connection, token)
    return _page(agreements.shown(course) if course else None)


@page_routes.post("/sign/{token}", summary="Sign an agreement, or decline it")
async def chosen(
    token: Name,
    move: Annotated[Literal["sign", "decline"], Form()],
    document_sha256: Annotated[str, Form()],
    here: Here,
) -> HTMLResponse:
    """What was chosen on the page; once an agreement has ended it stays as it is."""
    async with here.connection() as connection:
        course = await agreements.behind(connection, token)
        if course is None:
            return _page(None)
        if course.open:
            course = await agreements.choose(connection, here, course, signs=move == "sign", sha256=document_sha256)
    here.wake()
    return _page(agreements.shown(course))


@page_routes.get("/static/sign.css", include_in_schema=False)
async def css() -> FileResponse:
    """The page's one style sheet."""
    return FileResponse(pages.STATIC / "sign.css", media_type="text/css")


def _page(agreement: Agreement | None) -> HTMLResponse:
    return HTMLResponse(pages.page(agreement), status_code=200 if agreement else 404, headers=pages.HEADERS)


@asynccontextmanager
async def _acting(partner: Partner) -> AsyncGenerator[None]:
    async def perform(connection: Connection, course: Course, move: str, details: dict[str, Any]) -> None:
        if move == "expire":
            await agreements.expire(connection, partner, course)
            return
        await agreements.make(connection, partner, course, MoveRequest.model_validate(details))

    async with partner.keep_doing(partial(do_due, partner, AGREEMENTS, perform)):
        yield


def app(settings: Settings) -> FastAPI:
    """The contracts partner."""
    every = APIRouter()
    every.include_router(routes)
    every.include_router(page_routes)
    return partner_app(
        "contracts",
        settings,
        title="Contract signing",
        description=DESCRIPTION,
        routes=every,
        lifespan=_acting,
        behaviour=SigningBehaviour(),
    )
