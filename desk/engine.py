"""The desk's way to the cases' workflows: commands as Updates, and no waiting for an engine that is away."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self, TypeAlias, TypeVar

from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.enums.v1 import PendingActivityState, TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflow.v1 import PendingActivityInfo
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest, ResetActivityRequest
from temporalio.client import (
    Client,
    WorkflowFailureError,
    WorkflowHandle,
    WorkflowUpdateFailedError,
    WorkflowUpdateHandle,
    WorkflowUpdateRPCTimeoutOrCancelledError,
    WorkflowUpdateStage,
)
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import ApplicationError, WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from domain.refusals import Refused
from domain.text import Text
from domain.wire import Answer
from workflows.converter import data_converter
from workflows.messages import CommandOrder, Outcome
from workflows.ports import CASES, BroadcastOrder, BulkRun, NoticeOrder, Registration, Resend
from workflows.stored import late_id

ACCEPT = timedelta(seconds=3)
"""How long a command may wait until its case has taken it up; then it is stored instead."""
ANSWER = timedelta(seconds=4)
"""How long a command that was taken up may wait for its answer (an append that waits for the journal)."""
_NOT_STARTED_PAUSE = 0.05
RUN = timedelta(seconds=1)
"""How long a page waits to hear which run it should link to."""
RUN_PAUSE_SECONDS = 5.0
ASKED_AT_ONCE = 8

_AWAY = (TimeoutError, RPCError, WorkflowUpdateRPCTimeoutOrCancelledError, RuntimeError)
"""What a call ends with while the engine or its workers are away (RuntimeError: no connection can be made)."""

T = TypeVar("T")
Given: TypeAlias = Answer | Refused | None
"""A case's answer; None when the engine, its worker or the case's workflow was not there in time."""


@dataclass(frozen=True, slots=True)
class Retried:
    """A call to a partner that is being tried again: which activity, how often, and when the latest try began."""

    case_id: str
    activity: str
    attempts: int
    since: datetime | None

    @classmethod
    def of(cls, case_id: str, pending: PendingActivityInfo) -> Self:
        began = pending.last_started_time
        since = began.ToDatetime(UTC) if began.seconds else None
        return cls(case_id, pending.activity_type.name, pending.attempt, since)


@dataclass(frozen=True, slots=True)
class Known:
    """What a look at the engine found: is it there, and does anyone work on the queue of the cases."""

    engine: bool
    workers: bool


class Engine:
    """A client that connects when it is first needed, so that the desk opens without an engine."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._ask_again_at = 0.0

    @classmethod
    async def open(cls, address: str, namespace: str, payload_keys: Sequence[str]) -> Engine:
        client = await Client.connect(
            address, namespace=namespace, data_converter=data_converter(*payload_keys), lazy=True
        )
        return cls(client)

    async def give(self, case_id: str, order: CommandOrder) -> Given:
        """Gives a case a command. A workflow that is not there yet is waited for as long as an answer would be."""
        try:
            async with asyncio.timeout(ACCEPT.total_seconds()):
                accepted = await self._accepted(case_id, "give", order, order.command_id, Answer)
            async with asyncio.timeout(ANSWER.total_seconds()):
                return await accepted.result()
        except WorkflowUpdateFailedError as error:
            return _refusal(error)
        except _AWAY:
            return None

    async def deliver(self, case_id: str, order: CommandOrder) -> Outcome | None:
        """Gives a case a command that was stored: a refusal is journaled, because nobody waits for the answer.

        Its update has an id of its own: under the command's, an Update that came too late for its caller would answer.
        """
        try:
            async with asyncio.timeout(ANSWER.total_seconds()):
                accepted = await self._accepted(case_id, "deliver", order, late_id(order.command_id), Outcome)
                return await accepted.result()
        except (*_AWAY, WorkflowUpdateFailedError):
            return None

    async def _accepted(
        self, case_id: str, update: str, order: CommandOrder, update_id: str, answer: type[T]
    ) -> WorkflowUpdateHandle[T]:
        """The update once the case has taken it up. The relay starts the workflow of a new case in a moment."""
        handle = self._handle(case_id)
        while True:
            try:
                return await handle.start_update(
                    update,
                    order,
                    id=update_id,
                    wait_for_stage=WorkflowUpdateStage.ACCEPTED,
                    result_type=answer,
                    rpc_timeout=ACCEPT,
                )
            except RPCError as error:
                if error.status is not RPCStatusCode.NOT_FOUND:
                    raise
                await asyncio.sleep(_NOT_STARTED_PAUSE)

    async def resync(self, case_id: str) -> bool:
        """Tells a case that its journal may be ahead of it."""
        return await self._sent(self._handle(case_id).signal("resync", rpc_timeout=ACCEPT))

    async def run_of(self, workflow_id: str) -> str | None:
        """The id of the workflow's present run; None when there is none, or while the engine is away: then it is not
        asked again for a moment, for what shows a link should not wait."""
        if time.monotonic() < self._ask_again_at:
            return None
        try:
            async with asyncio.timeout(RUN.total_seconds()):
                described = await self._handle(workflow_id).describe(rpc_timeout=RUN)
        except _AWAY as error:
            if not (isinstance(error, RPCError) and error.status is RPCStatusCode.NOT_FOUND):
                self._ask_again_at = time.monotonic() + RUN_PAUSE_SECONDS
            return None
        return described.run_id

    async def retrying(self, case_ids: Sequence[str], tries: int) -> list[Retried] | None:
        """The calls of these cases that were tried at least `tries` times; None while the engine is away."""
        slots = asyncio.Semaphore(ASKED_AT_ONCE)

        async def of_one(case_id: str) -> list[Retried]:
            async with slots:
                try:
                    described = await self._handle(case_id).describe(rpc_timeout=ACCEPT)
                except RPCError as error:
                    if error.status is RPCStatusCode.NOT_FOUND:
                        return []
                    raise
            pending = described.raw_description.pending_activities
            return [Retried.of(case_id, one) for one in pending if one.attempt >= tries]

        try:
            found = await asyncio.gather(*(of_one(case_id) for case_id in case_ids))
        except _AWAY:
            return None
        return [one for calls in found for one in calls]

    async def try_now(self, case_ids: Sequence[str], partner: str) -> bool:
        """Has one held call of these cases to a partner made at once; False when none was found, or none can be told
        while the engine is away."""
        try:
            for case_id in case_ids:
                if await self._made_at_once(case_id, partner):
                    return True
        except _AWAY:
            return False
        return False

    async def _made_at_once(self, case_id: str, partner: str) -> bool:
        try:
            described = await self._handle(case_id).describe(rpc_timeout=ACCEPT)
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                return False
            raise
        for call in described.raw_description.pending_activities:
            waits = call.state == PendingActivityState.PENDING_ACTIVITY_STATE_SCHEDULED and call.attempt > 1
            if waits and call.activity_type.name.startswith(f"{partner}."):
                run = WorkflowExecution(workflow_id=case_id, run_id=described.run_id)
                order = ResetActivityRequest(namespace=self._client.namespace, execution=run, id=call.activity_id)
                await self._client.workflow_service.reset_activity(order, timeout=ACCEPT)
                return True
        return False

    async def try_all_now(self, case_id: str) -> bool:
        """Has every waiting call of the case tried again at once, not when its time comes; False when the engine is
        away or runs no workflow of the case."""
        request = ResetActivityRequest(
            namespace=self._client.namespace, execution=WorkflowExecution(workflow_id=case_id), match_all=True
        )
        return await self._sent(self._client.workflow_service.reset_activity(request, timeout=ACCEPT))

    async def register(self, registered: Registration, patience: timedelta = ACCEPT) -> bool:
        """Has a registration made known to the partners; whether they know it within `patience`. The relay does the
        same under the same id, so what takes longer is not lost."""
        workflow_id = f"registration:{registered.kind}:{registered.name}:{registered.position}"
        try:
            async with asyncio.timeout(patience.total_seconds()):
                handle = await self._client.start_workflow(
                    "Registration",
                    registered,
                    id=workflow_id,
                    task_queue=CASES,
                    id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY,
                    id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                    static_summary=f"{registered.kind} {registered.name} becomes known to the partners",
                    rpc_timeout=ACCEPT,
                )
                await handle.result()
        except WorkflowAlreadyStartedError:
            return True
        except (*_AWAY, WorkflowFailureError):
            return False
        return True

    async def resend(self, resend: Resend) -> bool:
        """Has a notice sent once more; False when the engine is away. The same order again is one sending."""
        summary = f"{resend.order.notice} once more"
        return await self._begin("Resending", resend, f"resend:{resend.order.key}", summary)

    async def tell(self, order: NoticeOrder) -> bool:
        """Has a notice sent that belongs to no case; False when the engine is away. The same key again is one
        sending."""
        return await self._begin("Telling", order, f"tell:{order.key}", f"{order.notice} to {order.audience}")

    async def broadcast(self, order: BroadcastOrder) -> bool:
        """Sees to it that all merchants are being told; False when the engine is away."""
        again = WorkflowIDReusePolicy.ALLOW_DUPLICATE
        return await self._begin("Broadcasting", order, f"broadcast:{order.broadcast_id}", "to all merchants", again)

    async def _begin(
        self,
        workflow: str,
        order: object,
        workflow_id: str,
        summary: str,
        again: WorkflowIDReusePolicy = WorkflowIDReusePolicy.REJECT_DUPLICATE,
    ) -> bool:
        """Starts a workflow under its id, unless it runs, or (without `again`) ever ran; False when the engine is
        away."""
        try:
            await self._client.start_workflow(
                workflow,
                order,
                id=workflow_id,
                task_queue=CASES,
                id_reuse_policy=again,
                id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                static_summary=summary,
                rpc_timeout=ACCEPT,
            )
        except WorkflowAlreadyStartedError:
            return True
        except _AWAY:
            return False
        return True

    async def carry_out(self, bulk_id: str) -> bool:
        """Has a bulk action carried out; False when the engine is away. One that runs goes on, one that was stopped
        starts anew."""
        return await self._sent(
            self._client.start_workflow(
                "BulkAction",
                BulkRun(bulk_id),
                id=f"bulk:{bulk_id}",
                task_queue=CASES,
                id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
                id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                static_summary=f"bulk action {bulk_id}",
                rpc_timeout=ACCEPT,
            )
        )

    async def look(self) -> Known:
        """Whether the engine answers, and whether a worker has asked it for the cases' work."""
        request = DescribeTaskQueueRequest(
            namespace=self._client.namespace,
            task_queue=TaskQueue(name=CASES),
            task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
        )
        try:
            async with asyncio.timeout(2):
                described = await self._client.workflow_service.describe_task_queue(
                    request, timeout=timedelta(seconds=2)
                )
        except _AWAY:
            return Known(engine=False, workers=False)
        return Known(engine=True, workers=bool(described.pollers))

    def _handle(self, case_id: str) -> WorkflowHandle[object, object]:
        return self._client.get_workflow_handle(case_id)

    async def _sent(self, sending: Awaitable[object]) -> bool:
        try:
            async with asyncio.timeout(ACCEPT.total_seconds()):
                await sending
        except _AWAY:
            return False
        return True


def _refusal(error: WorkflowUpdateFailedError) -> Refused:
    """The case's refusal, as `workflows.messages.refusal_error` sent it. Any other failure is a bug and is raised."""
    cause = error.cause
    if not isinstance(cause, ApplicationError) or len(cause.details) != 3:
        raise error
    status, zh, en = cause.details
    return Refused(cause.type or "refused", int(status), Text(str(zh), str(en)))
