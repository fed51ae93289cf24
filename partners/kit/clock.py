"""A partner's own clock, which a test may put ahead: what waits for a day then happens at once."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from partners.kit.database import Connection, Queries
from partners.kit.payloads import Payload

if TYPE_CHECKING:
    from partners.kit.app import Partner

SQL = Queries(Path(__file__).with_name("courses.sql"))
MOST_SECONDS = 10 * 366 * 24 * 3600


class ClockBody(BaseModel):
    """What the partner's clock shows, and how far it is ahead of the real one."""

    now: datetime
    ahead_seconds: float


class ClockSetting(Payload):
    """How far the clock is to be ahead of the real one, in all. It is never put back: less than before changes
    nothing."""

    ahead_seconds: Annotated[int, Field(ge=0, le=MOST_SECONDS)]


async def read(connection: Connection) -> ClockBody:
    """The clock as it stands."""
    row = await (await connection.execute(SQL["clock"])).fetchone()
    assert row is not None, "the clock's one row is made with the tables"
    return ClockBody(**row)


def clock_routes() -> APIRouter:
    """`GET` and `PUT /clock`."""
    routes = APIRouter(tags=["clock"])

    @routes.get("/clock", response_model=ClockBody, summary="What the partner's clock shows")
    async def show(request: Request) -> ClockBody:
        partner: Partner = request.app.state.partner
        async with partner.connection() as connection:
            return await read(connection)

    @routes.put("/clock", response_model=ClockBody, summary="Put the partner's clock ahead (for tests)")
    async def put(request: Request, body: ClockSetting) -> ClockBody:
        partner: Partner = request.app.state.partner
        async with partner.connection() as connection:
            await connection.execute(SQL["set_clock"], {"ahead_s": body.ahead_seconds})
            shown = await read(connection)
        partner.wake()
        return shown

    return routes
