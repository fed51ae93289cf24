"""Starting a workflow from the journal: a case's with its stream so far, a registration's with what changed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from temporalio.client import Client, WithStartWorkflowOperation
from temporalio.common import (
    SearchAttributeKey,
    SearchAttributePair,
    TypedSearchAttributes,
    WorkflowIDConflictPolicy,
    WorkflowIDReusePolicy,
)
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from journal.relay import CaseStream, Unregistered
from workers.pace import Pace
from workflows.messages import CaseInput, CommandOrder, Outcome
from workflows.ports import CASES, Registration
from workflows.stored import late_id

PROCEDURES: Mapping[str, str] = {"freeze_appeal": "FreezeAppeal"}
"""The workflow of each kind of case."""
REGISTRATION = "Registration"
RUNNING = "ExecutionStatus = 'Running' AND WorkflowType IN ({})".format(
    ", ".join(f"'{name}'" for name in PROCEDURES.values())
)
"""The engine's list of cases that run."""

DELIVERY = timedelta(seconds=10)

_WORDS = {"freeze_appeal": "freeze appeal"}


class NoProcedureError(Exception):
    """This version of Thaw has no workflow for a kind of case: it was opened by a newer one."""


async def start_case(client: Client, case: CaseStream) -> bool:
    """Starts the case's workflow; False when it runs already. Raises RPCError while the engine is away."""
    begin = beginning(case)
    try:
        await client.start_workflow(
            PROCEDURES[case.kind],
            CaseInput(case.text),
            id_conflict_policy=WorkflowIDConflictPolicy.FAIL,
            **begin,
        )
    except WorkflowAlreadyStartedError:
        return False
    return True


async def start_with(client: Client, case: CaseStream, order: CommandOrder) -> None:
    """Starts the case's workflow together with the delivery of a stored command, which then has its outcome there: a
    run of a case that is over would otherwise end before the command came. Raises like `start_case`."""
    begin = beginning(case)
    start = WithStartWorkflowOperation[Any, Any](
        PROCEDURES[case.kind],
        CaseInput(case.text),
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        **begin,
    )
    await client.execute_update_with_start_workflow(
        "deliver",
        order,
        start_workflow_operation=start,
        id=late_id(order.command_id),
        result_type=Outcome,
        rpc_timeout=DELIVERY,
    )


def beginning(case: CaseStream) -> dict[str, Any]:
    """How every run of a case begins."""
    if case.kind not in PROCEDURES:
        raise NoProcedureError(f"case {case.stream}: there is no procedure for {case.kind}")
    return {
        "id": case.stream,
        "task_queue": CASES,
        "id_reuse_policy": WorkflowIDReusePolicy.ALLOW_DUPLICATE,  # it goes on, however its last run ended
        "search_attributes": _attributes(
            ThawKind=case.kind,
            ThawStatus=case.status,
            ThawReason=case.reason_code,
            ThawTerminal=case.terminal_sn,
            ThawMerchant=case.merchant_no,
            ThawTier=case.tier,
        ),
        "static_summary": f"{_WORDS[case.kind]}, terminal {case.terminal_sn}, {case.reason_code}",
    }


def is_away(error: BaseException) -> bool:
    """Whether an error means that the engine cannot be reached, and not that it will not have this one case."""
    return isinstance(error, RPCError) and error.status in _AWAY


_AWAY = frozenset(
    {
        RPCStatusCode.UNAVAILABLE,
        RPCStatusCode.DEADLINE_EXCEEDED,
        RPCStatusCode.CANCELLED,
        RPCStatusCode.RESOURCE_EXHAUSTED,
        RPCStatusCode.UNAUTHENTICATED,
        RPCStatusCode.PERMISSION_DENIED,
    }
)


async def start_cases(
    client: Client, cases: Iterable[CaseStream], at_once: int, pace: Pace | None = None
) -> dict[str, bool | Exception]:
    """Starts many, a few at a time and not faster than `pace`: for each case whether it was started now, or why it
    could not be."""
    slots, pace = asyncio.Semaphore(at_once), pace or Pace()

    async def one(case: CaseStream) -> bool | Exception:
        async with slots:
            await pace.turn()
            try:
                return await start_case(client, case)
            except Exception as error:  # one case must not hold up the others
                return error

    listed = list(cases)
    ends = await asyncio.gather(*(one(case) for case in listed))
    return {case.stream: end for case, end in zip(listed, ends, strict=True)}


async def register(client: Client, known: Unregistered) -> None:
    """Has the partners told of a merchant or terminal and waits until they know it. The same again is one workflow.

    Raises WorkflowFailureError when a partner refuses it; then it may be tried again.
    """
    workflow_id = f"registration:{known.kind}:{known.name}:{known.position}"
    try:
        handle = await client.start_workflow(
            REGISTRATION,
            Registration(known.kind, known.name, known.position),
            id=workflow_id,
            task_queue=CASES,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY,
            search_attributes=_attributes(
                ThawKind="registration",
                ThawMerchant=known.name if known.kind == "merchant" else None,
                ThawTerminal=known.name if known.kind == "terminal" else None,
            ),
            static_summary=f"{known.kind} {known.name} becomes known to the partners",
        )
    except WorkflowAlreadyStartedError:
        return  # it ended well before
    await handle.result()


def _attributes(**values: Any) -> TypedSearchAttributes:
    """Keywords to search by. They are never encrypted: ids and codes only."""
    return TypedSearchAttributes(
        [
            SearchAttributePair(SearchAttributeKey.for_keyword(name), value)
            for name, value in values.items()
            if value is not None
        ]
    )
