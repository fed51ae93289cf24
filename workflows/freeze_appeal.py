"""The procedure of a freeze appeal, from the first notice to closed books.

1. A control freezes the terminal: its money is held and its block set, and the merchant is told.
2. People take turns: an officer confirms the reason, the merchant proves, reviewers decide. Their commands arrive as
   Updates (or Signals) at any time; the procedure waits for them and for deadlines.
3. When documents are submitted, the machine reads them; while verification is away the case waits for it.
4. An approved release is carried out step by step. Before the ledger release it can be reversed, after it only
   carried forward.
5. What the merchant must do after the release, the bank's word on the payout and the watch over the terminal follow.

The case's state is what its journal says; the procedure looks at it, does the next thing, and journals what happened.
So it goes on from wherever the journal stands: after a restart, a reset, or the loss of the engine's own database.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from datetime import timedelta
from typing import Any, NoReturn, TypeVar

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, ApplicationError

with workflow.unsafe.imports_passed_through():
    from domain import commands as c
    from domain import evidence, release
    from domain.business_time import SHANGHAI
    from domain.case import Case, Document, Status, Step
    from domain.refusals import Refused
    from domain.wire import Answer
    from workflows import effects, orders, ports
    from workflows.duties import Duties
    from workflows.messages import (
        CaseInput,
        CommandOrder,
        Outcome,
        asked_in,
        command_in,
        error_of,
        refusal_error,
        refusal_of,
        refused_before,
        senseless,
    )
    from workflows.persisting import attempt, persist_later, settle
    from workflows.record import Record, RefusedBeforeError, UnfitError
    from workflows.showing import Showing

KIND = "freeze_appeal"

T = TypeVar("T")


@workflow.defn(name="FreezeAppeal")
class FreezeAppeal:
    @workflow.init
    def __init__(self, start: CaseInput) -> None:
        self._showing = Showing(KIND)
        self._record = Record(KIND, start.entries, self._show)
        self._duties = Duties(self._record)
        self._beside: asyncio.Task[None] | None = None
        self._continue_after = start.continue_after
        self._done_once: set[str] = set()

    @property
    def case(self) -> Case:
        return self._record.case

    @workflow.run
    async def run(self, start: CaseInput) -> str:
        """Carry the case on from where its journal stands, until nothing is left to do or to watch."""
        del start  # `__init__` has it
        self._show()
        self._beside = asyncio.create_task(self._duties.perform())
        while not self.case.finished:
            if self._beside.done():
                raise RuntimeError("a duty beside the stages broke") from self._beside.exception()
            if self._record.stale:
                await self._record.sync()
            elif self._is_long():
                await self._continue_as_new()
            else:
                await self._next_stage()
        self._beside.cancel()
        await workflow.wait_condition(workflow.all_handlers_finished)
        return self.case.status

    async def _next_stage(self) -> None:
        match self.case.status:
            case Status.SUBMITTED:
                await self._check_documents()
            case Status.PENDING_CHECK:
                await self._await_verification()
            case Status.APPROVED:
                await self._start_release()
            case Status.EXECUTING:
                await self._carry_out_release()
            case Status.COMPENSATING | Status.SUSPENDED_LEGAL:
                await self._reverse_release()
            case Status.POST_ACTIONS:
                await self._after_release()
            case Status.CLOSED_RELEASED:
                await self._watch()
            case _:
                await self._peoples_turn()

    # --- stages -----------------------------------------------------------------------------------------------------

    async def _peoples_turn(self) -> None:
        """Someone decides, or a deadline passes."""
        await self._moved()

    async def _check_documents(self) -> None:
        """Have the machine read what was filed. If verification cannot be reached, the case waits for it."""
        version = self.case.version
        try:
            checked = await self._until_moved(self._verify_all(effects.QUICK))
        except ActivityError:
            await self._record.proceed(c.DeferChecks(), f"checks:{version}:deferred")
            return
        if checked is not None:
            await self._record.proceed(c.RecordChecks(checked), f"checks:{version}:done")

    async def _await_verification(self) -> None:
        """Verification was away: keep asking until it answers, or until a person takes over."""
        version = self.case.version
        patiently = effects.until_answered(lambda: self._verify_all(effects.PATIENT), "documents could not be read")
        checked = await self._until_moved(patiently)
        if checked is not None:
            await self._record.proceed(c.ResumeChecks(), f"checks:{version}:resumed")
            await self._record.proceed(c.RecordChecks(checked), f"checks:{version}:done")

    async def _verify_all(self, retry: RetryPolicy) -> tuple[c.CheckedDocument, ...]:
        day = workflow.now().astimezone(SHANGHAI).date().isoformat()
        unread = [self._reading(document, day) for document in evidence.to_check(self.case)]
        return tuple(await asyncio.gather(*(effects.verify(order, retry) for order in unread)))

    def _reading(self, document: Document, day: str) -> ports.VerifyOrder:
        case = self.case
        key = f"{case.case_id}:verify:{document.document_id}"
        questioned = (asked.ref for control in case.controls for asked in control.placed.transactions)
        return ports.VerifyOrder(
            key=key,
            case_id=case.case_id,
            document_id=document.document_id,
            doc_type=document.doc_type,
            merchant_no=case.merchant_no,
            day=day,
            terminal_sn=case.terminal_sn,
            transaction_refs=tuple(dict.fromkeys(questioned)),
            ticket=case.visit.ref if case.visit else "",
        )

    async def _start_release(self) -> None:
        """Look again at all the approval rests on, then start, or ask the merchant for what comes first."""
        await self._record.proceed(c.Execute(), f"execute:{self.case.version}")

    async def _carry_out_release(self) -> None:
        """One step at a time: the one under way, else the bank's word, else the next."""
        flying, following = self.case.release.in_flight, release.next_step(self.case)
        if flying:
            await self._carry_out(flying)
        elif following:
            await self._record.proceed(c.StartStep(following.n), f"step:{following.n}:start")
        elif self.case.release.payout == "sent":
            await self._await_bank()
        else:
            await self._moved()

    async def _carry_out(self, step: Step) -> None:
        """Bring a started step's effect about. No answer is asked for by the step's key, never sent under another."""
        name, order = ports.STEPS[step.name], orders.for_step(self.case, step)
        if step.name == "send_notice" and step.state == "started":
            await self._duties.merchant_is_told()
        try:
            receipt = await self._found(name, order) if step.state == "unknown" else None
        except ActivityError as error:
            await self._not_known(step, error)
            return
        if receipt is None and step.state == "unknown" and release.is_stopped(self.case):
            await self._record.proceed(c.FailStep(step.n, "never-took-place"), f"step:{step.n}:refused")
            return
        try:
            receipt = receipt or await effects.effect(name, order, self._record.policy.timers, step.name)
        except ActivityError as error:
            await self._not_done(step, error)
            return
        await self._record.proceed(c.FinishStep(step.n, receipt.ref), f"step:{step.n}:done")

    async def _found(self, name: str, order: ports.Order) -> ports.Receipt | None:
        """What became of a step. Once the release is stopped nothing more is sent, so that "never took place" is the
        last word: it is believed when what was sent before has had time to arrive. (A run that believed it at once
        before goes on so.)"""
        found = await effects.look_up(name, order)
        if found is None and release.is_stopped(self.case) and workflow.patched("never-took-place-is-asked-twice"):
            await workflow.sleep(_GRACE, summary=f"whether {order.key} still takes place")
            found = await effects.look_up(name, order)
        return found

    async def _not_done(self, step: Step, error: ActivityError) -> None:
        """Refused for good: reversed before the pivot, looked into after it. Unknown: asked for by key."""
        code = effects.refused(error)
        if code is not None:
            position = self._record.position
            await self._record.proceed(c.FailStep(step.n, code), f"step:{step.n}:refused")
            if self.case.release.in_flight and self._record.position <= position + 1:
                await self._moved(within=timedelta(hours=1), why=f"{step.name} was refused; it is tried again")
            return
        if step.state != "unknown":
            await self._record.proceed(c.LoseStep(step.n, effects.cause_of(error)), f"step:{step.n}:unknown")
        else:
            await self._before_asking_again()

    async def _not_known(self, step: Step, error: ActivityError) -> None:
        """A partner that will not say what became of a step has said nothing of it: it is asked again."""
        if effects.refused(error) is None or effects.refused_look_up_says_nothing():
            await self._before_asking_again()
        else:
            await self._not_done(step, error)

    async def _before_asking_again(self) -> None:
        await workflow.sleep(timedelta(seconds=self._record.policy.timers.step_backoff_first_seconds))

    async def _await_bank(self) -> None:
        """The bank's signed message arrives as a command; if it stays out, the bank is asked by the payout's key."""
        paid = next(step for step in reversed(self.case.release.steps) if step.name == "pay_out")
        if await self._moved(within=_BANK_SILENCE, why="the bank's word on the payout"):
            return
        order = orders.for_step(self.case, paid)
        asked = effects.until_answered(lambda: effects.payout_state(order), "the bank would not say")
        state = await self._until_moved(asked)
        if state is not None and state.outcome in {"confirmed", "bounced"}:
            answer = c.AnswerPayout(paid.planned.key, state.outcome, state.message_ref, state.reason)
            await self._record.proceed(answer, f"payout:{paid.n}:asked")

    async def _reverse_release(self) -> None:
        """Reverse what was done, last first; first find out what became of the step under way. A legal order stops the
        release here: after the pivot there is nothing to reverse, and the case waits for the authority."""
        flying, todo = self.case.release.in_flight, release.undoable(self.case)
        if flying:
            await self._carry_out(flying)
        elif todo and not self.case.release.past_pivot:
            name, order = orders.for_reversal(self.case, todo[0])
            receipt = await self._persist(name, order, f"reverse {todo[0].name}")
            if receipt is not None:
                await self._record.proceed(c.UndoStep(todo[0].n, receipt.ref), f"step:{todo[0].n}:undone")
        else:
            await self._moved()

    async def _after_release(self) -> None:
        """Check another payout account when one is named. (Runs begun before limits were a duty reduce them here.)"""
        if self.case.release.payout == "account_named":
            await self._check_account()
        elif self.case.post_overdue and "limits" not in self._done_once and not self._duties.keeps_limits:
            await self._once("limits", "risk.reduce_limits")
        else:
            await self._moved()

    async def _check_account(self) -> None:
        name = f"account:{self.case.version}"
        order = self._order(name, account_ref=self.case.release.account_ref or "")
        asked = effects.until_answered(lambda: effects.check_account(order), "the account could not be checked")
        check = await self._until_moved(asked)
        if check is not None:
            await self._record.proceed(c.RecordAccountCheck(check.matches, check.finding), f"{name}:checked")

    async def _watch(self) -> None:
        """A released terminal is watched for a while."""
        if "monitoring" in self.case.dues and "monitor" not in self._done_once:
            await self._once("monitor", "risk.monitor", until=self.case.dues["monitoring"].due)
        else:
            await self._moved()

    async def _once(self, name: str, effect: str, **fields: Any) -> None:
        """An effect that is asked for once in a run; its key keeps it one over all runs. One that was refused
        needs not be put right any more once the case has left the stage."""
        status, order = self.case.status, self._order(name, **fields)
        if await self._persist(effect, order, name) is not None:
            self._done_once.add(name)
        elif self.case.status != status:
            await settle(self._record, order.key)

    async def _persist(self, effect: str, order: ports.Order, summary: str) -> ports.Receipt | None:
        """Have an effect; a refused one is tried again for as long as the case stays in its stage. (A run that was held
        up by one before goes on to wait for it.)"""
        receipt = await attempt(self._record, effect, order, summary)
        if receipt is not None:
            return receipt
        again = persist_later(self._record, effect, order, summary)
        return await (self._until_moved(again) if workflow.patched("a-refusal-holds-up-no-case") else again)

    # --- effects ----------------------------------------------------------------------------------------------------

    def _order(self, name: str, **fields: Any) -> ports.Order:
        return orders.of_case(self.case, name, **fields)

    # --- waiting ----------------------------------------------------------------------------------------------------

    async def _moved(self, within: timedelta | None = None, why: str | None = None) -> bool:
        """Wait until the journal has moved (or must be read, or the run is to be continued). False on a time-out."""
        position = self._record.position
        try:
            await workflow.wait_condition(lambda: self._has_moved(position), timeout=within, timeout_summary=why)
        except TimeoutError:
            return False
        return True

    def _has_moved(self, position: int) -> bool:
        return self._record.position != position or self._must_turn()

    def _must_turn(self) -> bool:
        """Whether `run` has something to see to before the stage."""
        broken = self._beside is not None and self._beside.done()
        return self._record.stale or self._is_long() or broken

    async def _until_moved(self, work: Coroutine[Any, Any, T]) -> T | None:
        """The work's result, or None when something else comes first: the case left the stage, the journal must be
        read, the run is to be continued, a duty broke. Then the work is dropped."""
        stage = self._stage()
        task = asyncio.ensure_future(work)
        await workflow.wait_condition(lambda: task.done() or self._stage() != stage or self._must_turn())
        if task.done():
            return task.result()
        task.cancel()
        task.add_done_callback(lambda dropped: dropped.cancelled() or dropped.exception())
        return None

    def _stage(self) -> tuple[str, str, str | None]:
        return self.case.status, self.case.release.payout, self.case.release.account_ref

    def _is_long(self) -> bool:
        """Whether the run's history should be continued in a new one."""
        info = workflow.info()
        if self._continue_after is not None and info.get_current_history_length() > self._continue_after:
            return True
        return info.is_continue_as_new_suggested()

    async def _continue_as_new(self) -> NoReturn:
        """A long history goes on in a new run, with the journal so far as its input. Calls still under way beside the
        stages are made again there, under the same keys; only the journal must not be left in the middle of a word."""
        await workflow.wait_condition(lambda: not self._record.busy and workflow.all_handlers_finished())
        workflow.continue_as_new(CaseInput(self._record.whole(), self._continue_after))

    def _show(self) -> None:
        self._showing.show(self.case, self._record.policy)

    # --- what reaches the case --------------------------------------------------------------------------------------

    @workflow.update
    async def give(self, order: CommandOrder) -> Answer:
        """A person's command, answered at once: what it led to, or why it is refused."""
        try:
            answer = await self._record.apply(command_in(order), asked_in(order, workflow.now()))
        except RefusedBeforeError as error:
            raise error_of(refused_before(error.code)) from error
        except UnfitError as error:
            raise error_of(senseless(error)) from error
        if isinstance(answer, Refused):
            raise refusal_error(answer)
        return answer

    @give.validator
    def _give(self, order: CommandOrder) -> None:
        refused = self._record.refusal(command_in(order), asked_in(order, workflow.now()))
        if refused:
            raise refusal_error(refused)

    @workflow.update
    async def deliver(self, order: CommandOrder) -> Outcome:
        """A command that was stored while the engine was away. Its author no longer waits: a refusal is journaled."""
        return await self._decide_late(order)

    @workflow.signal
    async def ask(self, order: CommandOrder) -> None:
        """The same command without an answer; a refusal is journaled."""
        await self._decide_late(order)

    async def _decide_late(self, order: CommandOrder) -> Outcome:
        code = self._record.refused_before(order.command_id)
        if code is not None:
            return Outcome(refused=refused_before(code))
        try:
            answer = await self._record.apply(command_in(order), asked_in(order, workflow.now()))
        except RefusedBeforeError as error:
            return Outcome(refused=refused_before(error.code))
        except (ApplicationError, UnfitError) as error:
            refusal = senseless(error)
        else:
            if not isinstance(answer, Refused):
                return Outcome(answer)
            refusal = refusal_of(answer)
        try:
            await self._record.note_refusal(order.command_id, order.name, refusal.code, order.by.signing_as(()))
        except UnfitError:  # not even the id or the name of the command can be written
            workflow.logger.error("a refusal could not be journaled: %s", refusal.code)
        return Outcome(refused=refusal)

    @workflow.signal
    def resync(self) -> None:
        """The journal may be ahead of this run: read it before going on."""
        self._record.doubt()

    @workflow.query
    def position(self) -> int:
        """How many entries of the journal this run has folded."""
        return self._record.position


_GRACE = timedelta(minutes=1)
"""After this an effect that was asked for and not answered has either taken place or never will."""
_BANK_SILENCE = timedelta(minutes=10)
