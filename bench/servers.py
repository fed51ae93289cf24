"""The servers of a measurement, in a folder that is gone afterwards: PostgreSQL as it runs in production (durable),
and the Temporal server with its data in a file (with a write-ahead log)."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from temporalio.client import Client
from temporalio.runtime import LogForwardingConfig, LoggingConfig, Runtime, TelemetryConfig, TelemetryFilter

from workers.stack.ports import LOOPBACK, any_free
from workers.stack.postgres import Postgres
from workers.stack.temporal import temporal_command

PORTS = ("temporal", "temporal_http", "temporal_ui", "temporal_metrics")


@contextmanager
def folder() -> Iterator[Path]:
    """A temporary folder that a server running as another user can reach."""
    with tempfile.TemporaryDirectory(prefix="thaw-bench-") as name:
        yield Path(name)


@contextmanager
def postgres(where: Path) -> Iterator[Postgres]:
    """A durable PostgreSQL: a commit is on disk before it is answered."""
    with Postgres(where / "postgres", durable=True) as server:
        yield server


@contextmanager
def temporal(where: Path) -> Iterator[str]:
    """A Temporal server as `thaw up` runs it; its address. It answers soon after, not at once."""
    ports = {name: any_free() for name in PORTS}
    command = temporal_command(where / "temporal.db", ports, "")
    with (where / "temporal.log").open("ab") as log:
        process = subprocess.Popen(
            command.guarded(), env=command.surroundings(), stdout=log, stderr=log, start_new_session=True
        )
        try:
            yield f"{LOOPBACK}:{ports['temporal']}"
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


async def connected(address: str) -> Client:
    """A plain client, once the server is there. What the engine's library has to say goes to stderr from now on."""
    logs = LoggingConfig(TelemetryFilter("ERROR", "ERROR"), forwarding=LogForwardingConfig(logging.getLogger("engine")))
    Runtime.set_default(Runtime(telemetry=TelemetryConfig(logging=logs)), error_if_already_set=False)
    for _ in range(200):
        try:
            client = await Client.connect(address)
            await client.count_workflows("")
        except RuntimeError:
            await asyncio.sleep(0.1)
        else:
            return client
    raise RuntimeError("the Temporal server did not start")
