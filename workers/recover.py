"""Picking every live case up from the journal, after the engine has lost what it knew.

Those whose time has run out come first, the longest overdue before all others. Cases that run already are left alone,
so that a recovery may be stopped, repeated, and run beside the relay.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from temporalio.client import Client

from journal.relay import CaseStream, Relay, Standing
from workers.duties import brief
from workers.pace import Pace
from workers.reconcile import live, resync
from workers.starting import RUNNING, is_away, start_case

PAGE = 100
AT_ONCE = 16

Progress = Callable[[int, int], None]
"""Called with how many cases were looked at, of how many."""


@dataclass(slots=True)
class Recovered:
    """What a recovery did so far: of `live` cases, the ids of those it started (in this order) and how many of these
    were overdue, how many ran already, how many of these were told to read their journal, and why some could not be
    started. `complete` once it has looked at all of them."""

    live: int = 0
    started: list[str] = field(default_factory=list)
    overdue: int = 0
    running: int = 0
    resynced: int = 0
    failed: dict[str, str] = field(default_factory=dict)
    complete: bool = False


async def recover(
    client: Client,
    relay: Relay,
    *,
    at_once: int = AT_ONCE,
    per_second: float | None = None,
    read_again: bool = False,
    progress: Progress = lambda done, total: None,  # noqa: ARG005 — the names say what is given
    found: Recovered | None = None,
) -> Recovered:
    """Starts a workflow for every live case that has none: `at_once` at a time, at most `per_second`.

    With `read_again` cases that run are told to read their journal, for an engine restored from an old copy. What was
    done stands in `found` also when this is cancelled, or raises RPCError or OperationalError because engine or
    database went away; repeating it goes on where it ended.
    """
    found = found if found is not None else Recovered()
    running = {execution.id async for execution in client.list_workflows(RUNNING, page_size=1000)}
    cases = sorted([case async for case in live(relay)], key=_urgency)
    lost = [case for case in cases if case.stream not in running]
    there = [case.stream for case in cases if case.stream in running]
    found.live, found.running = len(cases), len(there)
    recovery = _Recovery(client, relay, found, at_once, Pace(per_second), progress)
    await recovery.start(lost)
    if read_again:
        await recovery.have_read(there)
    found.complete = True
    return found


def _urgency(case: Standing) -> tuple[bool, datetime | None, str]:
    return case.due_at is None, case.due_at, case.stream


@dataclass(slots=True)
class _Recovery:
    """One recovery under way: reading a page ahead while `at_once` cases are being started."""

    client: Client
    relay: Relay
    found: Recovered
    at_once: int
    pace: Pace
    progress: Progress
    _unmarked: list[str] = field(default_factory=list)
    _broken: Exception | None = None

    async def start(self, lost: Sequence[Standing]) -> None:
        self._moved()
        now, slots = datetime.now(UTC), asyncio.Semaphore(self.at_once)
        overdue = {case.stream for case in lost if case.due_at is not None and case.due_at <= now}
        under_way = set[asyncio.Task[None]]()
        try:
            async for case in self._read_ahead([case.stream for case in lost]):
                await self.pace.turn()
                await slots.acquire()
                if self._broken:
                    break
                task = asyncio.create_task(self._start(case, slots, overdue))
                under_way.add(task)
                task.add_done_callback(under_way.discard)
                if len(self._unmarked) >= PAGE:
                    await self._mark()
            await asyncio.gather(*under_way)
        finally:
            await asyncio.shield(self._mark())
        if self._broken:
            raise self._broken

    async def _read_ahead(self, streams: Sequence[str]) -> AsyncIterator[CaseStream]:
        """The cases with their entries, in this order; the next page is read while one is worked on."""
        pages = [streams[start : start + PAGE] for start in range(0, len(streams), PAGE)]
        reading = asyncio.create_task(self._read(pages[0])) if pages else None
        for following in [*pages[1:], None]:
            if reading is None:
                return
            page = await reading
            reading = asyncio.create_task(self._read(following)) if following else None
            for case in page:
                yield case

    async def _read(self, page: Sequence[str]) -> list[CaseStream]:
        read = {case.stream: case for case in await self.relay.cases(page)}
        return [read[stream] for stream in page if stream in read]

    async def _start(self, case: CaseStream, slots: asyncio.Semaphore, overdue: set[str]) -> None:
        try:
            new = await start_case(self.client, case)
        except Exception as error:  # one case must not hold up the others
            if is_away(error):
                self._broken = error
            else:
                self.found.failed[case.stream] = brief(error)
        else:
            self._unmarked.append(case.stream)
            if new:
                self.found.started.append(case.stream)
                self.found.overdue += case.stream in overdue
            else:
                self.found.running += 1
        finally:
            slots.release()
            self._moved()

    async def _mark(self) -> None:
        done, self._unmarked = self._unmarked, []
        if done:
            await self.relay.mark_started(done)

    async def have_read(self, running: Sequence[str]) -> None:
        slots = asyncio.Semaphore(self.at_once)

        async def one(case_id: str) -> None:
            async with slots:
                await self.pace.turn()
                await resync(self.client, case_id)
                self.found.resynced += 1

        await asyncio.gather(*(one(case_id) for case_id in running))

    def _moved(self) -> None:
        """Tells how far it is."""
        self.progress(len(self.found.started) + self.found.running + len(self.found.failed), self.found.live)
