"""Recorded histories replay on today's code: a change of the procedure that running cases could not survive fails here.

What to do then: keep the old way under `workflow.patched`, and record what is new (`record_histories`)."""

from __future__ import annotations

import pytest
from temporalio.client import WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Replayer
from temporalio.workflow import NondeterminismError

from tests.workflows.calendars import SANDBOX
from tests.workflows.changed import ReadsOneByOne, TellsNobody
from tests.workflows.record_histories import HISTORIES, OTHERS
from tests.workflows.stories import STORIES
from workflows.bulk import BulkAction
from workflows.freeze_appeal import FreezeAppeal


def recorded(name: str) -> WorkflowHistory:
    return WorkflowHistory.from_json(f"replayed-{name}", (HISTORIES / f"{name}.json").read_text(encoding="utf-8"))


def replayer(procedure: type) -> Replayer:
    return Replayer(workflows=[procedure], workflow_runner=SANDBOX, data_converter=pydantic_data_converter)


def test_every_story_has_its_history_and_no_other_lies_about() -> None:
    assert {path.stem for path in HISTORIES.glob("*.json")} == {*STORIES, *OTHERS}


@pytest.mark.parametrize("name", sorted(STORIES))
async def test_a_recorded_case_replays(name: str) -> None:
    await replayer(FreezeAppeal).replay_workflow(recorded(name))


async def test_a_recorded_bulk_action_replays() -> None:
    await replayer(BulkAction).replay_workflow(recorded("a_bulk_action_in_turns"))


@pytest.mark.parametrize("changed", [ReadsOneByOne, TellsNobody])
async def test_a_change_that_running_cases_could_not_survive_is_caught(changed: type[FreezeAppeal]) -> None:
    with pytest.raises(NondeterminismError):
        await replayer(changed).replay_workflow(recorded("released_in_full"))
