"""Recovery: cases per second started from the journal, beside bare workflows started on the same server.

Open cases in every stage stand in the journal, and the engine knows none of them. `workers.recover` reads them and
starts their workflows, as many at once as bare ones are started. No worker runs meanwhile: only starting counts.
Then some more cases are recovered with workers and partners at work, until all of them are at rest, and it is counted
what the partners were asked that the journal knew to be done.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import count
from statistics import median
from time import perf_counter
from typing import Any

from temporalio.client import Client

import journal as journals
from bench import stages, stories
from bench.bare import QUEUE, Bare, Shape
from bench.repeats import looked_for
from bench.rounds import at_least, in_rounds, say, significant
from bench.servers import connected, folder, postgres, temporal
from journal import Journal
from journal.relay import Relay
from workers.recover import AT_ONCE, recover
from workers.starting import RUNNING
from workflows.converter import data_converter

_EMPTY = Shape(0, 0, 0, 0, 0, 0, 0)
_numbers = count(1)


@dataclass(frozen=True, slots=True)
class Amount:
    """How much is measured: rounds, the cases recovered in each, and those that go on afterwards."""

    rounds: int = 5
    cases: int = 600
    go_on: int = 200


QUICK = Amount(2, 25, 25)


@dataclass(frozen=True, slots=True)
class Lost:
    """Both kinds of clients, and the journal."""

    client: Client
    bare: Client
    journal: Journal


async def measure(amount: Amount) -> dict[str, Any]:
    """The figures of starting anew."""
    with folder() as where, postgres(where) as server, temporal(where) as address:
        url = server.create_database("thaw")
        await journals.migrate(url)
        bare = await connected(address)
        client = await Client.connect(address, data_converter=data_converter(secrets.token_hex(32)))
        async with await Journal.open(url, max_size=8) as journal:
            lost = Lost(client, bare, journal)
            names = await written(journal, amount.cases)
            contenders = {"thaw": lambda: _ours(lost, names), "bare": lambda: _bare(bare, amount.cases)}
            measured = await in_rounds(amount.rounds, contenders, "recover")
            await _close(journal, names)
            say(f"recover: {amount.go_on} cases go on")
            repeats = await looked_for(client, journal, await written(journal, amount.go_on))
    return {
        "cases_per_s": significant(median(measured["thaw"])),
        "cases": amount.cases,
        "stages": len(stages.STAGES),
        "at_once": AT_ONCE,
        "beside": {"bare_start": at_least(0.8, measured["thaw"], measured["bare"])},
        "nothing_repeated": {**asdict(repeats), "met": repeats.none},
    }


async def written(journal: Journal, cases: int) -> list[str]:
    """New cases in the journal, in every stage in turn; their ids."""
    names = [f"FA-LOST-{next(_numbers)}" for _ in range(cases)]
    for number, name in enumerate(names):
        await stories.write(journal, stages.appends(name, list(stages.STAGES)[number % len(stages.STAGES)]))
    return names


async def _ours(lost: Lost, names: Sequence[str]) -> float:
    began = perf_counter()
    recovered = await recover(lost.client, Relay(lost.journal.pool))
    rate = len(names) / (perf_counter() - began)
    if sorted(recovered.started) != sorted(names):
        raise RuntimeError(f"{len(recovered.started)} of {len(names)} cases were recovered: {recovered.failed}")
    await _forget(lost.client, names)
    return rate


async def _forget(client: Client, names: Sequence[str]) -> None:
    """Ends the workflows, so that the engine knows as little in every round."""
    await asyncio.gather(*(client.get_workflow_handle(name).terminate() for name in names))
    for _ in range(200):  # the list of what runs is a moment late
        if not (await client.count_workflows(RUNNING)).count:
            return
        await asyncio.sleep(0.05)
    raise RuntimeError("the engine still lists cases that were ended")


async def _close(journal: Journal, names: Sequence[str]) -> None:
    """Takes the cases off the list of live ones."""
    async with journal.pool.connection() as connection:
        await connection.execute(
            "update journal.streams set open = false, live = false where stream = any(%s)", (list(names),)
        )


async def _bare(client: Client, cases: int) -> float:
    slots = asyncio.Semaphore(AT_ONCE)
    names = [f"bare-start-{next(_numbers)}" for _ in range(cases)]

    async def start(name: str) -> None:
        async with slots:
            await client.start_workflow(Bare.run, _EMPTY, id=name, task_queue=QUEUE)

    began = perf_counter()
    await asyncio.gather(*(start(name) for name in names))
    rate = cases / (perf_counter() - began)
    await asyncio.gather(*(client.get_workflow_handle(name).terminate() for name in names))
    return rate
