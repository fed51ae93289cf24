"""The relay's duty to notices of policy: what was published is seen through, and nothing is begun twice."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from journal.registry import Act
from tests.desk.house import House, opened, prepared
from tests.workers.stand import Stand, until
from workers.announcing import Announcing
from workflows.ports import BroadcastOrder, BroadcastPage

LETTERS = {"zh": {"subject": "费率", "text": "调整。"}, "en": {"subject": "Rates [new]", "text": "They change."}}


async def publish(house_or_stand: House | Stand, broadcast_id: str) -> None:
    act = Act("supervisor:supervisor1", broadcast_id, f"2026-11-09T01:00:0{broadcast_id[-1]}.000000Z")
    assert await house_or_stand.desk.broadcasts.publish(broadcast_id, LETTERS, act)


class Engine:
    """Remembers what it was asked to send; `takes` more, then it is away."""

    def __init__(self, takes: int) -> None:
        self.takes = takes
        self.begun: list[str] = []

    async def broadcast(self, order: BroadcastOrder) -> bool:
        if not self.takes:
            return False
        self.takes -= 1
        self.begun.append(order.broadcast_id)
        return True


@pytest.fixture
async def house(database: str, tmp_path: Path) -> AsyncIterator[House]:
    async with opened(await prepared(database, tmp_path)) as house:
        yield house


async def test_what_was_published_is_begun_oldest_first_and_goes_on_where_the_engine_was_away(house: House) -> None:
    for broadcast_id in ("BC-1", "BC-2"):
        await publish(house, broadcast_id)
    engine = Engine(takes=1)
    house.desk.engine = engine  # type: ignore[assignment]
    announcing = Announcing(house.desk)
    assert not await announcing.round()
    assert engine.begun == ["BC-1"]
    engine.takes = 9
    await announcing.round()
    assert engine.begun == ["BC-1", "BC-1", "BC-2"], "one that runs is begun again without effect"


async def test_what_is_finished_is_begun_no_more(house: House) -> None:
    await publish(house, "BC-3")
    now = house.desk.clock()
    for merchant_no in await house.desk.broadcasts.due("BC-3", now, 100):
        await house.desk.broadcasts.told("BC-3", merchant_no, "sent", now)
    await house.desk.broadcasts.owed("BC-3", now)
    engine = Engine(takes=9)
    house.desk.engine = engine  # type: ignore[assignment]
    await Announcing(house.desk).round()
    assert engine.begun == []


async def test_the_engine_that_lost_a_notice_gets_it_again_and_one_that_runs_is_left_alone(stand: Stand) -> None:
    await publish(stand, "BC-5")
    stand.hands.to_come = [BroadcastPage(1, 3600.0)]
    announcing = Announcing(stand.desk)
    for _ in range(2):
        await announcing.round()

    async def asleep() -> bool:
        return stand.hands.pages == ["BC-5"]

    await until(asleep, "the first page is sent and the night slept through")
    running = stand.client.get_workflow_handle("broadcast:BC-5")
    first = (await running.describe()).run_id
    await announcing.round()
    assert (await running.describe()).run_id == first
    await running.terminate()
    await announcing.round()
    await running.result()
    assert stand.hands.pages == ["BC-5", "BC-5"]
