"""The advice to merchants on one page; theirs says what concerned them before."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from desk.console import pages
from desk.console.visits import PageRoute, TheVisit, Visit
from journal.cases import Filters
from policies import guidance

router = APIRouter(route_class=PageRoute, include_in_schema=False)

LATELY = 100
"""How many of a merchant's newest cases are looked at."""


@router.get("/guidance")
async def get_guidance(visit: TheVisit) -> Response:
    every = guidance.every()
    return pages.page(
        visit.request,
        visit,
        "guidance.html",
        topics={topic: [one for one in every if one.topic == topic] for topic in guidance.TOPICS},
        concerned=await _concerned(visit),
        policy=visit.desk.policy,
    )


async def _concerned(visit: Visit) -> frozenset[str]:
    """The public reasons of a merchant's cases."""
    if not visit.outside:
        return frozenset()
    rows = await visit.desk.cases.page(Filters(merchant_no=visit.actor.merchant_no, public=True), limit=LATELY)
    return frozenset(row.public_reason_code for row in rows.items if row.public_reason_code)
