"""The portal's first page: what a merchant has to do, by when and why, what is held, and what happens next."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import RedirectResponse, Response

from desk.console import pages
from desk.console.affairs import affair_of
from desk.console.entering import home
from desk.console.visits import PORTAL, PageRoute, TheVisit
from journal.cases import Filters

router = APIRouter(route_class=PageRoute, include_in_schema=False)

MOST_CASES = 10
"""Open cases told in full, the newest; the list has them all."""


@router.get(PORTAL)
async def get_home(visit: TheVisit) -> Response:
    if not visit.outside:
        return RedirectResponse(home(visit.session.user), 303)
    rows = await visit.desk.cases.page(Filters(merchant_no=visit.actor.merchant_no, open=True), limit=MOST_CASES)
    affairs = [await affair_of(visit, row.case_id) for row in rows.items]
    return pages.page(
        visit.request,
        visit,
        "portal.html",
        affairs=sorted(affairs, key=lambda affair: (not affair.is_turn, affair.page.view["opened_at"])),
        more=rows.cursor is not None,
        refused_count=len(await visit.desk.inbox.refusals(visit.actor.name)),
    )
