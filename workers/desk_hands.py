"""What the desk itself does for a procedure: the next items of a bulk action. The relay works on its task queue."""

from __future__ import annotations

from temporalio import activity
from temporalio.client import Client
from temporalio.worker import PollerBehaviorSimpleMaximum, Worker

from desk.bulk.running import next_items
from desk.context import Desk
from workers.log_context import LogContext
from workers.run_worker import GRACE
from workflows import ports

AT_ONCE = 4
"""Bulk actions that are carried out at the same time."""


class DeskHands:
    """The activities, over one desk."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    @activity.defn(name=ports.DESK_NEXT_ITEMS)
    async def next_items(self, run: ports.BulkRun) -> ports.BulkProgress:
        """Beats after each item, so that the engine soon misses a worker that was killed."""
        return await next_items(self._desk, run.bulk_id, activity.info().attempt, activity.heartbeat)


def desk_worker(client: Client, desk: Desk) -> Worker:
    return Worker(
        client,
        task_queue=ports.DESK,
        activities=[DeskHands(desk).next_items],
        interceptors=[LogContext()],
        max_concurrent_activities=AT_ONCE,
        activity_task_poller_behavior=PollerBehaviorSimpleMaximum(maximum=2),
        graceful_shutdown_timeout=GRACE,
    )
