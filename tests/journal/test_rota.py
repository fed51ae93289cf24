"""The rota: `next` gives people what they have learnt, no more than they may hold, and nothing while they are away."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, date, datetime, timedelta
from itertools import count

import pytest

from journal.people import NoSuchUserError, People, User
from journal.queue import Queue, QueuedTask
from journal.rota import Rota, Share
from tests.desk.house import CHEAP

LEAD = "supervisor:supervisor1"
TODAY = date(2026, 3, 2)


def at_nine() -> datetime:
    return datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


@pytest.fixture
async def rota(journal):
    await People(journal.pool, hasher=CHEAP).add(User("reviewer1", "Reviewer 1", frozenset({"reviewer"})), "secret")
    return Rota(journal.pool, at_nine)


@pytest.fixture
def queue(journal):
    return Queue(journal.pool, timedelta(minutes=15), at_nine)


@pytest.fixture
def waits(journal, writer, a_task):
    """Opens a case held for a reason, with a task for reviewers; answers the task's id."""
    numbers = count(1)

    async def opened(reason: str = "R01", **columns) -> str:
        case = writer(f"FA-20260302-{next(numbers):08}")
        task_id = f"{case.stream}:task"
        assert (
            await case.append(journal, "open", tasks=[a_task(task_id, **columns)], reason_code=reason)
        ).outcome == "ok"
        return task_id

    return opened


async def taken(queue: Queue) -> str | None:
    task = await queue.claim_next("reviewer1", ["reviewer"])
    return task.task_id if task else None


async def test_next_gives_what_someone_has_learnt(queue, rota, waits):
    urgent = {"rank_at": "2026-03-01T00:00:00Z"}
    await waits("A01", **urgent)
    await waits("R01", level="L2", **urgent)
    await waits("R01", kind="hold_rejustify", **urgent)
    fitting = await waits()
    await rota.set("reviewer1", Share(["review_1"], ["L1"], ["R"]), LEAD)

    assert [await taken(queue), await taken(queue)] == [fitting, None]
    assert len((await queue.page("reviewer1", ["reviewer"])).items) == 4  # what may be taken by hand is shown


async def test_who_is_away_is_given_nothing_and_may_still_take(queue, rota, waits):
    task_id = await waits()
    number = await rota.plan_absence("reviewer1", TODAY, TODAY, LEAD)
    (away,) = await rota.people("reviewer1")

    assert (await taken(queue), away.why_nothing(TODAY)) == (None, "away")
    assert isinstance(await queue.claim(task_id, "reviewer1", ["reviewer"]), QueuedTask)
    await queue.release(task_id, "reviewer1", ["reviewer"])
    assert await rota.end_absence("reviewer1", number, LEAD)
    assert await taken(queue) == task_id


async def test_who_has_a_limit_holds_no_more_however_many_ask_at_once(queue, rota, waits):
    for _ in range(4):
        await waits()
    await rota.set("reviewer1", Share(most_claims=2), LEAD)

    given = await asyncio.gather(*(taken(queue) for _ in range(4)))

    assert sum(one is not None for one in given) == 2
    (full,) = await rota.people("reviewer1")
    assert (full.holds, full.why_nothing(TODAY)) == (2, "full")


async def test_every_change_stands_in_the_persons_own_stream(rota, journal):
    await rota.set("reviewer1", Share(families=["R"], most_claims=3), LEAD)
    number = await rota.plan_absence("reviewer1", TODAY, date(2026, 3, 4), LEAD)
    await rota.end_absence("reviewer1", number, LEAD)

    entries = await journal.read("rota:reviewer1")
    assert [(one.type, one.actor) for one in entries] == [
        ("RotaSet", LEAD), ("AbsencePlanned", LEAD), ("AbsenceEnded", LEAD)
    ]  # fmt: skip
    assert json.loads(entries[0].data)["most_claims"] == 3
    assert json.loads(entries[1].data)["last_day"] == "2026-03-04"


async def test_only_staff_stand_in_it(rota, journal):
    with pytest.raises(NoSuchUserError):
        await rota.set("nobody", Share(), LEAD)
    assert not await rota.end_absence("reviewer1", 1, LEAD)
    assert await journal.read("rota:reviewer1") == ()
