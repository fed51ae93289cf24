"""The next items of a confirmed bulk action: each judged anew, done where it is good, and settled with what became of
it. Whoever runs this may be killed anywhere: what was begun goes on under its key, what is settled stays."""

from __future__ import annotations

from collections.abc import Callable

import structlog

from desk.bulk.choosing import Chosen
from desk.bulk.doing import do
from desk.bulk.judging import Wanted, judge, wanted, why
from desk.context import Desk
from desk.outages import OUTAGES
from desk.problems import Problem
from domain.actors import Actor
from journal.bulk import BulkAction, BulkItem, Settled, Why
from journal.claims import Steered
from workflows.ports import BulkProgress

LOG = structlog.stdlib.get_logger()
BATCH = 20
"""Items in one turn; between them it is looked whether someone stopped the action."""
TRIES = 3
"""After so many turns that broke on one item the item has failed, and the others go on."""


async def next_items(
    desk: Desk, bulk_id: str, attempt: int = 1, alive: Callable[[], None] = lambda: None
) -> BulkProgress:
    """Does up to `BATCH` items and says how far the action came. `alive` is called after each. Raises what an item ends
    with that neither is done nor refused; in the last `attempt` the item has failed instead."""
    for _ in range(BATCH):
        bulk = await desk.bulk.find(bulk_id)
        if bulk is None or bulk.state != "running":
            break
        items = await desk.bulk.left(bulk_id, 1)
        if not items:
            await desk.bulk.end(bulk_id)
            break
        await _settle(desk, bulk, items[0], attempt)
        attempt = 1
        alive()
    return await progress_of(desk, bulk_id)


async def progress_of(desk: Desk, bulk_id: str) -> BulkProgress:
    """How far the action came; of one that is not there nothing is left."""
    bulk = await desk.bulk.find(bulk_id)
    if bulk is None:
        return BulkProgress("done")
    return BulkProgress(bulk.state, bulk.action, bulk.total, bulk.moved, bulk.skipped, bulk.failed)


async def _settle(desk: Desk, bulk: BulkAction, item: BulkItem, attempt: int) -> None:
    signed = bulk.confirmed_by or ""
    outcome, refusal = await _outcome(desk, bulk, item, signed, attempt)
    await desk.bulk.settle(bulk.bulk_id, item, outcome, refusal, signed)


async def _outcome(
    desk: Desk, bulk: BulkAction, item: BulkItem, signed: str, attempt: int
) -> tuple[Settled, Why | None]:
    chosen = Chosen(item.case_id, item.task_id)
    try:
        want = await _wanted(desk, bulk, signed)
        if item.begun_at is None:
            if (refused := await judge(desk, want, chosen)) is not None:
                return "skipped", refused
            await desk.bulk.begin(bulk.bulk_id, item.number)
        steered = Steered(signed, f"{bulk.bulk_id}:{item.number}", bulk.reason or "")
        refused = await do(desk, want, chosen, steered)
    except (*OUTAGES, Problem):
        raise
    except Exception:
        if attempt < TRIES:
            raise
        LOG.exception("an item of a bulk action failed", bulk_id=bulk.bulk_id, number=item.number)
        return "failed", why("item-broke")
    return ("skipped", refused) if refused else ("moved", None)


async def _wanted(desk: Desk, bulk: BulkAction, signed: str) -> Wanted:
    """With the rights its author has now, not when they confirmed it."""
    name = signed.partition(":")[2]
    user = await desk.people.find(name)
    actor = Actor(name, tuple(sorted(user.roles)) if user else ())
    return await wanted(desk, bulk.action, bulk.fields, actor)
