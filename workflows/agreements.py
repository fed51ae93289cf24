"""What a case's procedure does about the agreement to be signed anew: have it issued, hear of it, call it off.

Contract signing tells of an agreement by signed messages, which arrive as commands; if they stay out, it is asked.
"""

from __future__ import annotations

from datetime import timedelta
from typing import NoReturn

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from domain import agreement as agreements
    from domain import commands as c
    from domain.case import Agreement, Case
    from workflows import effects, orders
    from workflows.persisting import persist, persist_while
    from workflows.ports import AgreementState, Order
    from workflows.record import Record

_GRACE = timedelta(minutes=1)
"""After this an order that an earlier run gave has either arrived or never will."""
_SILENCE = timedelta(days=1)
"""A merchant may take its time; contract signing is asked once a day."""


class Agreements:
    """`keep` never returns."""

    def __init__(self, record: Record) -> None:
        self._record = record

    @property
    def _case(self) -> Case:
        return self._record.case

    def _owed(self) -> str | None:
        return agreements.owed(self._case, self._record.policy)

    async def keep(self) -> NoReturn:
        """See to the case's agreement whenever there is something to do. (A run that waited for a signature before
        agreements were issued leaves them to people; a new run issues.)"""
        while True:
            await workflow.wait_condition(lambda: self._owed() is not None)
            if not workflow.patched("agreements-are-issued"):
                await workflow.wait_condition(lambda: False)
            match self._owed():
                case "issue":
                    await self._issue()
                case "count":
                    await self._count()
                case "call_off":
                    await self._call_off(self._agreement)
                case "hear":
                    await self._hear(self._agreement)

    @property
    def _agreement(self) -> Agreement:
        assert self._case.agreement is not None, "there is nothing to hear of without an agreement"
        return self._case.agreement

    async def _issue(self) -> None:
        """For as long as it takes. An order that is under way is not taken back: what nobody needs any more by then is
        called off once it is there."""
        last = self._case.agreement
        if last is None or last.state != "ordered":
            await self._record.proceed(c.OrderAgreement(), f"agreement:{last.n + 1 if last else 1}:order")
        agreement = self._case.agreement
        if agreement is None or agreement.state != "ordered":  # signed otherwise in this very moment
            return
        order = orders.for_agreement(self._case, agreement)
        receipt = await persist_while(
            self._record, "contracts.issue_agreement", order, "issue an agreement", lambda: self._owed() == "issue"
        )
        if receipt is None:
            return
        held_out = await self._state(orders.with_ref(order, receipt.ref))
        issued = c.IssueAgreement(
            agreement.n, receipt.ref, held_out.document_sha256, held_out.link_ref, held_out.expires_at
        )
        await self._record.proceed(issued, f"agreement:{agreement.n}:issued")

    async def _count(self) -> None:
        await self._record.proceed(c.CountSignature(), f"agreement:{self._agreement.n}:counted")

    async def _call_off(self, agreement: Agreement) -> None:
        """Of an order without an answer it is first found out whether it arrived."""
        order, step = orders.to_call_off_agreement(self._case, agreement), f"agreement:{agreement.n}:off"
        if not agreement.ref:
            await workflow.sleep(_GRACE, summary="whether the agreement was issued")
            asked = orders.for_agreement(self._case, agreement)
            issued = await effects.learn("contracts.issue_agreement", asked, self._record.policy.timers)
            if issued is None:
                await self._record.proceed(c.CallOffAgreement(agreement.n, "never issued"), step)
                return
            order = orders.with_ref(order, issued.ref)
        receipt = await persist(self._record, "contracts.call_off_agreement", order, "call off the agreement")
        await self._record.proceed(c.CallOffAgreement(agreement.n, receipt.ref), step)

    async def _hear(self, agreement: Agreement) -> None:
        """Wait for contract signing's word. If it stays out, ask."""
        try:
            await workflow.wait_condition(
                lambda: self._case.agreement != agreement or self._owed() != "hear",
                timeout=_SILENCE,
                timeout_summary="contract signing's word on the agreement",
            )
            return
        except TimeoutError:
            pass
        order = orders.for_agreement(self._case, agreement)
        state = await self._state(order)
        if state.outcome:
            ref = f"asked:{agreement.n}:{state.outcome}"
            word = c.AnswerAgreement(order.key, state.outcome, ref, state.happened_at, state.signature_ref)
            await self._record.proceed(word, f"agreement:{agreement.n}:{ref}")

    async def _state(self, order: Order) -> AgreementState:
        return await effects.until_answered(lambda: effects.agreement_state(order), "contract signing would not say")
