"""Records the histories that replay tests compare new code with: `python -m tests.workflows.record_histories [NAME …]`.

Record anew only what a deliberate, versioned change of the procedure asks for. Times are the case's own calendar's, so
that a replay sees what the recorded run saw.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import WorkflowHistory

from tests.workflows.bulk_turns import a_bulk_action_in_turns
from tests.workflows.calendars import nanoseconds
from tests.workflows.engine import open_engine
from tests.workflows.stories import STORIES
from tests.workflows.world import open_desk
from workers.stack.postgres import Postgres

HISTORIES = Path(__file__).parent / "histories"
OTHERS = {"a_bulk_action_in_turns": a_bulk_action_in_turns}
"""Stories of procedures that are no case's."""
BILLION = 1_000_000_000


def on_its_calendar(history: WorkflowHistory, moved: timedelta) -> WorkflowHistory:
    """The history with its events, and the ends of its local activities, at the times the procedure saw."""
    for event in history.events:
        event.event_time.FromNanoseconds(event.event_time.ToNanoseconds() + nanoseconds(moved))
        for payload in event.marker_recorded_event_attributes.details["data"].payloads if _is_local(event) else ():
            payload.data = _moved(json.loads(payload.data), moved)
    return history


def _is_local(event: HistoryEvent) -> bool:
    return event.marker_recorded_event_attributes.marker_name == "core_local_activity"


def _moved(local_activity: dict[str, Any], moved: timedelta) -> bytes:
    for name in ("complete_time", "original_schedule_time"):
        if at := local_activity.get(name):
            at["seconds"], at["nanos"] = divmod(at["seconds"] * BILLION + at["nanos"] + nanoseconds(moved), BILLION)
    return json.dumps(local_activity, separators=(",", ":")).encode()


def as_lines(history: WorkflowHistory) -> str:
    """The history's JSON with one event to a line."""
    here = f"{Path.cwd()}/"  # stack traces name the folder this ran in
    events = json.loads(history.to_json().replace(here, ""))["events"]
    lines = ",\n".join(json.dumps(event, separators=(",", ":"), ensure_ascii=False) for event in events)
    return f'{{"events":[\n{lines}\n]}}\n'


async def record(database: str, names: list[str]) -> None:
    HISTORIES.mkdir(exist_ok=True)
    async with open_engine(database) as engine:
        for name in names:
            if name in OTHERS:
                write(name, await (await OTHERS[name](engine)).fetch_history())
                continue
            async with open_desk(engine) as desk:
                appeal = await STORIES[name](desk)
                await appeal.quiet()
                history = on_its_calendar(await appeal.handle.fetch_history(), desk.moved)
                write(name, history)


def write(name: str, history: WorkflowHistory) -> None:
    (HISTORIES / f"{name}.json").write_text(as_lines(history), encoding="utf-8")
    print(f"{name}: {len(history.events)} events")  # noqa: T201


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, Postgres(Path(folder), durable=False) as server:
        asyncio.run(record(server.create_database("histories"), sys.argv[1:] or [*STORIES, *OTHERS]))


if __name__ == "__main__":
    main()
