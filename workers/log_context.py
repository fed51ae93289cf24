"""Puts the case and the activity on every log line of a worker, and drops what a replay would say a second time."""

from __future__ import annotations

import logging
from contextlib import AbstractContextManager
from typing import Any

from structlog.contextvars import bound_contextvars
from temporalio import activity, workflow
from temporalio.worker import (
    ActivityInboundInterceptor,
    ExecuteActivityInput,
    ExecuteWorkflowInput,
    HandleQueryInput,
    HandleSignalInput,
    HandleUpdateInput,
    Interceptor,
    WorkflowInboundInterceptor,
    WorkflowInterceptorClassInput,
)


class LogContext(Interceptor):
    """The worker's interceptor. A workflow's id is its case's id."""

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:  # noqa: A002
        return _Activity(next)

    def workflow_interceptor_class(self, input: WorkflowInterceptorClassInput) -> type[WorkflowInboundInterceptor]:  # noqa: A002, ARG002
        return _Workflow


class _Activity(ActivityInboundInterceptor):
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002 — the base class's name
        info = activity.info()
        with bound_contextvars(case_id=info.workflow_id, activity=info.activity_type, attempt=info.attempt):
            return await super().execute_activity(input)


class _Workflow(WorkflowInboundInterceptor):
    async def execute_workflow(self, input: ExecuteWorkflowInput) -> Any:  # noqa: A002
        with _about_this_case():
            return await super().execute_workflow(input)

    async def handle_signal(self, input: HandleSignalInput) -> None:  # noqa: A002
        with _about_this_case(signal=input.signal):
            await super().handle_signal(input)

    async def handle_query(self, input: HandleQueryInput) -> Any:  # noqa: A002
        with _about_this_case(query=input.query):
            return await super().handle_query(input)

    def handle_update_validator(self, input: HandleUpdateInput) -> None:  # noqa: A002
        with _about_this_case(update=input.update, command_id=input.id):
            super().handle_update_validator(input)

    async def handle_update_handler(self, input: HandleUpdateInput) -> Any:  # noqa: A002
        with _about_this_case(update=input.update, command_id=input.id):
            return await super().handle_update_handler(input)


def _about_this_case(**more: str) -> AbstractContextManager[None]:
    return bound_contextvars(case_id=workflow.info().workflow_id, **more)


class NotReplaying(logging.Filter):
    """Lets a line pass unless a workflow says it while its history is replayed: then it was logged before."""

    def filter(self, record: logging.LogRecord) -> bool:  # noqa: ARG002
        return not (workflow.in_workflow() and workflow.unsafe.is_replaying())


def drop_replayed_lines() -> None:
    """Give every handler of this process the filter."""
    for handler in logging.getLogger().handlers:
        handler.addFilter(NotReplaying())
