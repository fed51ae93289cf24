"""Comparing the journal with the engine: cases without a workflow, and workflows that are behind their journal."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from datetime import datetime, timedelta
from typing import Literal

from temporalio.client import Client, WorkflowExecutionStatus, WorkflowQueryFailedError, WorkflowQueryRejectedError
from temporalio.common import QueryRejectCondition
from temporalio.service import RPCError, RPCStatusCode

from journal.relay import Relay, Standing
from workers.starting import RUNNING

PAGE = 500
AT_ONCE = 8
ASK = timedelta(seconds=5)

State = Literal["well", "lost", "behind", "unknown"]


async def missing(client: Client, relay: Relay) -> tuple[str, ...]:
    """Live cases that no running workflow carries on, by id. The engine's list may lag by moments: a case that was just
    started may be among them, and starting it again does nothing."""
    running = {execution.id async for execution in client.list_workflows(RUNNING, page_size=1000)}
    return tuple([case.stream async for case in live(relay) if case.stream not in running])


async def begun_since(client: Client, moment: datetime) -> dict[str, str]:
    """Cases whose run under way began since `moment`, and that run's id: those just opened, and those that someone has
    reset, whose journal may be ahead of what the new run knows."""
    query = f"{RUNNING} AND StartTime >= '{moment.isoformat()}'"
    return {execution.id: execution.run_id async for execution in client.list_workflows(query, page_size=1000)}


async def fewer_run_than_live(client: Client, relay: Relay) -> bool:
    """Whether the engine runs fewer cases than the journal says it should: cheaper to ask than which ones."""
    should = await relay.count_live()
    return (await client.count_workflows(RUNNING)).count < should


async def live(relay: Relay, after: str = "") -> AsyncIterator[Standing]:
    """Every live case, by id."""
    while page := await relay.live(after, PAGE):
        for case in page:
            yield case
        after = page[-1].stream


async def look_at(client: Client, case: Standing) -> State:
    """How a live case's workflow stands; `case.position` must have been read before. Unknown when it cannot say."""
    try:
        position = await client.get_workflow_handle(case.stream).query(
            "position", result_type=int, reject_condition=QueryRejectCondition.NOT_OPEN, rpc_timeout=ASK
        )
    except WorkflowQueryRejectedError:
        return "lost"
    except WorkflowQueryFailedError:
        return "unknown"
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return "lost"
        if error.status in (RPCStatusCode.DEADLINE_EXCEEDED, RPCStatusCode.CANCELLED):
            return "unknown"
        raise
    return "behind" if position < case.position else "well"


async def look_at_all(client: Client, cases: Iterable[Standing]) -> dict[str, State]:
    """How these cases' workflows stand, a few asked at a time."""
    slots = asyncio.Semaphore(AT_ONCE)

    async def one(case: Standing) -> State:
        async with slots:
            return await look_at(client, case)

    listed = list(cases)
    states = await asyncio.gather(*(one(case) for case in listed))
    return {case.stream: state for case, state in zip(listed, states, strict=True)}


async def runs(client: Client, case_id: str) -> bool:
    """Whether a workflow of this case is running."""
    try:
        described = await client.get_workflow_handle(case_id).describe(rpc_timeout=ASK)
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return False
        raise
    return described.status is WorkflowExecutionStatus.RUNNING


async def resync(client: Client, case_id: str) -> None:
    """Tells a case's workflow that its journal may be ahead. One that is gone is left to those who look for it."""
    try:
        await client.get_workflow_handle(case_id).signal("resync")
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
