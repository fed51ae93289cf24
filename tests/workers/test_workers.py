"""Which worker serves what, and what its log lines say."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from activities.hands import local, name_of
from journal import Journal
from journal.keys import Kek, WrongKekError
from journal.vault import Vault
from workers.connect import identity
from workers.log_context import LogContext, drop_replayed_lines
from workers.logs import configure_logs, logger
from workers.run_worker import PACES, NoSuchWorkerError, queues_of, run_all, workers_of
from workers.settings import Settings
from workers.stack.temporal import temporal_binary
from workflows import ports


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    async with await WorkflowEnvironment.start_local(
        dev_server_existing_path=str(temporal_binary()), dev_server_log_level="error"
    ) as env:
        yield env.client


@pytest.fixture
def settings(database: str, tmp_path: Path) -> Settings:
    return Settings(
        database_url=database, hook_secrets={}, payload_key="0b" * 32, vault_key="a1" * 32, signing_key="b2" * 32,
        files_dir=tmp_path,
    )  # fmt: skip


@pytest.fixture
async def journal(database: str) -> AsyncIterator[Journal]:
    async with await Journal.open(database) as opened:
        yield opened


def names_of(worker: Worker) -> set[str]:
    return {name for each in worker.config()["activities"] if (name := name_of(each))}


async def test_every_activity_the_procedures_ask_for_is_served_on_its_queue(
    client: Client, journal: Journal, settings: Settings
) -> None:
    async with workers_of("hands", client, journal, settings) as workers:
        served = {worker.task_queue: names_of(worker) for worker in workers}
    asked = {**ports.EFFECTS, **ports.LOOK_UPS, ports.RISK_QUESTIONS: "risk", ports.BANK_PAYOUT: "bank"} | {
        ports.BANK_CHECK_ACCOUNT: "bank", ports.DOCUMENTS_VERIFY: "documents", ports.NOTICES_SEND: "notices",
        ports.LEDGER_RECONCILE: "ledger",
    }  # fmt: skip
    assert {name: queue for name, queue in asked.items() if name not in served[queue]} == {}
    assert {name_of(each) for each in local(journal)} == {
        ports.JOURNAL_APPEND, ports.JOURNAL_READ, ports.JOURNAL_WAITING,
    }  # fmt: skip


async def test_hands_with_another_vault_key_do_not_begin_and_name_both_keys(
    client: Client, journal: Journal, settings: Settings
) -> None:
    await Vault(journal.pool, "c3" * 32).put("merchant:1", "note", {})
    with pytest.raises(WrongKekError, match=f"{Kek('c3' * 32).id}.*{Kek(settings.vault_key).id}"):
        async with workers_of("hands", client, journal, settings):
            raise AssertionError("they began")


async def test_the_procedures_worker_knows_every_workflow_and_serves_no_regular_activity(
    client: Client, journal: Journal, settings: Settings
) -> None:
    async with workers_of("cases", client, journal, settings) as (worker,):
        config = worker.config()
    known = {
        "Broadcasting", "BulkAction", "FreezeAppeal", "Reconciliation", "Registration", "Resending", "Telling",
    }  # fmt: skip
    assert {kind.__name__ for kind in config["workflows"]} == known
    assert config["no_remote_activities"]
    assert isinstance(config["workflow_runner"], UnsandboxedWorkflowRunner)


def test_each_queue_has_a_worker_and_a_pace_of_its_own() -> None:
    assert set(PACES) == set(ports.QUEUES) == set(queues_of("hands"))
    assert queues_of("ledger") == ("ledger",)
    assert queues_of("cases") == ("cases",)
    with pytest.raises(NoSuchWorkerError, match="ledger"):
        queues_of("legder")


async def test_a_worker_says_it_is_ready_once_it_polls_and_stops_when_told(
    client: Client, journal: Journal, settings: Settings
) -> None:
    ready, stop = asyncio.Event(), asyncio.Event()
    async with workers_of("hands", client, journal, settings) as workers:
        running = asyncio.create_task(run_all(workers, stop, ready.set))
        await ready.wait()
        assert all(worker.is_running for worker in workers)
        stop.set()
        await running
        assert not any(worker.is_running for worker in workers)


def test_a_process_is_known_to_the_engine_by_its_name() -> None:
    assert identity("worker-cases").startswith("worker-cases@")


# --- log lines --------------------------------------------------------------------------------------------------------


@activity.defn
async def speak() -> None:
    logger().info("in the activity")


@workflow.defn
class Speaking:
    """Says a word in each of its parts; without memory of it, each part is replayed with the next."""

    def __init__(self) -> None:
        self.told = False

    @workflow.run
    async def run(self) -> None:
        logger().info("in the run")
        await workflow.execute_activity(speak, start_to_close_timeout=timedelta(seconds=5))
        logger().info("after the activity")
        await workflow.wait_condition(lambda: self.told)

    @workflow.update
    async def tell(self) -> None:
        logger().info("in the update")

    @workflow.signal
    def end(self) -> None:
        logger().info("in the signal")
        self.told = True


@pytest.fixture
def logs_as_before() -> Iterator[None]:
    root = logging.getLogger()
    before = list(root.handlers), root.level
    yield
    root.handlers[:], root.level = before


async def test_each_line_names_its_case_and_a_replay_says_nothing_again(
    client: Client, logs_as_before: None, capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logs("worker-cases")
    drop_replayed_lines()
    worker = Worker(
        client, task_queue="speaking", workflows=[Speaking], activities=[speak], interceptors=[LogContext()],
        workflow_runner=UnsandboxedWorkflowRunner(), max_cached_workflows=0,
    )  # fmt: skip
    async with worker:
        handle = await client.start_workflow(Speaking.run, id="FA-1", task_queue="speaking")
        await handle.execute_update(Speaking.tell, id="c-1")
        await handle.signal(Speaking.end)
        await handle.result()
    said = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    ours: list[dict[str, Any]] = [line for line in said if line["event"].startswith(("in the", "after the"))]
    assert {line["case_id"] for line in ours} == {"FA-1"}
    assert sorted(line["event"] for line in ours) == [
        "after the activity", "in the activity", "in the run", "in the signal", "in the update",
    ]  # fmt: skip
    update = next(line for line in ours if line["event"] == "in the update")
    assert (update["update"], update["command_id"]) == ("tell", "c-1")
    assert next(line for line in ours if line["event"] == "in the activity")["activity"] == "speak"
