"""The daily reconciliation of ledger, journal and bank file: one run per day, started by a schedule or by a person."""

from __future__ import annotations

from datetime import datetime, timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy, SearchAttributeKey

with workflow.unsafe.imports_passed_through():
    from domain.business_time import local_date
    from workflows import ports

SCHEDULED_AT = SearchAttributeKey.for_datetime("TemporalScheduledStartTime")
"""The moment for which the schedule meant this run; it may be late, and still is about the day before that moment."""


@workflow.defn(name="Reconciliation")
class Reconciliation:
    @workflow.run
    async def run(self, day: str = "") -> ports.Reconciled:
        """Compares the day (YYYY-MM-DD in Shanghai; yesterday, where none is given), for as long as it takes."""
        order = ports.ReconcileOrder(day or self._yesterday())
        workflow.set_current_details(f"ledger, journal and bank file of {order.day} are compared")
        found: ports.Reconciled = await workflow.execute_activity(
            ports.LEDGER_RECONCILE,
            order,
            result_type=ports.Reconciled,
            task_queue="ledger",
            start_to_close_timeout=timedelta(hours=2),
            heartbeat_timeout=timedelta(minutes=1),
            retry_policy=RetryPolicy(initial_interval=timedelta(seconds=5), maximum_interval=timedelta(minutes=10)),
            summary=f"reconcile {order.day}",
        )
        total = sum(found.differences.values())
        workflow.set_current_details(f"{order.day}: {found.cases} cases compared, {total} differences at the desk")
        return found

    def _yesterday(self) -> str:
        meant: datetime = workflow.info().typed_search_attributes.get(SCHEDULED_AT) or workflow.now()
        return (local_date(meant) - timedelta(days=1)).isoformat()
