"""The procedure with changes that recorded histories must catch: each does something otherwise than it did."""

from __future__ import annotations

from temporalio import workflow
from temporalio.common import RetryPolicy

with workflow.unsafe.imports_passed_through():
    import workflows.ports  # noqa: F401  # pydantic looks the names in its annotations up among the sandbox's modules
    from domain import commands as c
    from domain import evidence
    from workflows import effects
    from workflows.freeze_appeal import FreezeAppeal
    from workflows.messages import CaseInput


@workflow.defn(name="FreezeAppeal")
class ReadsOneByOne(FreezeAppeal):
    """Documents that were read at the same time are read one after the other."""

    @workflow.init
    def __init__(self, start: CaseInput) -> None:
        super().__init__(start)

    @workflow.run
    async def run(self, start: CaseInput) -> str:
        return await super().run(start)

    async def _verify_all(self, retry: RetryPolicy) -> tuple[c.CheckedDocument, ...]:
        unread = [self._reading(document, "2026-11-02") for document in evidence.to_check(self.case)]
        return tuple([await effects.verify(order, retry) for order in unread])


@workflow.defn(name="FreezeAppeal")
class TellsNobody(FreezeAppeal):
    """A duty that was dropped."""

    @workflow.init
    def __init__(self, start: CaseInput) -> None:
        super().__init__(start)
        self._duties._tell = self._silence  # type: ignore[method-assign]

    @workflow.run
    async def run(self, start: CaseInput) -> str:
        return await super().run(start)

    async def _silence(self) -> None:
        await workflow.wait_condition(lambda: False)
