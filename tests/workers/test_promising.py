"""What was promised to a merchant is watched: staff hear of it four hours before, the lead when it was not kept. Spec:
timers.csv, commitment and callback."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from domain.business_time import format_time
from journal.contacting import NewContact, NewTask, TaskKind
from journal.registry import Act
from tests.desk.house import MERCHANT_NO, House, opened, prepared
from workers.promising import Promising
from workflows.ports import NoticeOrder

NOW = datetime(2026, 11, 9, 9, 0, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def goes_by(self, **span: float) -> None:
        self.now += timedelta(**span)


class Engine:
    """Takes notices while it is there; under one key it sends once."""

    def __init__(self) -> None:
        self.away = False
        self.told: dict[str, NoticeOrder] = {}

    async def tell(self, order: NoticeOrder) -> bool:
        if not self.away:
            self.told.setdefault(order.key, order)
        return not self.away

    def heard(self) -> list[tuple[str, str]]:
        return [(order.notice, order.audience) for order in self.told.values()]


class Watch:
    def __init__(self, house: House, clock: Clock) -> None:
        self.house, self.clock, self.engine = house, clock, Engine()
        house.desk.engine = self.engine  # type: ignore[assignment]
        self.promising = Promising(house.desk)

    async def promised(self, kind: TaskKind = "promise", **within: float) -> None:
        task = NewTask("PR-1", kind, MERCHANT_NO, format_time(self.clock.now + timedelta(**within)), "FA-1")
        await self.house.desk.contacting.open_task(task, self._act("promised"))

    async def kept(self) -> None:
        contact = NewContact("CT-1", MERCHANT_NO, "phone", "out", "reached", "办好了。", task_id="PR-1")
        await self.house.desk.contacting.log(contact, self._act("kept"))

    async def rounds(self, number: int = 2) -> list[tuple[str, str]]:
        for _ in range(number):
            await self.promising.round()
        return self.engine.heard()

    def _act(self, name: str) -> Act:
        return Act("officer:officer1", name, format_time(self.clock.now))


@pytest.fixture
async def watch(database: str, tmp_path: Path) -> AsyncIterator[Watch]:
    clock = Clock()
    async with opened(await prepared(database, tmp_path), clock=clock) as house:
        yield Watch(house, clock)


async def test_four_hours_before_operations_are_reminded_once_and_when_it_is_missed_the_lead_hears(
    watch: Watch,
) -> None:
    await watch.promised(hours=6)
    assert await watch.rounds() == []
    watch.clock.goes_by(hours=2)
    assert await watch.rounds() == [("promise_due_soon", "operations")]
    watch.clock.goes_by(hours=4)
    assert await watch.rounds() == [("promise_due_soon", "operations"), ("promise_missed", "lead")]
    assert watch.engine.told["PR-1:missed"].facts["case_id"] == "FA-1"
    watch.clock.goes_by(hours=40)
    assert len(await watch.rounds()) == 2


async def test_a_promise_that_was_kept_is_not_spoken_of(watch: Watch) -> None:
    await watch.promised(hours=3)
    await watch.kept()
    watch.clock.goes_by(hours=4)
    assert await watch.rounds() == []


async def test_a_promise_found_late_is_only_missed(watch: Watch) -> None:
    await watch.promised(hours=1)
    watch.clock.goes_by(days=1)
    assert await watch.rounds() == [("promise_missed", "lead")]


async def test_a_booked_call_has_its_quarter_of_an_hour(watch: Watch) -> None:
    await watch.promised("callback", hours=1)
    watch.clock.goes_by(minutes=70)
    assert await watch.rounds() == []
    watch.clock.goes_by(minutes=6)
    assert await watch.rounds() == [("callback_missed", "lead")]


async def test_while_the_engine_is_away_nothing_is_lost(watch: Watch) -> None:
    await watch.promised(hours=2)
    watch.engine.away = True
    assert await watch.rounds() == []
    watch.engine.away = False
    assert await watch.rounds() == [("promise_due_soon", "operations")]
