"""Making a merchant or terminal, once registered at the desk, known to the partners that must know it."""

from __future__ import annotations

from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy

with workflow.unsafe.imports_passed_through():
    from workflows import ports


@workflow.defn(name="Registration")
class Registration:
    @workflow.run
    async def run(self, registered: ports.Registration) -> str:
        """A merchant gets accounts in the ledger, a terminal an entry at terminal management; each for as long as it
        takes."""
        name = {"merchant": "ledger.open_accounts", "terminal": "terminals.register"}[registered.kind]
        order = ports.Order(
            key=f"{registered.kind}:{registered.name}:{registered.position}",
            case_id="",
            merchant_no=registered.name if registered.kind == "merchant" else "",
            terminal_sn=registered.name if registered.kind == "terminal" else "",
        )
        receipt: ports.Receipt = await workflow.execute_activity(
            name,
            order,
            result_type=ports.Receipt,
            task_queue=ports.EFFECTS[name],
            start_to_close_timeout=timedelta(seconds=20),
            retry_policy=RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=5)),
            summary=f"{registered.kind} {registered.name}",
        )
        return receipt.ref
