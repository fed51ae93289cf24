"""The desk at a glance, the discrepancy queue, and what a caller on the phone may be told."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query

from desk import problems
from desk.access import STAFF, Caller, TheDesk, only
from desk.api.cases import moment, row_shown
from desk.bodies import ResolveBody, StatusBody
from desk.context import Desk
from desk.refusals import refuse
from desk.routes import DeskRoute
from domain.actors import Actor
from domain.business_time import local_date
from journal.cases import Filters
from journal.figures import Figures

router = APIRouter(prefix="/api/v1", tags=["desk"], route_class=DeskRoute)

SERVICE = ("officer", "reviewer", "supervisor", "compliance_head", "robot")
MOST_SPAN = timedelta(days=366)
AGES = ("under_1_day", "days_1_to_3", "days_3_to_7", "days_7_to_30", "days_30_to_90", "over_90_days")
RESOLVERS = ("officer", "supervisor", "compliance_head")


@router.get("/me", summary="Who the caller is")
async def get_me(actor: Caller) -> dict[str, Any]:
    return {"name": actor.name, "roles": list(actor.roles), "merchant_no": actor.merchant_no}


@router.get("/stats", summary="Backlog, ages, breaches, throughput; and the figures of the views")
async def get_stats(
    _: Annotated[Actor, Depends(only("see the statistics", *STAFF))],
    desk: TheDesk,
    days: Annotated[int, Query(ge=1, le=366)] = 30,
) -> dict[str, Any]:
    """What stands now, and under `figures` what the asynchronous views tell of the last `days` days: `statistics`,
    `ageing`, `workload`, `outcomes` and `held_money`. Each has `as_of`: the last event in it (its number, and when it
    was written down) and how many it lacks (1000: or more). A view that is not built yet is null."""
    stats = await desk.queue.stats()
    figures = await desk.figures.all(days)
    return {
        "tasks": [{**asdict(row), "oldest_since": moment(row.oldest_since)} for row in stats.tasks],
        "cases": [{**asdict(row), "oldest_at": moment(row.oldest_at)} for row in stats.cases],
        "backlog": sum(row.waiting for row in stats.tasks),
        "breaches": sum(row.overdue for row in stats.tasks) + sum(row.overdue for row in stats.cases),
        "throughput": asdict(stats.throughput),
        "figures": {view: found and _figures_shown(found) for view, found in figures.items()},
    }


@router.get("/stats/course", summary="How the desk went day by day, how old open cases are, what was not upheld")
async def get_course(
    _: Annotated[Actor, Depends(only("see the statistics", *STAFF))],
    desk: TheDesk,
    since: date | None = None,
    until: date | None = None,
) -> dict[str, Any]:
    """From the day `since` through `until` (Shanghai; the last 30 days when not said): `days` with what was opened and
    closed, the `backlog` at the day's end, and what passed its time; `reasons` with decisions sent back, approvals
    voided and cases reopened among those opened in that time; `ages` of the cases open now. Null while the views are
    being built."""
    today = local_date(desk.clock())
    last = until or today
    first = since or last - timedelta(days=29)
    if not timedelta() <= last - first < MOST_SPAN:
        raise problems.field_error(
            "since",
            f"起始日须不晚于截止日,且不超过 {MOST_SPAN.days} 天",
            f"It must not be after the last day, and {MOST_SPAN.days} days before it at most",
        )
    course = await desk.figures.course(first, last)
    figures = await desk.figures.all(1)
    ageing = figures["ageing"]
    return {
        "since": first.isoformat(),
        "until": last.isoformat(),
        "today": today.isoformat(),
        "as_of": _figures_shown(ageing)["as_of"] if ageing else None,
        "days": course and [{name: _shown(value) for name, value in row.items()} for row in course.days],
        "reasons": course and list(course.reasons),
        "ages": ageing and [{name: row[name] for name in ("status", "open", *AGES)} for row in ageing.rows],
    }


def _figures_shown(found: Figures) -> dict[str, Any]:
    far = found.standing
    return {
        "as_of": {"position": far.position, "at": moment(far.at), "behind": far.behind},
        "items": [{name: _shown(value) for name, value in row.items()} for row in found.rows],
    }


def _shown(value: Any) -> Any:
    if isinstance(value, datetime):
        return moment(value)
    return value.isoformat() if isinstance(value, date) else value


@router.get("/discrepancies", summary="What contradicts our record, and what differs between ledger, journal and bank")
async def get_discrepancies(
    _: Annotated[Actor, Depends(only("see discrepancies", *STAFF))],
    desk: TheDesk,
    limit: Annotated[int, Query(ge=1, le=200)] = 100,
) -> dict[str, Any]:
    """Those that nobody has resolved, newest first. `kind` is `contradiction` for a partner's message, otherwise a kind
    of difference found on reconciling `day`."""
    found = await desk.callbacks.open(limit)
    return {"items": [{name: _shown(value) for name, value in asdict(each).items()} for each in found]}


@router.post("/discrepancies/{number}/resolve", summary="Take a discrepancy out of the queue")
async def post_resolve(
    number: int,
    actor: Annotated[Actor, Depends(only("resolve a discrepancy", *RESOLVERS))],
    desk: TheDesk,
    body: ResolveBody,
) -> dict[str, Any]:
    """For a reason, which is kept with it."""
    if not await desk.callbacks.resolve(number, actor.name, body.reason):
        raise problems.not_found(f"没有待处理的差异 {number}。", f"There is no open discrepancy {number}.")
    return {"id": number, "resolved_by": actor.name}


@router.get("/reconciliations", summary="The days reconciled, and what differed")
async def get_reconciliations(
    _: Annotated[Actor, Depends(only("see reconciliations", *STAFF))],
    desk: TheDesk,
    limit: Annotated[int, Query(ge=1, le=400)] = 30,
) -> dict[str, Any]:
    """The latest run of each day, the latest day first: how many cases, postings and bank lines were compared, how many
    differences were found and how many of them are `open`."""
    found = await desk.reconciling.runs(limit)
    return {"items": [{name: _shown(value) for name, value in asdict(each).items()} for each in found]}


@router.post("/status", summary="What a caller on the phone may be told")
async def post_status(
    actor: Annotated[Actor, Depends(only("answer a caller", *SERVICE))], desk: TheDesk, body: StatusBody
) -> dict[str, Any]:
    """After the merchant's number and an identity number fit together: how each open case stands, in public words."""
    del actor
    guessed_at = f"status:{body.merchant_no}"
    if wait := await desk.tries.take(guessed_at):
        raise problems.rate_limited(wait)
    if not await _verified(desk, body):
        raise problems.refused(refuse("caller-not-verified"))
    await desk.tries.forgive(guessed_at)
    page = await desk.cases.page(Filters(merchant_no=body.merchant_no), limit=20)
    rows = [row_shown(row, desk.policy, outside=True) for row in page.items]
    told = ("case_id", "kind", "terminal_sn", "status", "opened_at", "due_at", "waiting_on")
    return {"verified": True, "cases": [{name: row[name] for name in told} for row in rows]}


async def _verified(desk: Desk, body: StatusBody) -> bool:
    known = await desk.registry.find_merchants(uscc=body.uscc, resident_id=body.resident_id)
    return any(merchant.merchant_no == body.merchant_no for merchant in known)
