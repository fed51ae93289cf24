"""Picking every live case up from the journal, after the engine has lost what it knew.

Cases that run already are left alone, so that it may be stopped, repeated, and run beside the relay.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from temporalio.client import Client

from journal.relay import Relay
from workers.duties import brief
from workers.reconcile import live, resync
from workers.starting import RUNNING, start_cases

PAGE = 50
AT_ONCE = 16

Progress = Callable[[int, int], None]
"""Called with how many cases were looked at, of how many."""


@dataclass(slots=True)
class Recovered:
    """What a recovery did: ids of cases it started, how many ran already, and why some could not be started."""

    started: list[str] = field(default_factory=list)
    running: int = 0
    resynced: int = 0
    failed: dict[str, str] = field(default_factory=dict)


async def recover(
    client: Client,
    relay: Relay,
    *,
    at_once: int = AT_ONCE,
    per_second: float | None = None,
    read_again: bool = False,
    progress: Progress = lambda done, total: None,  # noqa: ARG005 — the names say what is given
) -> Recovered:
    """Starts a workflow for every live case that has none: `at_once` at a time, at most `per_second` on average.

    With `read_again` cases that run are told to read their journal, for an engine restored from an old copy. Raises
    RPCError or OperationalError when engine or database go away; repeating it goes on where it ended.
    """
    running = {execution.id async for execution in client.list_workflows(RUNNING, page_size=1000)}
    cases = [case.stream async for case in live(relay)]
    found, done, began = Recovered(), 0, time.monotonic()
    for page in _pages(cases):
        lost = [case_id for case_id in page if case_id not in running]
        found.running += len(page) - len(lost)
        await _start(client, relay, lost, at_once, found)
        if read_again:
            there = [case_id for case_id in page if case_id in running]
            await asyncio.gather(*(resync(client, case_id) for case_id in there))
            found.resynced += len(there)
        done += len(page)
        progress(done, len(cases))
        if per_second:
            await asyncio.sleep(max(0.0, done / per_second - (time.monotonic() - began)))
    return found


async def _start(client: Client, relay: Relay, lost: Sequence[str], at_once: int, found: Recovered) -> None:
    if not lost:
        return
    ends = await start_cases(client, await relay.cases(lost), at_once)
    for case_id, end in ends.items():
        if isinstance(end, Exception):
            found.failed[case_id] = brief(end)
        elif end:
            found.started.append(case_id)
        else:
            found.running += 1
    await relay.mark_started([case_id for case_id, end in ends.items() if isinstance(end, bool)])


def _pages(cases: Sequence[str]) -> list[Sequence[str]]:
    return [cases[start : start + PAGE] for start in range(0, len(cases), PAGE)]
