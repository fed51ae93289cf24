"""What a worker process runs: the procedures (`cases`), the calls to one partner, or to all of them (`hands`).

Every partner has a task queue and a Worker of its own, with its own slots and rate, so that one that is down or slow
holds back only its own work, also when all of them live in one process.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import uvloop
from temporalio.client import Client
from temporalio.worker import (
    PollerBehaviorSimpleMaximum,
    UnsandboxedWorkflowRunner,
    Worker,
    WorkflowRunner,
)
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from activities.hands import HandsConfig, hands, local, open_calls
from activities.records import Records
from domain.one_time import one_time_key
from journal import Journal
from journal.circuits import Circuits
from journal.reconciling import Reconciling
from workers.connect import connect, telemetry
from workers.database import open_journal
from workers.duties import until_told
from workers.log_context import LogContext, drop_replayed_lines
from workers.logs import announce_ready
from workers.settings import Settings, load_settings
from workflows.broadcasting import Broadcasting
from workflows.bulk import BulkAction
from workflows.freeze_appeal import FreezeAppeal
from workflows.ports import CASES, QUEUES
from workflows.reconciliation import Reconciliation
from workflows.registration import Registration
from workflows.resending import Resending
from workflows.telling import Telling

WORKFLOWS: tuple[type, ...] = (
    FreezeAppeal, Registration, Resending, Telling, Broadcasting, Reconciliation, BulkAction,
)  # fmt: skip
HANDS = "hands"

GRACE = timedelta(seconds=1)
"""How long activities may go on after a stop was asked for; then they are cancelled, and tried again elsewhere."""
STOP_SECONDS = 1.7
"""How long a whole process may take to stop."""
CACHED_CASES = 2500
"""Idle cases kept in memory, about 60 KB each; too few cost five times as much work."""
FALLBACK = timedelta(seconds=5)
"""After this another worker takes over the cases of one that was killed."""

PASSED_THROUGH = (
    "domain", "policies", "pydantic", "pydantic_core", "structlog", "workflows", "workers.log_context",
)  # fmt: skip
"""What a sandboxed workflow shares with its worker: pure code without changing globals."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How many activities of a partner run at once in this process, and how many a second start on its whole queue."""

    slots: int
    per_second: float


PACES: dict[str, Pace] = {
    "ledger": Pace(20, 50),
    "terminals": Pace(20, 50),
    "risk": Pace(20, 50),
    "bank": Pace(10, 20),
    "status": Pace(10, 20),
    "notices": Pace(20, 30),
    "documents": Pace(4, 10),
    "field": Pace(5, 10),
    "contracts": Pace(5, 10),
}


