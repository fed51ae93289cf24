"""The queue over HTTP: pages, the next task, claims, and the stream of changes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta

import httpx2
import pytest
import uvicorn

from desk.queue_stream import MOST_WAITING, Changes, Watcher
from journal.queue import TaskNow
from tests.desk.working import Work
from workers.ranking import Reranking
from workers.stack.ports import any_free

pytestmark = pytest.mark.timeout(300)


async def test_the_most_urgent_task_is_claimed_and_shown_with_its_priority(work: Work):
    case_id = await work.in_review()
    while True:
        answer = await work.house.reviewer2.post("/api/v1/queue/next")
        assert answer.status_code == 200
        if answer.json()["case_id"] == case_id:
            break
    task = answer.json()
    assert task["holder"] == "reviewer2"
    made_of = {"due_at", "held_since", "opened_at", "policy_version"}
    worth = {f"{name}_boost_minutes" for name in ("tier", "amount", "money_days", "age")}
    assert set(task["priority"]) == made_of | worth
    stolen = await work.house.reviewer1.post(f"/api/v1/tasks/{task['task_id']}/claim")
    assert (stolen.status_code, stolen.json()["code"]) == (409, "claimed-by-another")
    assert (await work.house.reviewer1.post(f"/api/v1/tasks/{task['task_id']}/renew")).status_code == 409
    assert (await work.house.reviewer2.post(f"/api/v1/tasks/{task['task_id']}/renew")).status_code == 200
    assert (await work.house.reviewer2.post(f"/api/v1/tasks/{task['task_id']}/release")).status_code == 200
    assert (await work.house.robot1.post(f"/api/v1/tasks/{task['task_id']}/claim")).status_code == 403
    assert (await work.house.reviewer1.post("/api/v1/tasks/none/claim")).status_code == 404


async def test_a_claim_runs_as_long_as_the_policy_says(work: Work):
    desk = work.house.desk
    (task,) = await desk.queue.of_case(await work.in_review())
    lease = timedelta(minutes=desk.policy.queue.lease_minutes)
    for deed in ("claim", "renew"):
        before = desk.clock()
        told = (await work.house.reviewer1.post(f"/api/v1/tasks/{task.task_id}/{deed}")).json()
        assert before + lease <= datetime.fromisoformat(told["held_until"]) <= desk.clock() + lease
    await work.house.reviewer1.post(f"/api/v1/tasks/{task.task_id}/release")


async def test_the_relay_moves_a_task_up_as_money_and_days_grow(work: Work):
    desk = work.house.desk
    (task,) = await desk.queue.of_case(await work.in_review())
    before, true = (await work.house.reviewer1.get(f"/api/v1/tasks/{task.task_id}")).json(), desk.clock
    desk.clock = lambda: true() + timedelta(days=10)
    try:
        assert not await Reranking(desk).round()  # a batch was enough
    finally:
        desk.clock = true
    after = (await work.house.reviewer1.get(f"/api/v1/tasks/{task.task_id}")).json()
    assert after["priority"]["age_boost_minutes"] == 30
    assert after["priority"]["money_days_boost_minutes"] > before["priority"]["money_days_boost_minutes"]
    assert after["rank_at"] < before["rank_at"]


async def test_a_case_is_found_by_who_holds_its_task_until_they_give_it_back(work: Work):
    case_id = await work.in_review()
    house = work.house

    async def held_by_supervisor() -> dict[str, str]:
        listed = (await house.auditor1.get("/api/v1/cases?assignee=supervisor1")).json()["items"]
        return {row["case_id"]: row["assignee"] for row in listed}

    (task,) = await house.desk.queue.of_case(case_id)
    assert case_id not in await held_by_supervisor()
    assert (await house.supervisor1.post(f"/api/v1/tasks/{task.task_id}/claim")).status_code == 200
    assert (await held_by_supervisor())[case_id] == "supervisor1"
    assert case_id not in [
        row["case_id"] for row in (await house.auditor1.get("/api/v1/cases?assignee=reviewer9")).json()["items"]
    ]
    theirs = (await house.merchant1.get("/api/v1/cases?assignee=reviewer9&limit=200")).json()["items"]
    assert {row["assignee"] for row in theirs} == {None}  # merchants are not told who decides
    assert (await house.supervisor1.post(f"/api/v1/tasks/{task.task_id}/release")).status_code == 200
    assert case_id not in await held_by_supervisor()


async def test_the_queue_comes_in_pages(work: Work):
    for _ in range(2):
        await work.in_review()
    first = (await work.house.supervisor1.get("/api/v1/queue?limit=1")).json()
    second = (await work.house.supervisor1.get(f"/api/v1/queue?limit=1&cursor={first['next_cursor']}")).json()
    assert first["items"][0]["task_id"] != second["items"][0]["task_id"]
    assert first["items"][0]["rank_at"] <= second["items"][0]["rank_at"]
    wrong = await work.house.supervisor1.get("/api/v1/queue?cursor=nonsense")
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "cursor")
    assert (await work.house.supervisor1.get("/api/v1/queue?limit=0")).status_code == 422


async def test_who_may_take_nothing_gets_204_and_merchants_nothing_at_all(work: Work):
    assert (await work.house.robot1.post("/api/v1/queue/next")).status_code == 204
    for path in ("/api/v1/queue", "/api/v1/queue/stream", "/api/v1/stats"):
        assert (await work.house.merchant1.get(path)).status_code == 403


async def test_the_stream_tells_of_a_change(work: Work):
    case_id = await work.in_review()
    (task,) = await work.house.desk.queue.of_case(case_id)
    config = uvicorn.Config(work.house.app, port=any_free(), log_config=None, lifespan="off")
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    try:
        async with asyncio.timeout(30), httpx2.AsyncClient(base_url=f"http://127.0.0.1:{config.port}") as client:
            await _answers(client)
            async with client.stream(
                "GET", "/api/v1/queue/stream", headers=work.house.reviewer1.headers, timeout=30
            ) as stream:
                assert stream.headers["content-type"].startswith("text/event-stream")
                lines = stream.aiter_lines()
                assert await anext(lines) == "event: ready"
                assert (await work.house.reviewer2.post(f"/api/v1/tasks/{task.task_id}/claim")).status_code == 200
                told = [line async for line in _until(lines, case_id)]
                assert told[-2] == "event: gone"  # for reviewer1: reviewer2 has it now
    finally:
        server.should_exit = True
        await serving


async def _answers(client: httpx2.AsyncClient) -> None:
    while True:
        try:
            await client.get("/healthz")
        except httpx2.ConnectError:
            await asyncio.sleep(0.02)
        else:
            return


async def _until(lines: AsyncIterator[str], word: str) -> AsyncIterator[str]:
    """The lines up to the first with `word`."""
    async for line in lines:
        yield line
        if word in line:
            return


async def test_the_statistics_show_backlog_and_throughput(work: Work):
    stats = (await work.house.auditor1.get("/api/v1/stats")).json()
    assert {"tasks", "cases", "backlog", "breaches", "throughput"} <= set(stats)
    assert stats["throughput"]["commands_pending"] >= 0


# --- the stream: read once for all who watch -------------------------------------------------------------------------


@pytest.fixture
async def task_now(work: Work) -> TaskNow:
    """A task in the queue that nobody holds."""
    (task,) = await work.house.desk.queue.of_case(await work.in_review())
    (now,) = await work.house.desk.queue.now([task.task_id])
    return now


def named(now: TaskNow, task_id: str) -> TaskNow:
    return replace(now, task=replace(now.task, task_id=task_id))


async def test_all_watchers_hear_of_one_reading(work: Work, task_now: TaskNow):
    changes: Changes = work.house.app.state.changes
    async with asyncio.timeout(30), changes.watched() as one, changes.watched() as other:
        assert (await work.house.reviewer2.post(f"/api/v1/tasks/{task_now.task.task_id}/claim")).status_code == 200
        heard, also = await one.heard(), await other.heard()
    assert heard is not None
    assert also is not None
    assert [(now.task.task_id, now.task.holder) for now in heard] == [(task_now.task.task_id, "reviewer2")]
    assert all(mine is theirs for mine, theirs in zip(heard, also, strict=True))
    assert (heard[0].in_queue_of("reviewer1"), heard[0].in_queue_of("reviewer2")) == (False, True)


async def test_a_task_is_in_nobodys_queue_when_it_is_put_off_or_done_or_not_theirs(task_now: TaskNow):
    assert task_now.in_queue_of("reviewer1")
    assert not replace(task_now, put_off=True).in_queue_of("reviewer1")
    assert not replace(task_now, closed=True).in_queue_of("reviewer1")
    assert not replace(task_now, excluded=frozenset({"reviewer1"})).in_queue_of("reviewer1")


async def test_of_a_task_that_changed_twice_the_last_state_is_heard(task_now: TaskNow):
    watcher = Watcher()
    watcher.tell([task_now])
    watcher.tell([replace(task_now, closed=True)])
    assert await watcher.heard() == [replace(task_now, closed=True)]


async def test_who_reads_too_slowly_is_told_to_look_anew_and_goes_on_from_there(task_now: TaskNow):
    watcher = Watcher()
    for number in range(MOST_WAITING + 1):
        watcher.tell([named(task_now, f"t{number}")])
    watcher.tell([named(task_now, "one more")])
    assert await watcher.heard() is None
    watcher.tell([task_now])
    assert await watcher.heard() == [task_now]
