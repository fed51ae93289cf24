"""Putting one case's workflow back to its beginning, from where it reads its journal and goes on."""

from __future__ import annotations

from uuid import uuid4

from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.enums.v1 import EventType, ResetReapplyExcludeType
from temporalio.api.workflowservice.v1 import ResetWorkflowExecutionRequest
from temporalio.client import Client, WorkflowExecutionStatus, WorkflowHandle
from temporalio.service import RPCError, RPCStatusCode

from journal.relay import Relay
from workers.reconcile import resync
from workers.starting import start_case

NOTHING_AGAIN = (
    ResetReapplyExcludeType.RESET_REAPPLY_EXCLUDE_TYPE_SIGNAL,
    ResetReapplyExcludeType.RESET_REAPPLY_EXCLUDE_TYPE_UPDATE,
)
"""What reached the old run is not given to the new one: what became of it stands in the journal, which it reads."""


class NoSuchCaseError(Exception):
    """The journal has no case of this id."""


async def reset_case(client: Client, relay: Relay, case_id: str, why: str) -> str:
    """Resets the workflow of a case that runs, starts one where none does, and has it read its journal; says which.

    Raises NoSuchCaseError, and RPCError while the engine is away.
    """
    cases = await relay.cases([case_id])
    if not cases:
        raise NoSuchCaseError(f"there is no case {case_id}")
    handle = client.get_workflow_handle(case_id)
    run_id = await _running(handle)
    if run_id is None:
        await start_case(client, cases[0])
        await relay.mark_started([case_id])
        return "started from the journal"
    await client.workflow_service.reset_workflow_execution(
        ResetWorkflowExecutionRequest(
            namespace=client.namespace,
            workflow_execution=WorkflowExecution(workflow_id=case_id, run_id=run_id),
            reason=why,
            workflow_task_finish_event_id=await _first_task(client, case_id, run_id),
            request_id=str(uuid4()),
            reset_reapply_exclude_types=NOTHING_AGAIN,
        )
    )
    await resync(client, case_id)
    return "reset; it reads its journal"


async def _running(handle: WorkflowHandle[object, object]) -> str | None:
    """The id of the run under way."""
    try:
        described = await handle.describe()
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return None
        raise
    return described.run_id if described.status is WorkflowExecutionStatus.RUNNING else None


async def _first_task(client: Client, case_id: str, run_id: str) -> int:
    """The number of the event with which the run's first workflow task ended (or was begun, if none ended yet)."""
    async for event in client.get_workflow_handle(case_id, run_id=run_id).fetch_history_events():
        if event.event_type in {
            EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED,
            EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED,
            EventType.EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT,
        }:
            return int(event.event_id)
    raise RPCError("the workflow has not begun yet", RPCStatusCode.FAILED_PRECONDITION, b"")
