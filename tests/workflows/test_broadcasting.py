"""The procedures of notices that belong to no case: a notice of policy to all merchants, and one notice to tell."""

from __future__ import annotations

from datetime import timedelta

from tests.workflows.hands import refusing
from tests.workflows.world import Desk, days
from workflows.broadcasting import Broadcasting
from workflows.ports import CASES, BroadcastOrder, BroadcastPage, NoticeOrder
from workflows.telling import Telling

ORDER = BroadcastOrder("BC-1", "2026-11-01")


async def test_page_follows_page_until_nobody_is_left_and_quiet_hours_are_slept_through(desk: Desk) -> None:
    client, hands = desk.engine.env.client, desk.hands
    night = timedelta(hours=10).total_seconds()
    hands.to_come = [BroadcastPage(300), BroadcastPage(200, night), BroadcastPage(0)]
    hands.pages.clear()
    began = await desk.engine.env.get_current_time()
    await client.execute_workflow(Broadcasting.run, ORDER, id="broadcast:BC-1", task_queue=CASES)
    assert hands.pages == ["BC-1"] * 3
    assert hands.to_come == []
    assert await desk.engine.env.get_current_time() - began >= timedelta(seconds=night)


async def test_after_two_hundred_pages_a_new_run_goes_on_with_the_same_notice(desk: Desk) -> None:
    client, hands = desk.engine.env.client, desk.hands
    hands.to_come = [BroadcastPage(1)] * 200
    hands.pages.clear()
    handle = await client.start_workflow(Broadcasting.run, ORDER, id="broadcast:long", task_queue=CASES)
    await handle.result()
    assert hands.pages == ["BC-1"] * 201
    assert (await client.get_workflow_handle("broadcast:long").describe()).run_id != handle.first_execution_run_id


async def test_a_notice_that_the_gateway_refuses_is_tried_again_in_an_hour_under_its_key(desk: Desk) -> None:
    order = NoticeOrder("told:1", "promise_missed", "lead", "FA-1", "898310154110001", "SN-1", "", "2026-11-01")
    desk.hands.next("notices.send", refusing("no-address"))
    telling = await desk.engine.env.client.start_workflow(Telling.run, order, id="tell:told:1", task_queue=CASES)
    await desk.sleep(days(1))
    assert (await telling.result()).receipt == "msg:told:1"
    assert [key for name, key in desk.hands.calls if key == "told:1"] == ["told:1"] * 2
