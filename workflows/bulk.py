"""A bulk action, carried out: turn by turn the desk does its next items, until none is left or someone stops it.

What is to be done and what became of each item stands in the journal; a run holds nothing but how far it came. So a run
may end anywhere and another goes on: after a kill, a stop, or the loss of the engine's own database.
"""

from __future__ import annotations

from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy

with workflow.unsafe.imports_passed_through():
    from workflows import ports


@workflow.defn(name="BulkAction")
class BulkAction:
    @workflow.init
    def __init__(self, run: ports.BulkRun) -> None:
        self._progress = run.progress

    @workflow.run
    async def run(self, run: ports.BulkRun) -> ports.BulkProgress:
        """As long as it takes. A stop ends the run; a resume starts another one under the same id."""
        turns = 0
        while True:
            self._progress = await self._next_items(run.bulk_id)
            self._show()
            if self._progress.state != "running":
                return self._progress
            turns += 1
            if turns == run.continue_after or workflow.info().is_continue_as_new_suggested():
                workflow.continue_as_new(ports.BulkRun(run.bulk_id, self._progress, run.continue_after))

    @workflow.query
    def progress(self) -> ports.BulkProgress:
        """How far it came."""
        return self._progress

    async def _next_items(self, bulk_id: str) -> ports.BulkProgress:
        progress: ports.BulkProgress = await workflow.execute_activity(
            ports.DESK_NEXT_ITEMS,
            ports.BulkRun(bulk_id, self._progress),
            result_type=ports.BulkProgress,
            task_queue=ports.DESK,
            start_to_close_timeout=timedelta(minutes=10),
            heartbeat_timeout=timedelta(seconds=20),
            retry_policy=RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=1)),
            summary=f"from item {self._progress.settled + 1}",
        )
        return progress

    def _show(self) -> None:
        done = self._progress
        workflow.set_current_details(
            f"{done.action} is {done.state}: {done.settled} of {done.total} items settled "
            f"({done.moved} moved, {done.skipped} skipped, {done.failed} failed)"
        )
