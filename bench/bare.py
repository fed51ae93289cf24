"""A workflow that does nothing: the same number of updates, timers and activities as a freeze appeal, all empty."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from time import perf_counter

from temporalio import activity, workflow
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client, WorkflowHandle, WorkflowHistory
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

with workflow.unsafe.imports_passed_through():
    from bench.partners import Heard

QUEUE, HANDS = "bare", "bare-hands"
TOGETHER, STEP, BESIDE = "together", "step", "beside"


@dataclass(frozen=True, slots=True)
class Shape:
    """How much a case has of everything: updates before its papers are read, papers read together, approvals, steps
    of the release one after another, steps after the bank's word, activities beside all this, and timers."""

    filing: int
    together: int
    approvals: int
    steps: int
    last_steps: int
    beside: int
    timers: int

    @property
    def updates(self) -> int:
        return self.filing + self.approvals + 1


def shape_of(history: WorkflowHistory) -> Shape:
    """The shape of a freeze appeal by its history."""
    counts: dict[str, int] = {}
    for event in history.events:
        match event.event_type:
            case EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED:
                name = event.activity_task_scheduled_event_attributes.activity_type.name
                key = {"documents.verify": TOGETHER, "notices.send": BESIDE}.get(name, STEP)
                key = BESIDE if name in _BESIDE else key
            case EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED:
                key = "update"
            case EventType.EVENT_TYPE_TIMER_STARTED:
                key = "timer"
            case _:
                continue
        counts[key] = counts.get(key, 0) + 1
    updates, last = counts["update"], 1
    return Shape(updates - 3, counts[TOGETHER], 2, counts[STEP] - last, last, counts[BESIDE], counts["timer"])


_BESIDE = {"ledger.hold", "terminals.block", "risk.questions", "risk.monitor"}


@workflow.defn(name="Bare")
class Bare:
    def __init__(self) -> None:
        self._given = 0
        self._timers = 0

    @workflow.run
    async def run(self, shape: Shape) -> int:
        self._timers = min(shape.timers, shape.updates)
        others = [self._timer() for _ in range(shape.timers - self._timers)]
        beside = asyncio.create_task(self._in_turn(BESIDE, shape.beside))
        await self._until(shape.filing)
        await asyncio.gather(*(self._nothing(TOGETHER) for _ in range(shape.together)))
        await self._until(shape.filing + shape.approvals)
        await self._in_turn(STEP, shape.steps)
        await self._until(shape.updates)
        await self._in_turn(STEP, shape.last_steps)
        await beside
        for timer in others:
            timer.cancel()
        return self._given

    async def _until(self, given: int) -> None:
        """Wait for updates, with a timer running for each while there are timers left."""
        while self._given < given:
            now = self._given
            within = timedelta(hours=1) if self._timers else None
            self._timers -= bool(self._timers)
            await workflow.wait_condition(lambda: self._given > now, timeout=within)  # noqa: B023

    def _timer(self) -> asyncio.Task[None]:
        return asyncio.create_task(workflow.sleep(timedelta(hours=1)))

    async def _in_turn(self, kind: str, times: int) -> None:
        for _ in range(times):
            await self._nothing(kind)

    async def _nothing(self, kind: str) -> None:
        await workflow.execute_activity(
            f"nothing.{kind}", task_queue=HANDS, start_to_close_timeout=timedelta(seconds=20)
        )

    @workflow.update
    def give(self) -> int:
        self._given += 1
        return self._given

    @give.validator
    def _give(self) -> None:
        pass


class Nothing:
    """The empty activities, telling who waits how many of them a workflow has had."""

    def __init__(self, heard: Heard) -> None:
        self._heard = heard
        self._had: dict[tuple[str, str], int] = {}

    def _did(self, kind: str) -> None:
        key = activity.info().workflow_id or "", kind
        self._had[key] = self._had.get(key, 0) + 1
        self._heard.reached(key[0], f"{kind}:{self._had[key]}")

    @activity.defn(name="nothing.together")
    async def together(self) -> None:
        self._did(TOGETHER)

    @activity.defn(name="nothing.step")
    async def step(self) -> None:
        self._did(STEP)

    @activity.defn(name="nothing.beside")
    async def beside(self) -> None:
        self._did(BESIDE)


def bare_procedures(client: Client) -> Worker:
    """The worker for bare workflows, out of the sandbox as ours is."""
    return Worker(client, task_queue=QUEUE, workflows=[Bare], workflow_runner=UnsandboxedWorkflowRunner())


def bare_hands(client: Client, heard: Heard) -> Worker:
    """The worker for their activities.

    They have a queue of their own, as partners have: a worker of both would be given activities together with the
    workflow task's answer, which no partner's queue can have.
    """
    nothing = Nothing(heard)
    return Worker(client, task_queue=HANDS, activities=[nothing.together, nothing.step, nothing.beside])


class BareCase:
    """One bare workflow, driven as a freeze appeal is."""

    def __init__(self, client: Client, heard: Heard, shape: Shape, workflow_id: str) -> None:
        self.workflow_id = workflow_id
        self.decisions: list[float] = []
        self._client, self._heard, self._shape = client, heard, shape

    @property
    def handle(self) -> WorkflowHandle[Bare, int]:
        return self._client.get_workflow_handle_for(Bare.run, self.workflow_id)

    async def run(self) -> None:
        """All of it. `decisions` has how many seconds each update in an approval's place took."""
        await self.start()
        await self.filing()
        for _ in range(self._shape.approvals):
            began = perf_counter()
            await self.give()
            self.decisions.append(perf_counter() - began)
        await self._heard.wait(self.workflow_id, f"{STEP}:{self._shape.steps}")
        await self.give()
        await self.handle.result()

    async def start(self) -> None:
        await self._client.start_workflow(Bare.run, self._shape, id=self.workflow_id, task_queue=QUEUE)

    async def filing(self) -> None:
        for _ in range(self._shape.filing):
            await self.give()
        await self._heard.wait(self.workflow_id, f"{TOGETHER}:{self._shape.together}")

    async def give(self) -> None:
        await self.handle.execute_update(Bare.give)
