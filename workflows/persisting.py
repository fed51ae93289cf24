"""Effects that must come about although a partner refuses them: tried every hour, and not in silence."""

from __future__ import annotations

from collections.abc import Callable

from temporalio import workflow
from temporalio.exceptions import ActivityError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from domain import commands as c
    from domain.case import refusal_of
    from workflows import effects, ports
    from workflows.record import Record


Final = Callable[[ActivityError], bool]
"""Whether a refusal is an answer, so that nothing needs to be put right."""


def never(_: ActivityError) -> bool:
    """No refusal is an answer."""
    return False


async def persist(record: Record, name: str, order: ports.Order, summary: str, final: Final = never) -> ports.Receipt:
    """Have an effect, however long someone takes to put right what stands in its way. That it is refused is journaled
    once, and so is that it took place after all. Raises a refusal that is `final`."""
    receipt = await attempt(record, name, order, summary, final)
    return receipt or await persist_later(record, name, order, summary, final)


async def persist_later(
    record: Record, name: str, order: ports.Order, summary: str, final: Final = never
) -> ports.Receipt:
    """The same for an effect that has just been refused: it is tried again in an hour."""
    while True:
        await effects.in_an_hour(f"{summary} was refused")
        receipt = await attempt(record, name, order, summary, final)
        if receipt is not None:
            return receipt


async def persist_while(
    record: Record, name: str, order: ports.Order, summary: str, needed: Callable[[], bool]
) -> ports.Receipt | None:
    """The same for as long as it is needed. An order under way is not taken back; one that is refused is given up,
    and with it what was to be put right."""
    while True:
        receipt = await attempt(record, name, order, summary)
        if receipt is not None:
            return receipt
        if not await effects.needed_in_an_hour(needed, f"{summary} was refused"):
            await settle(record, order.key)
            return None


async def attempt(
    record: Record, name: str, order: ports.Order, summary: str, final: Final = never
) -> ports.Receipt | None:
    """The effect, or None when it was refused, which is journaled. Raises a refusal that is `final`."""
    try:
        receipt = await effects.insist(name, order, record.policy.timers, summary)
    except ActivityError as error:
        if is_cancelled_exception(error):
            raise
        if final(error):
            await settle(record, order.key)
            raise
        await _report(record, name, order.key, effects.refused(error) or effects.cause_of(error))
        return None
    await settle(record, order.key)
    return receipt


async def settle(record: Record, key: str) -> None:
    """What was refused took place after all, or nobody needs it any more: there is nothing left to put right."""
    if refusal_of(record.case, key):
        await record.proceed(c.SettleRefusal(key), f"refusal:{key}:settled")


async def _report(record: Record, name: str, key: str, code: str) -> None:
    """(A run that was refused something before refusals were journaled goes on without a word.)"""
    if refusal_of(record.case, key) is None and workflow.patched("refusals-are-journaled"):
        source = name.partition(".")[2]
        await record.proceed(c.ReportRefusal(source, key, code), f"refusal:{key}")
