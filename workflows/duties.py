"""What a case's procedure does beside its stages, for as long as it runs: keep time, enforce controls, tell people.

Each duty waits for its own partner only, so that one partner's absence holds up nothing else.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import NoReturn

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from domain import commands as c
    from domain import deadlines
    from domain.business_time import parse_time
    from domain.case import Case, Control, OwedNotice
    from domain.events import Due
    from domain.notices import URGENT
    from domain.refusals import Refused
    from workflows import effects, orders
    from workflows.agreements import Agreements
    from workflows.persisting import never, persist
    from workflows.ports import Delivered, NoticeOrder
    from workflows.record import Record
    from workflows.visits import Visits

Work = tuple[str, str]
"""A control and the effect it is to have."""

_NEXT_TRY = timedelta(days=1)
_LATE = timedelta(minutes=1)
"""A deadline that is passed later than this was up while the engine or the workers were away."""
_LOOK_AGAIN = timedelta(seconds=5)
_UNDER_WAY = timedelta(minutes=10)
"""How long commands that came in time are waited for, at pauses that double."""


class Duties:
    """`perform` never returns; it raises when a duty cannot go on, so that a broken one does not go unnoticed."""

    def __init__(self, record: Record) -> None:
        self._record = record
        self._hurried: frozenset[str] = frozenset()

    @property
    def _case(self) -> Case:
        return self._record.case

    async def perform(self) -> None:
        await asyncio.gather(
            self._keep_time(),
            self._enforce_controls(),
            self._keep_limits(),
            self._tell(),
            Visits(self._record).keep(),
            Agreements(self._record).keep(),
        )

    # --- time -------------------------------------------------------------------------------------------------------

    async def _keep_time(self) -> NoReturn:
        """Wait for the case's next deadline. A passed deadline is a command like any other."""
        while True:
            due = deadlines.earliest(self._case)
            if due is None or await self._changed(due, self._left(due), f"{due.name} until {due.due[:16]}Z"):
                await workflow.wait_condition(lambda: deadlines.earliest(self._case) is not None)
                continue
            if await self._forestalled(due):
                continue
            passed = c.PassDeadline(due.name, due.due)
            answer = await self._record.proceed(passed, f"deadline:{due.name}:{due.due}")
            if isinstance(answer, Refused) and not self._left(due):
                await self._changed(due, _NEXT_TRY, f"{due.name} could not be passed; it is tried again")

    async def _forestalled(self, due: Due) -> bool:
        """Whether a command that was given in time takes the deadline away. Where the engine was away when the time was
        up, such commands are still on their way; they are waited for, but not for ever."""
        late = workflow.now() - parse_time(due.due)
        if late < _LATE or not workflow.patched("what-came-in-time-comes-first"):
            return False
        pause = _LOOK_AGAIN
        while pause < _UNDER_WAY and await self._record.command_waits(due.due):
            if await self._changed(due, pause, f"commands given before {due.name} was up"):
                return True
            pause *= 2
        return deadlines.earliest(self._case) != due

    def _left(self, due: Due) -> timedelta:
        return max(parse_time(due.due) - workflow.now(), timedelta())

    async def _changed(self, due: Due, within: timedelta, why: str) -> bool:
        """Whether another deadline became the next one in this time."""
        try:
            await workflow.wait_condition(
                lambda: deadlines.earliest(self._case) != due, timeout=within, timeout_summary=why
            )
        except TimeoutError:
            return False
        return True

    # --- controls ---------------------------------------------------------------------------------------------------

    async def _enforce_controls(self) -> NoReturn:
        """Bring every control into force: at the ledger, at the terminal."""
        begun: dict[Work, asyncio.Task[None]] = {}
        while True:
            await workflow.wait_condition(lambda: bool(self._unenforced(begun)) or _any_ended(begun))
            for work in [work for work, task in begun.items() if task.done()]:
                begun.pop(work).result()
            for control, effect in self._unenforced(begun):
                begun[control.control_id, effect] = asyncio.create_task(self._enforce(control, effect))

    def _unenforced(self, begun: dict[Work, asyncio.Task[None]]) -> list[tuple[Control, str]]:
        """What is owed and not under way. Whether a legal order holds money anew is known once the ledger release under
        way has ended."""
        pending = self._case.release.in_flight is not None and not self._case.release.past_pivot
        return [
            (control, effect)
            for control in self._case.controls
            for effect in control.owed
            if (control.control_id, effect) not in begun and not (control.legal_hold and pending)
        ]

    async def _enforce(self, control: Control, effect: str) -> None:
        """Have one effect of a control, however long it takes. What the ledger cannot hold is recorded as such."""
        order, step = orders.for_control(self._case, control, effect), f"control:{control.control_id}:{effect}:done"
        if effect == "questions":
            found = await effects.until_answered(lambda: effects.questions(order), "risk control would not say")
            await self._record.proceed(c.RecordEnforcement(control.control_id, "questions", None, found), step)
            return
        name, summary = orders.ENFORCEMENT[effect], f"{effect} {control.control_id}"
        try:
            await persist(self._record, name, order, summary, _cannot_be_held if effect == "hold" else never)
        except ActivityError as error:
            if effects.refused(error) is None:
                raise
            refused = c.RecordEnforcement(control.control_id, "hold", effects.available_fen(error) or 0)
            await self._record.proceed(refused, f"control:{control.control_id}:hold:refused")
            return
        await self._record.proceed(c.RecordEnforcement(control.control_id, effect), step)  # type: ignore[arg-type]

    # --- limits -----------------------------------------------------------------------------------------------------

    @property
    def keeps_limits(self) -> bool:
        """Whether limits are a duty of this run; asked only once they are owed. In one that was overdue before they
        were, the stage reduces them, and a new run (`thaw case reset`) restores them."""
        return workflow.patched("limits-are-a-duty")

    async def _keep_limits(self) -> None:
        """Have risk control reduce the merchant's limits while post-actions are overdue, and restore them after."""
        while True:
            await workflow.wait_condition(lambda: self._case.limits_owed is not None)
            if not self.keeps_limits:
                await workflow.wait_condition(lambda: False)
            limits = self._case.limits_owed
            assert limits is not None
            name, effect = orders.LIMITS[limits]
            percent = self._record.policy.limits.reduced_limits_percent
            order = orders.of_case(self._case, name, limits_percent=percent)
            receipt = await persist(self._record, effect, order, f"limits {limits}")
            await self._record.proceed(c.RecordLimits(limits, receipt.ref), f"{name}:done")  # type: ignore[arg-type]

    # --- notices ----------------------------------------------------------------------------------------------------

    async def _tell(self) -> NoReturn:
        """Send the notices owed, in their order, each once."""
        while True:
            await workflow.wait_condition(lambda: bool(self._case.owed))
            await self._send(self._case.owed[0])

    async def _send(self, owed: OwedNotice) -> None:
        order = orders.for_notice(self._case, owed, self._record.policy)
        sent = await effects.until_answered(lambda: self._notify(order), f"{owed.notice} was refused")
        record = c.RecordNotice(owed.key, owed.notice, sent.channel, sent.receipt, sent.delivered_at)
        await self._record.proceed(record, f"sent:{owed.key}")

    async def _notify(self, order: NoticeOrder) -> Delivered:
        """Send a notice, after the quiet hours if it is not urgent. Something urgent behind it takes it along."""
        while True:
            try:
                return await effects.notify(replace(order, at_once=self._is_urgent))
            except ActivityError as error:
                quiet = effects.quiet(error)
                if quiet is None:
                    raise
            with suppress(TimeoutError):
                await workflow.wait_condition(
                    lambda: self._is_urgent, timeout=quiet, timeout_summary=f"quiet hours before {order.notice}"
                )

    @property
    def _is_urgent(self) -> bool:
        return any(owed.notice in URGENT or owed.key in self._hurried for owed in self._case.owed)

    async def merchant_is_told(self) -> None:
        """Wait until the merchant got every notice owed by now, quiet hours or not: something urgent follows. (A run
        that told of a release before notices kept their order goes on without waiting.)"""
        before = frozenset(owed.key for owed in self._case.owed if owed.audience == "merchant")
        if not before or not workflow.patched("a-release-is-told-in-its-turn"):
            return
        self._hurried = before
        await workflow.wait_condition(lambda: not any(owed.key in before for owed in self._case.owed))


def _cannot_be_held(error: ActivityError) -> bool:
    """Whether the ledger said how much there is, which is less than what is to be held. (A run in which a hold was
    refused without that before it counted takes any refusal for it.)"""
    if effects.refused(error) is None:
        return False
    return effects.available_fen(error) is not None or not workflow.patched("a-hold-is-refused-with-what-there-was")


def _any_ended(begun: dict[Work, asyncio.Task[None]]) -> bool:
    return any(task.done() for task in begun.values())
