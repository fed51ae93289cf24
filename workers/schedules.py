"""What the engine does by the calendar: each morning the day before is reconciled.

The schedules are made anew whenever they are missing or say something else: the engine may have lost what it knew.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta

from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleCalendarSpec,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleRange,
    ScheduleSpec,
    ScheduleUpdate,
    ScheduleUpdateInput,
)

from workers.duties import keep_at
from workflows.ports import CASES

RECONCILIATION = "reconciliation"
LOOK_SECONDS = 300.0
"""How often it is looked whether the schedules are still there."""
CATCH_UP = timedelta(days=7)
"""Days missed while the engine was away are made up for, one after the other, up to this long ago."""


def reconciliation() -> Schedule:
    """Every day at 02:30 in Shanghai, for the day before; a run that takes long does not drop the next one."""
    return Schedule(
        action=ScheduleActionStartWorkflow(
            "Reconciliation",
            "",
            id=RECONCILIATION,
            task_queue=CASES,
            static_summary="ledger, journal and bank file of the day before are compared",
        ),
        spec=ScheduleSpec(
            calendars=[ScheduleCalendarSpec(hour=[ScheduleRange(2)], minute=[ScheduleRange(30)])],
            time_zone_name="Asia/Shanghai",
        ),
        policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.BUFFER_ALL, catchup_window=CATCH_UP),
    )


class Schedules:
    """Keeps the schedules as this version has them."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def run(self) -> None:
        """Until cancelled."""
        await keep_at("keeping schedules", self.keep, asyncio.Event(), LOOK_SECONDS)

    async def keep(self) -> bool:
        """Makes the schedules that are missing and changes those that say something else; a person's pause stays."""
        try:
            await self._client.create_schedule(RECONCILIATION, reconciliation())
        except ScheduleAlreadyRunningError:
            await self._client.get_schedule_handle(RECONCILIATION).update(_as_we_have_it)
        return False


def _as_we_have_it(found: ScheduleUpdateInput) -> ScheduleUpdate | None:
    standing, ours = found.description.schedule, reconciliation()
    if _says(standing) == _says(ours):
        return None
    ours.state = standing.state
    return ScheduleUpdate(ours)


def _says(schedule: Schedule) -> tuple[object, ...]:
    """When it acts and how it makes up for what was missed: what the server gives back as it was given."""
    times = [(each.hour[0].start, each.minute[0].start) for each in schedule.spec.calendars]
    return times, schedule.spec.time_zone_name, schedule.policy.overlap, schedule.policy.catchup_window
