"""The desk's application: the API, its errors, its measures."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime
from importlib import import_module
from importlib.util import find_spec

import structlog
from fastapi import Depends, FastAPI
from psycopg import DataError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from desk import problems
from desk.access import bearer
from desk.api import (
    access,
    broadcasts,
    bulk,
    cases,
    codec,
    commands,
    complaints,
    contacts,
    controls,
    desk_facts,
    documents,
    dossiers,
    guidance,
    health,
    hooks,
    merchants,
    messages,
    notices,
    operations,
    policy,
    privacy,
    queue,
    rota,
    terminals,
)
from desk.config import DeskConfig
from desk.context import Desk, open_desk, utc_now
from desk.engine import Engine
from desk.openapi import PROBLEMS, describe
from desk.outages import OUTAGES, problem_of
from desk.problems import Problem
from desk.queue_stream import Changes
from domain.text import Text

LOG = structlog.stdlib.get_logger()

Opening = AbstractAsyncContextManager[Desk]


def create_app(config: DeskConfig, *, engine: Engine | None = None, clock: Callable[[], datetime] = utc_now) -> FastAPI:
    """The desk over `config`. Its pools and its client live as long as the application's lifespan."""
    app = with_routes()
    serve_from(app, config, engine=engine, clock=clock)
    return app


def serve_from(
    app: FastAPI, config: DeskConfig, *, engine: Engine | None = None, clock: Callable[[], datetime] = utc_now
) -> None:
    """Let `app` answer from `config` during its next lifespan."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with open_desk(config, engine=engine, clock=clock) as desk:
            changes = Changes(desk)
            app.state.desk, app.state.changes = desk, changes
            changes.start()
            try:
                yield
            finally:
                await changes.stop()

    app.router.lifespan_context = lifespan


def with_routes() -> FastAPI:
    """Every path of the desk, with nothing behind them yet. FastAPI takes half a second of work for each such
    application, most of it when the first request comes."""
    app = FastAPI(
        title="Thaw",
        version="1",
        summary="The case desk of a payment institution",
        docs_url=None,
        redoc_url=None,
        strict_content_type=False,
    )
    parts = (
        access,
        operations,
        bulk,
        merchants,
        complaints,
        contacts,
        terminals,
        controls,
        commands,
        documents,
        messages,
        notices,
        broadcasts,
        cases,
        guidance,
        dossiers,
        queue,
        rota,
        desk_facts,
        policy,
        privacy,
    )
    apart = (merchants.unkept, contacts.unkept, contacts.tasks, privacy.unkept, complaints.unkept, bulk.people)
    for router in (*(part.router for part in parts), *apart):
        app.include_router(router, dependencies=[Depends(bearer)], responses=PROBLEMS)
    for open_part in (hooks, health, codec):
        app.include_router(open_part.router)
    describe(app)
    _mount_console(app)
    app.add_middleware(Measured)
    for kind, handler in _HANDLERS.items():
        app.add_exception_handler(kind, handler)
    return app


def _mount_console(app: FastAPI) -> None:
    """The pages for people, where they are installed."""
    if find_spec("desk.console") is not None:
        mount = getattr(import_module("desk.console"), "mount", None)
        if mount is not None:
            mount(app)


class Measured:
    """Counts and times every request under its route."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun, status = time.monotonic(), 500

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, noted)
        finally:
            route = getattr(scope.get("route"), "path", "(none)")
            desk: Desk | None = getattr(scope["app"].state, "desk", None) if "app" in scope else None
            if desk is not None:
                desk.metrics.answered(scope["method"], route, status, time.monotonic() - begun)


def _outage(request: Request, error: Exception) -> Response:
    LOG.warning("what the desk needs is away or takes nothing", why=f"{type(error).__name__}: {error}")
    return problem_of(error).response(request)


def _no_data(request: Request, error: Exception) -> Response:
    """A value no database column could hold."""
    LOG.info("a value could not be stored", why=str(error))
    return problems.field_error("body", "含有无法保存的字符", "It holds characters that cannot be kept").response(
        request
    )


def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == 404:
        return problems.not_found("没有此地址。", "There is nothing at this address.").response(request)
    text = Text(str(error.detail), str(error.detail))
    kind = "not-allowed" if error.status_code == 405 else "invalid"
    return Problem(error.status_code, kind, text, headers=dict(error.headers or {})).response(request)


def _problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)
    return error.response(request)


def _bug(request: Request, error: Exception) -> Response:
    LOG.error("a request failed", path=request.url.path, exc_info=error)
    body = {"type": "urn:thaw:internal", "title": "内部错误 / Internal error", "status": 500}
    return JSONResponse(body, 500, media_type=problems.MEDIA_TYPE)


_HANDLERS: dict[type[Exception], Callable[[Request, Exception], Response]] = {
    Problem: _problem,
    HTTPException: _http,
    **dict.fromkeys(OUTAGES, _outage),
    DataError: _no_data,
    Exception: _bug,
}
