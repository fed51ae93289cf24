"""The portal's first page: what a merchant has to do, by when and why, what is held, and what happens next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter
from starlette.responses import RedirectResponse, Response

from desk.console import pages
from desk.console.casefacts import gather
from desk.console.checklist import Wanted
from desk.console.entering import home
from desk.console.turns import CommandForm
from desk.console.visits import PORTAL, PageRoute, TheVisit, Visit
from domain.policy import Policy
from journal.cases import Filters

router = APIRouter(route_class=PageRoute, include_in_schema=False)

MOST_CASES = 10
"""Open cases told in full, the newest; the list has them all."""
DUE = frozenset({"missing", "asked", "failed"})
"""The states of a requirement that the merchant has to act on."""
ALWAYS = frozenset({"withdraw", "extend_evidence"})
"""Commands that a merchant may give but nobody waits for."""


@dataclass(frozen=True, slots=True)
class Affair:
    """An open case in the merchant's words."""

    view: Mapping[str, Any]
    policy: Policy
    sentence: str
    due: list[Wanted]
    asked: list[CommandForm]
    others: list[CommandForm]

    @property
    def is_turn(self) -> bool:
        """Whether it waits for the merchant."""
        return bool(self.due or self.asked)


@router.get(PORTAL)
async def get_home(visit: TheVisit) -> Response:
    if not visit.outside:
        return RedirectResponse(home(visit.session.user), 303)
    rows = await visit.desk.cases.page(Filters(merchant_no=visit.actor.merchant_no, open=True), limit=MOST_CASES)
    affairs = [await _affair(visit, row.case_id) for row in rows.items]
    return pages.page(
        visit.request,
        visit,
        "portal.html",
        affairs=sorted(affairs, key=lambda affair: (not affair.is_turn, affair.view["opened_at"])),
        more=rows.cursor is not None,
        refused_count=len(await visit.desk.inbox.refusals(visit.actor.name)),
    )


async def _affair(visit: Visit, case_id: str) -> Affair:
    facts = await gather(visit, case_id)
    return Affair(
        view=facts.view,
        policy=facts.policy,
        sentence=facts.sentence,
        due=[line for line in facts.wanted if line.state in DUE and line.upload],
        asked=[form for form in facts.forms if form.name not in ALWAYS],
        others=[form for form in facts.forms if form.name in ALWAYS],
    )
