"""Workflows on calendars of their own: the server's clock starts when the tests run, a case's where its test says."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from temporalio.worker import WorkflowInstance, WorkflowInstanceDetails, WorkflowRunner
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

SANDBOX = SandboxedWorkflowRunner(
    restrictions=SandboxRestrictions.default.with_passthrough_modules(
        "domain", "policies", "pydantic", "pydantic_core", "workflows"
    )
)


class Calendars(WorkflowRunner):
    """Runs workflows in the sandbox. One whose id has a calendar sees the server's time moved by that span."""

    def __init__(self) -> None:
        self.moved: dict[str, timedelta] = {}

    def prepare_workflow(self, defn: Any) -> None:
        SANDBOX.prepare_workflow(defn)

    def create_instance(self, det: WorkflowInstanceDetails) -> WorkflowInstance:
        return _Moved(SANDBOX.create_instance(det), self.moved.get(det.info.workflow_id, timedelta()))


class _Moved(WorkflowInstance):
    """A workflow instance whose activations carry another time. Timers are spans and need no change."""

    def __init__(self, instance: WorkflowInstance, by: timedelta) -> None:
        self._instance = instance
        self._by = nanoseconds(by)

    def activate(self, act: Any) -> Any:
        if act.HasField("timestamp"):
            act.timestamp.FromNanoseconds(act.timestamp.ToNanoseconds() + self._by)
        return self._instance.activate(act)

    def get_serialization_context(self, command_info: Any) -> Any:
        return self._instance.get_serialization_context(command_info)

    def get_external_store_context(self, command_info: Any) -> Any:
        return self._instance.get_external_store_context(command_info)

    def get_info(self) -> Any:
        return self._instance.get_info()

    def get_thread_id(self) -> int | None:
        return self._instance.get_thread_id()


def nanoseconds(span: timedelta) -> int:
    return span // timedelta(microseconds=1) * 1000
