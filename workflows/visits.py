"""What a case's procedure does about field service: book the visit, hear what becomes of it, call it off.

Field service tells of a visit by signed messages, which arrive as commands; if they stay out, it is asked. What was
promised to the merchant stands among the contact tasks until the technician was there.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Literal, NoReturn

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from domain import commands as c
    from domain import field
    from domain.case import Case, Visit, refusal_of
    from workflows import effects, orders
    from workflows.persisting import persist, settle
    from workflows.ports import VisitNote
    from workflows.record import Record

_GRACE = timedelta(minutes=1)
"""After this an order that was dropped under way has either arrived or never will."""

_MEANS: dict[str, Literal["promised", "kept", "missed", "dropped"]] = {
    "assigned": "promised", "done": "kept", "missed": "missed", "called_off": "dropped",
}  # fmt: skip
"""What each state of a visit means for the promise that was made to the merchant."""


class Visits:
    """`keep` never returns."""

    def __init__(self, record: Record) -> None:
        self._record = record
        self._noted: set[tuple[int, str, str]] = set()

    @property
    def _case(self) -> Case:
        return self._record.case

    async def keep(self) -> NoReturn:
        """See to the case's visit whenever there is something to do. (A run in which a technician was sent before
        visits were booked leaves them to people; a new run books.)"""
        while True:
            await workflow.wait_condition(lambda: field.owed(self._case) is not None or self._unnoted() is not None)
            if not workflow.patched("visits-are-booked"):
                await workflow.wait_condition(lambda: False)
            visit = self._case.visit
            assert visit is not None, "there is nothing to do without a visit"
            if self._unnoted():
                await self._note(visit)
                continue
            match field.owed(self._case):
                case "book":
                    await self._book(visit)
                case "call_off":
                    await self._call_off(visit)
                case _:
                    await self._hear(visit)

    async def _book(self, visit: Visit) -> None:
        """For as long as it takes, or until the case no longer waits for it."""
        if visit.state == "wanted":
            await self._record.proceed(c.OrderVisit(), f"visit:{visit.n}:order")
        order = orders.for_visit(self._case, visit)
        task = asyncio.ensure_future(persist(self._record, "field.book_visit", order, "book a visit"))
        await workflow.wait_condition(lambda: task.done() or field.owed(self._case) != "book")
        if task.done():
            await self._record.proceed(c.BookVisit(visit.n, task.result().ref), f"visit:{visit.n}:booked")
            return
        task.cancel()
        task.add_done_callback(lambda dropped: dropped.cancelled() or dropped.exception())

    async def _call_off(self, visit: Visit) -> None:
        """Of an order without an answer it is first found out whether it arrived."""
        order, booking = orders.to_call_off(self._case, visit), orders.for_visit(self._case, visit)
        if refusal_of(self._case, booking.key) and workflow.patched("a-refused-visit-is-given-up"):
            await settle(self._record, booking.key)
        if not visit.ref:
            await workflow.sleep(_GRACE, summary="whether the visit was booked")
            booked = await effects.learn("field.book_visit", booking, self._record.policy.timers)
            if booked is None:
                await self._record.proceed(c.CallOffVisit(visit.n, "never booked"), f"visit:{visit.n}:off")
                return
            order = orders.with_ref(order, booked.ref)
        receipt = await persist(self._record, "field.call_off_visit", order, "call off the visit")
        await self._record.proceed(c.CallOffVisit(visit.n, receipt.ref), f"visit:{visit.n}:off")

    async def _hear(self, visit: Visit) -> None:
        """Wait for field service's word. If it stays out, ask."""
        silence = timedelta(hours=self._record.policy.timers.field_accept_hours)
        try:
            await workflow.wait_condition(
                lambda: self._case.visit != visit or field.owed(self._case) != "hear",
                timeout=silence,
                timeout_summary="field service's word on the visit",
            )
            return
        except TimeoutError:
            pass
        order = orders.for_visit(self._case, visit)
        state = await effects.until_answered(lambda: effects.visit_state(order), "field service would not say")
        if state.outcome:
            ref = f"asked:{visit.n}:{state.outcome}:{state.happened_at}"
            word = c.AnswerVisit(
                order.key, state.outcome, ref, state.happened_at, visit.ref, state.result, state.slot_ends
            )
            await self._record.proceed(word, f"visit:{visit.n}:{ref}")

    def _unnoted(self) -> tuple[int, str, str] | None:
        """What the visit's state means and was not yet kept among the merchant's contacts by this run."""
        visit = self._case.visit
        if visit is None or visit.state not in _MEANS:
            return None
        state = visit.n, visit.state, visit.promised
        return None if state in self._noted else state

    async def _note(self, visit: Visit) -> None:
        self._noted.add((visit.n, visit.state, visit.promised))
        key = field.visit_key(self._case, visit.n)
        case = self._case
        note = VisitNote(key, case.case_id, case.merchant_no, _MEANS[visit.state], visit.promised, visit.heard_at)
        await effects.until_answered(lambda: effects.note_visit(note), "the promise could not be noted")
