"""Complaints are watched: the lead hears before an answer falls due, and when it is overdue, once each. Spec:
timers.csv, complaint_answer."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from domain.business_time import format_time
from journal.complaints import NewComplaint
from journal.registry import Act
from tests.desk.house import MERCHANT_NO, House, opened, prepared
from tests.workers.test_promising import Clock, Engine
from workers.answering import Answering


class Watch:
    def __init__(self, house: House, clock: Clock) -> None:
        self.house, self.clock, self.engine = house, clock, Engine()
        house.desk.engine = self.engine  # type: ignore[assignment]
        self.answering = Answering(house.desk)

    async def complained(self) -> None:
        due = format_time(self.clock.now + timedelta(days=15))
        new = NewComplaint("CP-1", MERCHANT_NO, "FA-1", "portal", "2026-11-27", "没有人回复", due)
        await self.house.desk.complaints.register(new, self._act("complained"))

    async def extended(self, **by: float) -> None:
        complaint = await self.house.desk.complaints.find("CP-1")
        assert complaint is not None
        until = format_time(self.clock.now + timedelta(**by))
        await self.house.desk.complaints.extend(complaint, until, "核实", self._act("extended"))

    async def answered(self) -> None:
        complaint = await self.house.desk.complaints.find("CP-1")
        assert complaint is not None
        await self.house.desk.complaints.answer(complaint, "upheld", "抱歉", self._act("answered"))

    async def rounds(self, number: int = 2) -> list[tuple[str, str]]:
        for _ in range(number):
            await self.answering.round()
        return self.engine.heard()

    def _act(self, name: str) -> Act:
        return Act("supervisor:supervisor1", name, format_time(self.clock.now))


@pytest.fixture
async def watch(database: str, tmp_path: Path) -> AsyncIterator[Watch]:
    clock = Clock()
    async with opened(await prepared(database, tmp_path), clock=clock) as house:
        yield Watch(house, clock)


async def test_three_days_before_and_when_it_is_overdue_the_lead_hears_once_each(watch: Watch) -> None:
    await watch.complained()
    watch.clock.goes_by(days=11)
    assert await watch.rounds() == []
    watch.clock.goes_by(days=2)
    assert await watch.rounds() == [("complaint_due_soon", "lead")]
    watch.clock.goes_by(days=3)
    assert await watch.rounds() == [("complaint_due_soon", "lead"), ("complaint_overdue", "lead")]
    (order, _) = watch.engine.told.values()
    assert (order.case_id, order.facts["complaint_id"]) == ("FA-1", "CP-1")


async def test_more_time_is_watched_anew_and_an_answer_ends_the_watch(watch: Watch) -> None:
    await watch.complained()
    watch.clock.goes_by(days=13)
    await watch.rounds()
    await watch.extended(days=20)
    assert await watch.rounds() == [("complaint_due_soon", "lead")]
    watch.clock.goes_by(days=18)
    assert await watch.rounds() == [("complaint_due_soon", "lead")] * 2
    await watch.answered()
    watch.clock.goes_by(days=9)
    assert len(await watch.rounds()) == 2


async def test_a_word_the_engine_did_not_take_is_given_later(watch: Watch) -> None:
    await watch.complained()
    watch.clock.goes_by(days=16)
    watch.engine.away = True
    assert await watch.rounds() == []
    watch.engine.away = False
    assert await watch.rounds() == [("complaint_overdue", "lead")]
