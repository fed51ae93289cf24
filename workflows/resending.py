"""Sending a merchant's notice once more: because someone asked for it, or because it bounced."""

from __future__ import annotations

from datetime import timedelta

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from workflows import effects, ports


@workflow.defn(name="Resending")
class Resending:
    @workflow.run
    async def run(self, resend: ports.Resend) -> ports.Delivered:
        """As often as it takes, after the quiet hours, and in the end to a person."""
        while True:
            try:
                delivered: ports.Delivered = await workflow.execute_activity(
                    ports.NOTICES_RESEND,
                    resend,
                    result_type=ports.Delivered,
                    task_queue="notices",
                    start_to_close_timeout=timedelta(seconds=20),
                    heartbeat_timeout=timedelta(seconds=10),
                    retry_policy=effects.PATIENT,
                    summary=f"{resend.order.notice} once more",
                )
            except ActivityError as error:
                quiet = effects.quiet(error)
                if quiet is None:
                    raise
                await workflow.sleep(quiet, summary=f"quiet hours before {resend.order.notice}")
            else:
                return delivered
