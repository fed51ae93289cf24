"""Whole freeze appeals per second, beside bare workflows on the same server and beside DBOS; how long a decision
takes; how long histories become.

The real procedure runs as in production (in a process of its own, out of the sandbox, payloads encrypted) on a
Temporal server with its data in a file and a durable PostgreSQL, with partners that answer at once. The bare workflow
has as many updates, timers and activities as a case's history shows, all of them empty.
"""

from __future__ import annotations

import asyncio
import secrets
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict, dataclass, field
from itertools import count
from statistics import median
from time import perf_counter
from typing import Any

from temporalio.api.enums.v1 import EventType
from temporalio.client import Client, WorkflowHistory
from temporalio.worker import Worker

import journal as journals
from bench.appeals import Appeal
from bench.bare import BareCase, Shape, bare_hands, shape_of
from bench.partners import Heard, Instant
from bench.procedures import procedures
from bench.rounds import at_least, at_most, beside, in_rounds, percentile, say, significant
from bench.servers import connected, folder, postgres, temporal
from bench.steps import Stepped, dbos
from journal import Journal
from workflows.converter import data_converter
from workflows.ports import QUEUES

_numbers = count(1)


@dataclass(frozen=True, slots=True)
class Amount:
    """How much is measured: rounds, cases in each turn, how many of them at once, and decisions taken one by one."""

    rounds: int = 5
    cases: int = 16
    at_once: int = 8
    decisions: int = 20


QUICK = Amount(1, 2, 2, 2)


@dataclass
class Bench:
    """Both kinds of clients, the journal, and what was measured of decisions (seconds)."""

    client: Client
    bare: Client
    journal: Journal
    heard: Heard
    decisions: dict[str, list[float]] = field(default_factory=lambda: {"thaw": [], "bare": []})

    def appeal(self) -> Appeal:
        return Appeal(self.client, self.journal, self.heard, f"FA-BENCH-{next(_numbers)}")

    def bare_case(self, shape: Shape) -> BareCase:
        return BareCase(self.bare, self.heard, shape, f"bare-{next(_numbers)}")


async def measure(amount: Amount) -> dict[str, Any]:
    """The figures of whole cases."""
    with folder() as where, postgres(where) as server, temporal(where) as address:
        async with opened(server.create_database("thaw"), address) as bench:
            shape, histories = await _first(bench)
            say(f"case: a freeze appeal has {asdict(shape)}")
            with dbos(server.create_database("dbos")):
                measured = await _turns(bench, shape, amount)
            loaded = {name: _latency(figures) for name, figures in bench.decisions.items()}
            alone = await _one_by_one(bench, shape, amount.decisions)
    return {
        "cases_per_s": significant(median(measured["thaw"])),
        "at_once": amount.at_once,
        "beside": {
            "bare_workflow": at_least(0.7, measured["thaw"], measured["bare"]),
            "dbos": beside(measured["thaw"], measured["dbos"]),
        },
        "each": asdict(shape),
        "decision": {"alone": _compared(alone), "under_load": _compared(loaded)},
        "history_events": histories,
    }


@asynccontextmanager
async def opened(url: str, address: str) -> AsyncIterator[Bench]:
    """Workers of both kinds, running."""
    await journals.migrate(url)
    async with AsyncExitStack() as stack:
        journal, heard, key = await stack.enter_async_context(await Journal.open(url)), Heard(), secrets.token_hex(32)
        bare = await connected(address)
        client = await Client.connect(address, data_converter=data_converter(key))
        await stack.enter_async_context(procedures(url, address, key, heard))
        hands = Instant(heard)
        # Without production's paces, which spare the partners: these need no sparing.
        for queue in QUEUES:
            await stack.enter_async_context(Worker(client, task_queue=queue, activities=hands.on(queue)))
        await stack.enter_async_context(bare_hands(bare, heard))
        yield Bench(client, bare, journal, heard)


