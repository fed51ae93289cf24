"""How the desk goes, at a glance: charts of backlog, throughput, breaches, ages and overturns, each with its table.

The numbers are in the page's tables; a script draws them from the same answer of the API.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter
from starlette.responses import Response

from desk.access import STAFF, allow
from desk.api.desk_facts import AGES, get_course
from desk.console import pages
from desk.console.visits import PageRoute, TheVisit
from desk.console.words import word
from desk.problems import Problem

router = APIRouter(route_class=PageRoute, include_in_schema=False)

SPANS = (7, 30, 90, 365)

SERIES: Mapping[str, tuple[str, ...]] = {
    "backlog": ("backlog",),
    "throughput": ("opened", "released", "rejected", "otherwise"),
    "breaches": ("late_decisions", "late_reviews", "late_notices", "late_releases"),
}
"""What each of the charts by day draws."""
OVERTURNS = ("returned", "voided", "reopened")


@router.get("/figures")
async def get_figures(visit: TheVisit, since: str = "", until: str = "") -> Response:
    """The span is in the address; one that cannot be is told beside its field, and the usual one shown."""
    allow(visit.actor, "see the statistics", *STAFF)
    wrong, told = "", None
    try:
        told = await get_course(visit.actor, visit.desk, _day(since), _day(until))
    except ValueError:
        wrong = word("figures", "not_a_day").of(visit.language)
    except Problem as problem:
        wrong = problem.errors[0].text.of(visit.language)
    told = told or await get_course(visit.actor, visit.desk)
    asked = urlencode({"since": told["since"], "until": told["until"]})
    return pages.page(
        visit.request, visit, "figures.html", status=422 if wrong else 200,
        course=told,
        data_url=f"/api/v1/stats/course?{asked}",
        series=SERIES,
        overturns=OVERTURNS,
        ages=AGES,
        spans=[(days, _span(told["today"], days)) for days in SPANS],
        typed=(since or told["since"], until or told["until"]),
        wrong=wrong,
    )  # fmt: skip


def _day(text: str) -> date | None:
    """Raises ValueError for what is no day."""
    return date.fromisoformat(text) if text else None


def _span(today: str, days: int) -> dict[str, Any]:
    """The last so many days, today among them, as an address has them."""
    last = date.fromisoformat(today)
    since = (last - timedelta(days=days - 1)).isoformat()
    return {"since": since, "until": today, "query": urlencode({"since": since, "until": today})}
