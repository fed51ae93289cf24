"""The engine of the workflow tests: the time-skipping server, its workers, and a real journal."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from psycopg import OperationalError
from temporalio import activity
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest
from temporalio.api.testservice.v1 import SleepRequest
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import PollerBehaviorSimpleMaximum, Worker

import journal as journals
from activities.journal import JournalHands
from journal import Journal
from tests.workflows.calendars import Calendars
from tests.workflows.hands import Hands
from workers.stack.temporal import SEARCH_ATTRIBUTES
from workflows import ports
from workflows.broadcasting import Broadcasting
from workflows.bulk import BulkAction
from workflows.freeze_appeal import FreezeAppeal
from workflows.registration import Registration
from workflows.resending import Resending
from workflows.telling import Telling

AT_ONCE = 4
_LONGEST_NAP = timedelta(minutes=5)
"""Of real time. What takes longer has come to a standstill."""
BIN = Path(sys.executable).parent


class Door(JournalHands):
    """The way from the procedures to the journal: it can be shut for some appends, or lose some answers,
    and the next answer of a read waits for `read_by`."""

    def __init__(self, journal: Journal) -> None:
        super().__init__(journal)
        self.shut = 0
        self.loses = 0
        self.read_by: asyncio.Event | None = None
        self.reading = asyncio.Event()

    @activity.defn(name=ports.JOURNAL_APPEND)
    async def append(self, request: str) -> str:
        if self.shut:
            self.shut -= 1
            raise OperationalError("the connection is gone")
        answer = await super().append(request)
        if self.loses:
            self.loses -= 1
            raise OperationalError("the connection broke before the answer came")
        return answer

    @activity.defn(name=ports.JOURNAL_READ)
    async def read(self, order: ports.ReadOrder) -> str:
        text = await super().read(order)
        held, self.read_by = self.read_by, None
        if held:
            self.reading.set()
            await held.wait()
        return text


@dataclass
class Engine:
    """The server, its workers and the journal, shared by all tests."""

    env: WorkflowEnvironment
    journal: Journal
    hands: Hands
    calendars: Calendars
    door: Door
    cases: Worker | None = None

    async def start_cases(self, *, remembers: int = 100) -> None:
        """Start the worker of the procedures, which keeps `remembers` of them in memory. As in production it takes only
        a few tasks at once: of a hundred taken together the last would be late, and all that are late are done anew."""
        self.cases = Worker(
            self.env.client,
            task_queue=ports.CASES,
            workflows=[FreezeAppeal, Registration, Resending, Broadcasting, Telling, BulkAction],
            activities=[self.door.append, self.door.read, self.door.waiting],
            workflow_runner=self.calendars,
            max_cached_workflows=remembers,
            max_concurrent_workflow_tasks=AT_ONCE,
            workflow_task_poller_behavior=PollerBehaviorSimpleMaximum(maximum=AT_ONCE // 2),
        )
        self._running = asyncio.create_task(self.cases.run())

    async def sleep(self, span: timedelta) -> None:
        """Let time go by. (The client's own `sleep` gives up after 30 seconds of real time, and an hour of many cases
        may take longer.)"""
        request = SleepRequest()
        request.duration.FromTimedelta(span)
        await self.env.client.test_service.unlock_time_skipping_with_sleep(request, timeout=_LONGEST_NAP)

    async def skips(self) -> bool:
        """Whether time can be skipped: the server never does again once a workflow was ended under a running call."""
        try:
            await asyncio.wait_for(self.sleep(timedelta(minutes=1)), timeout=2)
        except TimeoutError:
            return False
        return True

    async def restart_cases(self, *, remembers: int = 100) -> None:
        await self.stop_cases()
        await self.start_cases(remembers=remembers)

    async def stop_cases(self) -> None:
        """The worker goes, and with it all it had in memory."""
        if self.cases:
            await self.cases.shutdown()
            await self._running
            self.cases = None


@asynccontextmanager
async def open_engine(database: str) -> AsyncIterator[Engine]:
    """An engine with every worker running, its workflows in sandboxes, on a clock that skips."""
    await journals.migrate(database)
    async with AsyncExitStack() as stack:
        journal = await stack.enter_async_context(await Journal.open(database))
        env = await stack.enter_async_context(
            await WorkflowEnvironment.start_time_skipping(
                test_server_existing_path=str(BIN / "temporal-test-server"), data_converter=pydantic_data_converter
            )
        )
        await _know_search_attributes(env)
        engine = Engine(env, journal, Hands(), Calendars(), Door(journal))
        for queue in ports.QUEUES:
            await stack.enter_async_context(Worker(env.client, task_queue=queue, activities=engine.hands.on(queue)))
        await engine.start_cases()
        stack.push_async_callback(engine.stop_cases)
        yield engine


async def _know_search_attributes(env: WorkflowEnvironment) -> None:
    kinds = {
        "Keyword": IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
        "Datetime": IndexedValueType.INDEXED_VALUE_TYPE_DATETIME,
    }
    known = {name: kinds[kind] for name, kind in SEARCH_ATTRIBUTES.items()}
    await env.client.operator_service.add_search_attributes(
        AddSearchAttributesRequest(namespace="default", search_attributes=known)
    )
