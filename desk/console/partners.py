"""The partners: which of them answer, since when one does not, and what waits for it."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import RedirectResponse, Response

from desk.access import allow
from desk.api.operations import post_try
from desk.api.queue import WATCHERS
from desk.bulk.actions import STEERERS
from desk.console import pages
from desk.console.visits import CONSOLE, PageRoute, SentForm, TheVisit

router = APIRouter(route_class=PageRoute, include_in_schema=False)


@router.get("/partners")
async def get_partners(visit: TheVisit, done: str = "") -> Response:
    allow(visit.actor, "see how the partners stand", *WATCHERS)
    circuits = await visit.desk.circuits.all()
    standing = sorted(circuits, key=lambda circuit: (circuit.state == "closed", circuit.partner))
    return pages.page(
        visit.request,
        visit,
        "partners.html",
        circuits=standing,
        tries=visit.may(*STEERERS),
        done=done if done in {"tried", "asked"} else "",
    )


@router.post("/partners/{partner}/try")
async def post_try_partner(visit: TheVisit, form: SentForm, partner: str) -> Response:
    """Has the partner tried at once and comes back."""
    del form
    allow(visit.actor, "have a partner tried", *STEERERS)
    tried = await post_try(partner, visit.actor, visit.desk)
    return RedirectResponse(f"{CONSOLE}/partners?done={'tried' if tried['reached'] else 'asked'}", 303)
