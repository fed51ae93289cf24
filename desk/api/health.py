"""Is the desk alive, is everything there that it needs, and how it goes; and the program that checks dossiers."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Response
from psycopg import Error
from psycopg_pool import PoolTimeout
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse

from desk import verify_dossier
from desk.access import TheDesk
from desk.context import Desk
from desk.routes import OpenRoute
from domain.business_time import format_time
from journal import migrating
from journal.circuits import Circuit
from journal.migrating import MigrationError

router = APIRouter(tags=["health"], route_class=OpenRoute)


@router.get("/healthz", summary="Is the process alive?")
async def get_healthz() -> dict[str, str]:
    return {"status": "ok"}


@router.get("/readyz", summary="Is everything there?", responses={503: {"description": "`missing` names what is not"}})
async def get_readyz(desk: TheDesk) -> JSONResponse:
    """200, or 503 with `missing`: journal, documents, engine, workers. (Without engine or workers the desk still takes
    cases and commands; they are delivered later.) `partners` tells of each that was ever called whether it answers
    (`closed`) or is left alone until it does (`open`, with since when and how many calls wait); none of them makes the
    desk unready, because cases wait for them."""
    journal, known, documents, partners = await asyncio.gather(
        _journal(desk), desk.engine.look(), desk.files.reachable(), _partners(desk)
    )
    found = {
        "journal": journal,
        "documents": documents,
        "engine": known.engine,
        "workers": known.workers,
    }
    missing = [name for name, there in found.items() if not there]
    answer = {"ready": not missing, "missing": missing, "partners": partners}
    return JSONResponse(answer, 503 if missing else 200)


@router.get("/metrics", summary="Measures for Prometheus", response_class=PlainTextResponse)
async def get_metrics(desk: TheDesk) -> Response:
    return Response(desk.metrics.text(await desk.queue.stats()), media_type="text/plain; version=0.0.4")


@router.get("/verify_dossier.py", summary="The program that checks dossiers", response_class=PlainTextResponse)
async def get_verifier() -> FileResponse:
    """It needs Python and nothing else, and asks nobody anything."""
    return FileResponse(Path(verify_dossier.__file__), media_type="text/x-python", filename="verify_dossier.py")


async def _partners(desk: Desk) -> dict[str, Any]:
    """How each partner stands; nothing while that cannot be read."""
    try:
        async with asyncio.timeout(2):
            return {circuit.partner: shown(circuit) for circuit in await desk.circuits.all()}
    except (Error, PoolTimeout, TimeoutError):
        return {}


def shown(circuit: Circuit) -> dict[str, Any]:
    """A partner's circuit as monitors read it."""
    times = {name: getattr(circuit, name) for name in ("since", "next_try_at", "answered_at")}
    return {
        "state": circuit.state,
        "why": circuit.why,
        "held": circuit.held,
        **{name: format_time(at) if at else None for name, at in times.items()},
    }


async def _journal(desk: Desk) -> bool:
    try:
        async with asyncio.timeout(2), desk.pool.connection() as connection:
            await migrating.check(connection)
    except (Error, PoolTimeout, TimeoutError, MigrationError):
        return False
    return True