class NoSuchWorkerError(Exception):
    """There is no worker of this name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"there is no worker {name!r}; there are {CASES}, {HANDS}, {', '.join(QUEUES)}")


def main(name: str) -> None:
    """Run the worker `name` until SIGTERM or SIGINT. Raises NoSuchWorkerError."""
    queues_of(name)
    settings = load_settings()
    drop_replayed_lines()
    uvloop.run(until_told(lambda stop: _serve(name, settings, stop), grace_seconds=STOP_SECONDS))


def queues_of(name: str) -> tuple[str, ...]:
    """The task queues a worker process serves. Raises NoSuchWorkerError."""
    if name == HANDS:
        return QUEUES
    if name not in {CASES, *QUEUES}:
        raise NoSuchWorkerError(name)
    return (name,)


async def _serve(name: str, settings: Settings, stop: asyncio.Event) -> None:
    process = f"worker-{name}"
    client = await _unless(stop, connect(settings, process, runtime=telemetry(settings)))
    if client is None:
        return
    journal = await _unless(stop, open_journal(settings.database_url, max_size=8))
    if journal is None:
        return
    async with journal, workers_of(name, client, journal, settings) as workers:
        await run_all(workers, stop, lambda: announce_ready(queues=list(queues_of(name))))


async def _unless(stop: asyncio.Event, work: Any) -> Any:
    """The result of `work`, or None when a stop is asked for first."""
    task, asked = asyncio.ensure_future(work), asyncio.create_task(stop.wait())
    await asyncio.wait({task, asked}, return_when=asyncio.FIRST_COMPLETED)
    asked.cancel()
    if task.done():
        return task.result()
    task.cancel()
    return None


async def run_all(workers: Sequence[Worker], stop: asyncio.Event, ready: Callable[[], None]) -> None:
    """Run the workers until a stop is asked for; `ready` is called once all of them poll. Raises what one of them
    fails with, after the others were stopped."""
    runs = [asyncio.create_task(worker.run()) for worker in workers]
    asked = asyncio.create_task(stop.wait())
    try:
        while not all(worker.is_running for worker in workers):
            done, _ = await asyncio.wait({*runs, asked}, timeout=0.02, return_when=asyncio.FIRST_COMPLETED)
            if done:
                break
        else:
            ready()
        await asyncio.wait({*runs, asked}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        asked.cancel()
        for worker, run in zip(workers, runs, strict=True):
            if not worker.is_running:
                run.cancel()  # it had not begun
        await asyncio.gather(*(worker.shutdown() for worker in workers if worker.is_running))
    ended = await asyncio.gather(*runs, return_exceptions=True)
    failures = [each for each in ended if isinstance(each, Exception)]
    if failures:
        raise failures[0]


@asynccontextmanager
async def workers_of(
    name: str, client: Client, journal: Journal, settings: Settings, runner: WorkflowRunner | None = None
) -> AsyncIterator[list[Worker]]:
    """The workers of the process `name`, not yet running; what they call with is closed at the end of the block.

    Raises `journal.keys.WrongKekError` when the settings' keys do not open the vault.
    """
    if name == CASES:
        yield [cases_worker(client, journal, runner or UnsandboxedWorkflowRunner())]
        return
    config = hands_config(settings)
    circuits = Circuits(journal.pool)
    async with open_calls(config, circuits.note, circuits.asked) as calls:
        records = Records.over(journal.pool, settings.vault_keys(), settings.file_store())
        await records.vault.check()
        activities = hands(config, calls, records, Reconciling(journal.pool))
        yield [hand_worker(client, queue, activities[queue]) for queue in queues_of(name)]


def cases_worker(client: Client, journal: Journal, runner: WorkflowRunner) -> Worker:
    """The procedures, with the journal beside them as local activities.

    A workflow task keeps its slot while the journal writes, so there are more of them than cores; but not many more:
    they would starve one another until the engine believes they hang.
    """
    slots = max(8, 4 * (os.cpu_count() or 1))
    return Worker(
        client,
        task_queue=CASES,
        workflows=WORKFLOWS,
        activities=local(journal),
        no_remote_activities=True,
        workflow_runner=runner,
        interceptors=[LogContext()],
        max_cached_workflows=CACHED_CASES,
        max_concurrent_workflow_tasks=slots,
        max_concurrent_local_activities=32,
        workflow_task_poller_behavior=PollerBehaviorSimpleMaximum(maximum=min(4, slots)),
        sticky_queue_schedule_to_start_timeout=FALLBACK,
        graceful_shutdown_timeout=GRACE,
    )


def hand_worker(client: Client, queue: str, activities: Sequence[Callable[..., Any]]) -> Worker:
    """The calls to one partner."""
    pace = PACES[queue]
    return Worker(
        client,
        task_queue=queue,
        activities=activities,
        interceptors=[LogContext()],
        max_concurrent_activities=pace.slots,
        max_task_queue_activities_per_second=pace.per_second,
        activity_task_poller_behavior=PollerBehaviorSimpleMaximum(maximum=2),
        graceful_shutdown_timeout=GRACE,
    )


def sandbox() -> SandboxedWorkflowRunner:
    """The runner of tests and replays: what a workflow may not do raises there. Production runs without it."""
    return SandboxedWorkflowRunner(restrictions=SandboxRestrictions.default.with_passthrough_modules(*PASSED_THROUGH))


def hands_config(settings: Settings) -> HandsConfig:
    """What the hands must know, from the settings."""
    return HandsConfig(
        **{f"{queue}_url": getattr(settings, f"{queue}_url") for queue in QUEUES},
        portal_url=f"{settings.desk_url}/portal",
        desk_url=settings.desk_url,
        otp_key=one_time_key(settings.payload_key),
    )
