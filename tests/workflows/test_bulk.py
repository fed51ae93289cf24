"""A bulk action's procedure: turn by turn until nothing is left, over restarts and long lists, and no further than its
stop."""

from __future__ import annotations

from tests.workflows.bulk_turns import carried_out, moved
from tests.workflows.engine import Engine
from workflows import ports
from workflows.bulk import BulkAction


async def test_it_goes_on_turn_by_turn_until_nothing_is_left(engine: Engine) -> None:
    async with carried_out(engine, "BA-1", moved(20), moved(40), OSError("away"), moved(60, "done")) as (desk, handle):
        assert (await handle.result()).moved == 60
        assert desk.seen == [0, 20, 40, 40]
        assert (await handle.query(BulkAction.progress)).state == "done"


async def test_a_long_one_continues_in_new_runs_and_knows_how_far_it_came(engine: Engine) -> None:
    async with carried_out(engine, "BA-2", moved(20), moved(40), moved(60, "done"), continue_after=1) as (desk, first):
        assert (await first.result()).moved == 60
        assert desk.seen == [0, 20, 40]
        last = await engine.env.client.get_workflow_handle("bulk:BA-2").describe()
        assert last.run_id != first.first_execution_run_id


async def test_a_stop_ends_the_run_and_the_next_one_goes_on(engine: Engine) -> None:
    async with carried_out(engine, "BA-3", moved(20, "stopped"), moved(60, "done")) as (desk, handle):
        assert (await handle.result()).state == "stopped"
        run = ports.BulkRun("BA-3")
        again = await engine.env.client.start_workflow(BulkAction.run, run, id="bulk:BA-3", task_queue=ports.CASES)
        assert (await again.result()).moved == 60
        assert len(desk.seen) == 2
