"""The desk of a bulk action, turn by turn, for tests and for its recorded history."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from temporalio import activity
from temporalio.client import WorkflowHandle
from temporalio.worker import Worker

from tests.workflows.engine import Engine
from workflows import ports
from workflows.bulk import BulkAction

RUNNING = ports.BulkProgress("running", "note", 60, 0)


@dataclass
class DeskOfTurns:
    """The desk, as far as a bulk action asks it: each call is a turn; what is an error breaks it."""

    turns: list[ports.BulkProgress | Exception] = field(default_factory=list)
    seen: list[int] = field(default_factory=list)

    @activity.defn(name=ports.DESK_NEXT_ITEMS)
    async def next_items(self, run: ports.BulkRun) -> ports.BulkProgress:
        self.seen.append(run.progress.settled)
        turn = self.turns.pop(0)
        if isinstance(turn, Exception):
            raise turn
        return turn


def moved(number: int, state: str = "running") -> ports.BulkProgress:
    return ports.BulkProgress(state, "note", 60, number)


@asynccontextmanager
async def carried_out(
    engine: Engine, bulk_id: str, *turns: ports.BulkProgress | Exception, continue_after: int | None = None
) -> AsyncIterator[tuple[DeskOfTurns, WorkflowHandle[Any, ports.BulkProgress]]]:
    desk, client = DeskOfTurns(list(turns)), engine.env.client
    async with Worker(client, task_queue=ports.DESK, activities=[desk.next_items]):
        run = ports.BulkRun(bulk_id, RUNNING, continue_after)
        handle = await client.start_workflow(BulkAction.run, run, id=f"bulk:{bulk_id}", task_queue=ports.CASES)
        yield desk, handle


async def a_bulk_action_in_turns(engine: Engine) -> WorkflowHandle[Any, Any]:
    """Turns of which one breaks at first, and in the end a stop."""
    turns = (moved(20), OSError("away"), moved(40), moved(45, "stopped"))
    async with carried_out(engine, "BA-STORY", *turns) as (_, handle):
        await handle.result()
    return handle
