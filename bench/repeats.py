"""Lost cases go on with workers and partners at work: is anything asked again that the journal knew to be done?"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from temporalio import activity
from temporalio.client import Client
from temporalio.worker import (
    ActivityInboundInterceptor,
    ExecuteActivityInput,
    Interceptor,
    UnsandboxedWorkflowRunner,
    Worker,
)

from bench.partners import Heard, Instant
from domain import deadlines
from domain.business_time import format_time
from domain.case import Case
from domain.stream import Entry
from domain.wire import History, body_of
from journal import Journal
from journal.relay import Relay
from workers.recover import recover
from workers.run_worker import cases_worker
from workflows import ports

PATIENCE = 600
SOUGHT = frozenset({*ports.EFFECTS, ports.NOTICES_SEND})
"""The activities that change something at a partner."""


@dataclass(frozen=True, slots=True)
class Repeats:
    """Of so many recovered `cases` (and how many of these were overdue): the `effects` partners were asked for;
    `repeated` keys that the journal had recorded as done; `doubled` keys that were asked for more than once;
    `notices_twice`; `deadlines_moved`, of those that run as before in cases that stand where they stood; and
    `out_of_order`, cases whose overdue deadlines were not acted on in their order."""

    cases: int
    overdue: int
    effects: int
    repeated: int
    doubled: int
    notices_twice: int
    deadlines_moved: int
    out_of_order: int

    @property
    def none(self) -> bool:
        return not (self.repeated or self.doubled or self.notices_twice or self.deadlines_moved or self.out_of_order)


class Asked(Interceptor):
    """Notes the key of everything partners are asked to do."""

    def __init__(self) -> None:
        self.keys: list[str] = []

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:  # noqa: A002
        return _Noting(next, self.keys)


class _Noting(ActivityInboundInterceptor):
    def __init__(self, following: ActivityInboundInterceptor, keys: list[str]) -> None:
        super().__init__(following)
        self._keys = keys

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002
        if activity.info().activity_type in SOUGHT:
            self._keys.append(input.args[0].key)
        return await super().execute_activity(input)


async def looked_for(client: Client, journal: Journal, names: Sequence[str]) -> Repeats:
    """Recovers these cases while everything works, waits until all are at rest, and counts."""
    before = {name: await journal.read(name) for name in names}
    partners, asked = Instant(Heard()), Asked()
    async with AsyncExitStack() as stack:
        for queue in ports.QUEUES:
            worker = Worker(client, task_queue=queue, activities=partners.on(queue), interceptors=[asked])
            await stack.enter_async_context(worker)
        await stack.enter_async_context(cases_worker(client, journal, UnsandboxedWorkflowRunner()))
        recovered = await recover(client, Relay(journal.pool))
        after = await _at_rest(journal, names)
    return counted(before, after, asked.keys, recovered.overdue)


async def _at_rest(journal: Journal, names: Sequence[str]) -> dict[str, tuple[Entry, ...]]:
    """Every case once nothing is left to do in it but to wait."""
    after: dict[str, tuple[Entry, ...]] = {}
    async with asyncio.timeout(PATIENCE):
        while left := [name for name in names if name not in after]:
            for name in left:
                entries = await journal.read(name)
                if rests(History().after(entries).case):
                    after[name] = entries
            await asyncio.sleep(0.2)
    return after


def rests(case: Case) -> bool:
    """Whether a case waits: everyone is told, every control in force, no step under way, no time run out."""
    due = deadlines.earliest(case)
    overdue = due is not None and due.due <= format_time(datetime.now(UTC))
    busy = case.status in {"submitted", "pending_check", "approved"} or case.release.in_flight is not None
    return not (case.owed or overdue or busy or any(control.owed for control in case.controls))


def counted(
    before: dict[str, tuple[Entry, ...]], after: dict[str, tuple[Entry, ...]], asked: Sequence[str], overdue: int
) -> Repeats:
    """What was repeated, by the journal as it was lost, as it is now, and the keys partners were asked."""
    then = {name: History().after(entries) for name, entries in before.items()}
    now = {name: History().after(entries) for name, entries in after.items()}
    known = set().union(*(done_keys(entries) for entries in before.values()))
    times = Counter(asked)
    notices = Counter(key for entries in after.values() for key in _told(entries))
    moved = sum(
        due.due != now[name].case.dues[due.name].due
        for name, past in then.items()
        for due in past.case.dues.values()
        if past.case.status is now[name].case.status
        and due.name in now[name].case.dues
        and not _passed(after[name][len(before[name]) :], due.name)
    )
    return Repeats(
        cases=len(before),
        overdue=overdue,
        effects=len(times),
        repeated=len(known & set(times)),
        doubled=sum(n > 1 for n in times.values()),
        notices_twice=sum(n > 1 for n in notices.values()),
        deadlines_moved=moved,
        out_of_order=sum(not _in_order(entries[len(before[name]) :]) for name, entries in after.items()),
    )


def done_keys(entries: Sequence[Entry]) -> set[str]:
    """The keys of what the journal knows to have been done for a case."""
    case = History().after(entries).case
    steps = {step.planned.key for step in case.release.steps if step.state in {"done", "undone"}}
    controls = {f"{case.case_id}:control:{c.control_id}:{effect}" for c in case.controls for effect in c.enforced}
    return steps | controls | set(_told(entries))


def _told(entries: Sequence[Entry]) -> list[str]:
    return [str(body_of(entry)["key"]) for entry in entries if entry.type == "NoticeSent"]


def _passed(entries: Sequence[Entry], name: str) -> bool:
    """Whether the deadline `name` passed in these entries, so that another of its name may run now."""
    return any(f":deadline:{name}:" in entry.command_id for entry in entries)


def _in_order(entries: Sequence[Entry]) -> bool:
    """Whether deadlines were passed in the order of their due times."""
    dues = [entry.command_id.partition(":deadline:")[2] for entry in entries if ":deadline:" in entry.command_id]
    times = [due[-len("2026-01-01T00:00:00.000000+00:00") :] for due in dues]
    return times == sorted(times)
