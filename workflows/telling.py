"""Sending one notice that belongs to no case's procedure: what staff are told of a promise to a merchant."""

from __future__ import annotations

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from workflows import effects, ports


@workflow.defn(name="Telling")
class Telling:
    @workflow.run
    async def run(self, order: ports.NoticeOrder) -> ports.Delivered:
        """For as long as it takes; once under its key."""
        return await effects.until_answered(lambda: effects.notify(order), f"{order.notice} was refused")
