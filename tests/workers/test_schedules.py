"""Each morning the day before is reconciled, also the days the engine missed; a person may pause it."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

from temporalio.client import ScheduleBackfill, ScheduleUpdate, ScheduleUpdateInput
from typer.testing import CliRunner

from domain.business_time import SHANGHAI, local_date
from tests.workers.stand import Stand
from workers.cli import build
from workers.schedules import RECONCILIATION, Schedules
from workers.settings import Settings


async def test_the_schedule_is_made_once_changed_when_it_says_something_else_and_a_pause_stays(stand: Stand) -> None:
    schedules, handle = Schedules(stand.client), stand.client.get_schedule_handle(RECONCILIATION)
    await schedules.keep()
    await schedules.keep()
    first = await handle.describe()
    assert first.schedule.spec.time_zone_name == "Asia/Shanghai"
    next_one = first.info.next_action_times[0].astimezone(SHANGHAI)
    assert (next_one.hour, next_one.minute) == (2, 30)

    def of_another_version(found: ScheduleUpdateInput) -> ScheduleUpdate:
        found.description.schedule.policy.catchup_window = timedelta(hours=1)
        return ScheduleUpdate(found.description.schedule)

    await handle.pause(note="the ledger is being moved")
    await handle.update(of_another_version)
    await schedules.keep()

    last = (await handle.describe()).schedule
    assert last.policy.catchup_window == timedelta(days=7)
    assert last.state.paused


async def test_each_day_that_was_missed_is_reconciled_in_its_turn(stand: Stand) -> None:
    await Schedules(stand.client).keep()
    handle = stand.client.get_schedule_handle(RECONCILIATION)
    began = datetime(2026, 11, 10, 0, 0, tzinfo=SHANGHAI)

    await handle.backfill(ScheduleBackfill(began.astimezone(UTC), (began + timedelta(days=3)).astimezone(UTC)))

    for _ in range(600):
        if len(stand.hands.reconciled) == 3:
            break
        await asyncio.sleep(0.05)
    assert stand.hands.reconciled == ["2026-11-09", "2026-11-10", "2026-11-11"]


async def test_a_person_reconciles_a_day_and_hears_what_differs(stand: Stand) -> None:
    told = {name: str(value) for name, value in _environment(stand.settings).items()}

    answer = await asyncio.to_thread(CliRunner(env=told).invoke, build(["books"]), ["books", "reconcile", "2026-11-20"])
    assert answer.exit_code == 1, answer.output
    assert "2026-11-20: 1 cases, 2 postings, 1 bank lines compared" in answer.output
    assert "not-at-bank" in answer.output

    yesterday = await asyncio.to_thread(CliRunner(env=told).invoke, build(["books"]), ["books", "reconcile", "--json"])
    assert f'"day": "{local_date(datetime.now(UTC)) - timedelta(days=1)}"' in yesterday.output

    wrong = await asyncio.to_thread(CliRunner(env=told).invoke, build(["books"]), ["books", "reconcile", "20 November"])
    assert (wrong.exit_code, stand.hands.reconciled[0]) == (2, "2026-11-20")


def _environment(settings: Settings) -> dict[str, object]:
    names = ("database_url", "temporal_address", "payload_key", "vault_key", "signing_key")
    return {f"THAW_{name.upper()}": getattr(settings, name) for name in names} | {"THAW_HOOK_SECRETS": "{}"}
