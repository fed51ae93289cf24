"""A notice of policy to all merchants, page by page, each merchant once, whoever is asleep in the morning."""

from __future__ import annotations

from datetime import timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from workflows import effects, ports

_PAGES = 200
"""After so many a new run goes on: histories are to stay short."""


@workflow.defn(name="Broadcasting")
class Broadcasting:
    @workflow.run
    async def run(self, order: ports.BroadcastOrder) -> None:
        """Until everyone was told or cannot be. Who has been is in the journal, so it goes on from anywhere."""
        for _ in range(_PAGES):
            page: ports.BroadcastPage = await workflow.execute_activity(
                ports.NOTICES_BROADCAST,
                order,
                result_type=ports.BroadcastPage,
                task_queue="notices",
                start_to_close_timeout=timedelta(minutes=2),
                heartbeat_timeout=timedelta(seconds=20),
                retry_policy=effects.PATIENT,
                summary="the next merchants",
            )
            if not page.left:
                return
            if page.quiet_seconds:
                await workflow.sleep(timedelta(seconds=page.quiet_seconds), summary="quiet hours")
        workflow.continue_as_new(order)
