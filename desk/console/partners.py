"""The partners: which of them answer, since when one does not, and what waits for it."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from desk.access import allow
from desk.api.queue import WATCHERS
from desk.console import pages
from desk.console.visits import PageRoute, TheVisit

router = APIRouter(route_class=PageRoute, include_in_schema=False)


@router.get("/partners")
async def get_partners(visit: TheVisit) -> Response:
    allow(visit.actor, "see how the partners stand", *WATCHERS)
    circuits = await visit.desk.circuits.all()
    standing = sorted(circuits, key=lambda circuit: (circuit.state == "closed", circuit.partner))
    return pages.page(visit.request, visit, "partners.html", circuits=standing)