async def _first(bench: Bench) -> tuple[Shape, dict[str, Any]]:
    """One case of each kind: for the shape, for the length of the histories, and to warm everything up."""
    appeal = bench.appeal()
    await appeal.run()
    history = await _settled(appeal)
    shape = shape_of(history)
    await appeal.handle.terminate()
    bare = bench.bare_case(shape)
    await bare.run()
    bare_history = await bare.handle.fetch_history()
    appends = sum(1 for event in history.events if event.event_type == EventType.EVENT_TYPE_MARKER_RECORDED)
    most = len(bare_history.events) + appends
    return shape, {
        "thaw": len(history.events),
        "bare": len(bare_history.events),
        "appends": appends,
        "target": "<= bare + appends",
        "met": len(history.events) <= most,
        "thaw_by_type": _by_type(history),
        "bare_by_type": _by_type(bare_history),
    }


async def _settled(appeal: Appeal) -> WorkflowHistory:
    """A closed case's history once its last notice is sent and the watch over its terminal has begun."""
    await appeal.watched()
    length = 0
    for _ in range(100):
        history = await appeal.handle.fetch_history()
        counts = _by_type(history)
        done = counts["activity_task_scheduled"] == counts["activity_task_completed"]
        if done and length == len(history.events):
            return history
        length = len(history.events)
        await asyncio.sleep(0.2)
    raise RuntimeError(f"{appeal.case_id} does not come to rest")


def _by_type(history: WorkflowHistory) -> dict[str, int]:
    names = (EventType.Name(event.event_type).removeprefix("EVENT_TYPE_").lower() for event in history.events)
    return dict(Counter(names).most_common())


async def _turns(bench: Bench, shape: Shape, amount: Amount) -> dict[str, list[float]]:
    async def thaw() -> float:
        appeals = [bench.appeal() for _ in range(amount.cases)]
        rate = await _rate([appeal.run for appeal in appeals], amount.at_once)
        bench.decisions["thaw"] += [seconds for appeal in appeals for seconds in appeal.decisions]
        await asyncio.gather(*(appeal.handle.terminate() for appeal in appeals))  # they would be watched for a month
        return rate

    async def bare() -> float:
        cases = [bench.bare_case(shape) for _ in range(amount.cases)]
        rate = await _rate([case.run for case in cases], amount.at_once)
        bench.decisions["bare"] += [seconds for case in cases for seconds in case.decisions]
        return rate

    async def stepped() -> float:
        return await _rate(
            [Stepped(shape, f"stepped-{next(_numbers)}").run for _ in range(amount.cases)], amount.at_once
        )

    return await in_rounds(amount.rounds, {"thaw": thaw, "bare": bare, "dbos": stepped}, "case")


async def _rate(runs: Sequence[Callable[[], Awaitable[None]]], at_once: int) -> float:
    """How many ended per second, so many at once."""
    slots = asyncio.Semaphore(at_once)

    async def one(run: Callable[[], Awaitable[None]]) -> None:
        async with slots:
            await run()

    began = perf_counter()
    await asyncio.gather(*(one(run) for run in runs))
    return len(runs) / (perf_counter() - began)


async def _one_by_one(bench: Bench, shape: Shape, number: int) -> dict[str, dict[str, float]]:
    """Decisions while nothing else goes on, ours and bare ones in turn."""
    found: dict[str, list[float]] = {"thaw": [], "bare": []}
    for _ in range(number):
        appeal, bare = bench.appeal(), bench.bare_case(shape)
        await appeal.run()
        await appeal.handle.terminate()
        await bare.run()
        found["thaw"] += appeal.decisions
        found["bare"] += bare.decisions
    say(f"case: {number} cases of each kind one by one")
    return {name: _latency(figures) for name, figures in found.items()}


def _latency(seconds: Sequence[float]) -> dict[str, float]:
    return {"p50_ms": percentile(seconds, 0.5) * 1000, "p95_ms": percentile(seconds, 0.95) * 1000}


def _compared(latency: dict[str, dict[str, float]]) -> dict[str, Any]:
    thaw, bare = latency["thaw"], latency["bare"]
    return {
        name: {
            "thaw": significant(thaw[name]),
            "bare_update": significant(bare[name]),
            **at_most(1.6, thaw[name], bare[name]),
        }
        for name in thaw
    }
