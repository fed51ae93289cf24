"""The app every partner is: its own routes between the fault switch, the effect log and the callbacks."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import httpx2
from fastapi import APIRouter, Depends, FastAPI, Request
from starlette.responses import JSONResponse, Response

from partners.kit import database, logs
from partners.kit.behaviour import Behaviour, behaviour_routes
from partners.kit.callbacks import CallbackOutbox
from partners.kit.clock import clock_routes
from partners.kit.database import Connection, Pool
from partners.kit.effects import effect_routes
from partners.kit.faults import Faults, FaultSwitch, fault_routes
from partners.kit.problems import answer_with_problems, describe_problems, refusals
from partners.kit.rounds import Round, Rounds
from partners.kit.settings import Settings


@dataclass(slots=True)
class Partner:
    """What a partner's routes and background work share; routes take it as `here: Here`."""

    name: str
    settings: Settings
    pool: Pool
    faults: Faults
    callbacks: CallbackOutbox
    behaviour: Behaviour | None = None
    """How it acts by itself, if it does."""
    waiting_for: str | None = None
    """What the partner is not ready without, or None when it is ready."""
    _rounds: list[Rounds] = field(default_factory=list)

    def connection(self) -> AbstractAsyncContextManager[Connection]:
        """A connection in a transaction that commits at the end of the block and rolls back on an exception."""
        return self.pool.connection()

    @asynccontextmanager
    async def keep_doing(self, do_round: Round) -> AsyncGenerator[None]:
        """Within the block do rounds of background work: at once, after every effect, and when the last round said."""
        rounds = Rounds(do_round)
        self._rounds.append(rounds)
        try:
            async with rounds.running():
                yield
        finally:
            self._rounds.remove(rounds)

    def wake(self) -> None:
        """Start a round of every background work now; effects do this by themselves once they have committed."""
        for rounds in self._rounds:
            rounds.wake()


async def _this_partner(request: Request) -> Partner:
    partner: Partner = request.app.state.partner
    return partner


RULES = """
Every POST takes `Idempotency-Key`: the same key and body get the same answer, marked `Idempotent-Replay: true`, and no
second effect; the same key with another body gets 409 `key-reused`. A refusal (4xx, problem+json with a `code`) leaves
nothing behind; after a 5xx or no answer `GET /effects/{key}` tells whether the effect stands. `PUT /faults` lets
things go wrong on purpose.
"""

Here = Annotated[Partner, Depends(_this_partner)]
Beside = Callable[[Partner], AbstractAsyncContextManager[None]]


def partner_app(
    name: str,
    settings: Settings,
    *,
    title: str,
    description: str,
    schema: Path | None = None,
    routes: APIRouter,
    lifespan: Beside | None = None,
    behaviour: Behaviour | None = None,
) -> FastAPI:
    """The app of partner `name`: `routes` plus health, faults and effects, with tables made from `schema` at start.

    `lifespan` is entered after the tables stand and left before the connections close. With a `behaviour` the partner
    acts by itself in time: it has `/behaviour`, and a clock of its own that can be put ahead, `/clock`.
    """
    pool = database.connect(settings.database_url, name)
    faults = Faults()
    outbox = CallbackOutbox(pool, name, settings.desk_url, settings.hook_secrets, faults)
    partner = Partner(name, settings, pool, faults, outbox, behaviour)

    @asynccontextmanager
    async def live(_: FastAPI) -> AsyncGenerator[None]:
        await pool.open(wait=True, timeout=30)
        try:
            await database.make_schema(pool, name, database.KIT_SCHEMA, *([schema] if schema else []))
            async with (
                httpx2.AsyncClient(timeout=10) as client,
                partner.keep_doing(partial(outbox.send_due, client)),
                lifespan(partner) if lifespan else _nothing(),
            ):
                yield
        finally:
            await pool.close()

    app = FastAPI(
        title=title, description=description + RULES, version="1", lifespan=live, responses=refusals(422, 500, 503)
    )
    app.state.partner = partner
    answer_with_problems(app)
    describe_problems(app)
    app.add_middleware(FaultSwitch, faults=faults)
    app.add_middleware(logs.CallLog)
    app.include_router(_health_routes())
    app.include_router(fault_routes(faults))
    app.include_router(effect_routes())
    if behaviour is not None:
        app.include_router(clock_routes())
        app.include_router(behaviour_routes(behaviour))
    app.include_router(routes)
    return app


@asynccontextmanager
async def _nothing() -> AsyncGenerator[None]:
    yield


def _health_routes() -> APIRouter:
    routes = APIRouter(tags=["health"])

    @routes.get("/healthz", summary="Whether this partner is ready, and what it waits for")
    async def health(here: Here) -> Response:
        body: dict[str, Any] = {"partner": here.name, "ready": here.waiting_for is None}
        if here.waiting_for is None:
            return JSONResponse(body)
        return JSONResponse(body | {"waiting_for": here.waiting_for}, status_code=503, headers={"Retry-After": "1"})

    return routes
