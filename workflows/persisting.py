"""Effects that must come about although a partner refuses them: tried every hour, and not in silence."""

from __future__ import annotations

from temporalio import workflow
from temporalio.exceptions import ActivityError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from domain import commands as c
    from domain.case import refusal_of
    from workflows import effects, ports
    from workflows.record import Record


async def persist(record: Record, name: str, order: ports.Order, summary: str) -> ports.Receipt:
    """Have an effect, however long someone takes to put right what stands in its way. That it is refused is journaled
    once, and so is that it took place after all."""
    while True:
        try:
            receipt = await effects.insist(name, order, record.policy.timers, summary)
        except ActivityError as error:
            if is_cancelled_exception(error):
                raise
            await _report(record, name, order.key, effects.refused(error) or effects.cause_of(error))
        else:
            if refusal_of(record.case, order.key):
                await record.proceed(c.SettleRefusal(order.key), f"refusal:{order.key}:settled")
            return receipt
        await effects.in_an_hour(f"{summary} was refused")


async def _report(record: Record, name: str, key: str, code: str) -> None:
    """(A run that was refused something before refusals were journaled goes on without a word.)"""
    if refusal_of(record.case, key) is None and workflow.patched("refusals-are-journaled"):
        source = name.partition(".")[2]
        await record.proceed(c.ReportRefusal(source, key, code), f"refusal:{key}")
