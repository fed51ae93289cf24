"""Reaching the Temporal server: a client with our encrypting converter, patient while the server is away."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from datetime import timedelta

from temporalio.client import Client
from temporalio.runtime import LogForwardingConfig, LoggingConfig, PrometheusConfig, Runtime, TelemetryConfig
from temporalio.runtime import TelemetryFilter as Filter

from workers.logs import logger
from workers.settings import Settings
from workflows.converter import data_converter

FIRST_WAIT_SECONDS = 0.25
MOST_WAIT_SECONDS = 5.0
ONE_TRY = timedelta(seconds=5)


async def connect(settings: Settings, process: str, *, runtime: Runtime | None = None) -> Client:
    """A client known to the server as `process@host:pid`. Waits as long as the server is away, and says so once."""
    wait, said = FIRST_WAIT_SECONDS, False
    while True:
        try:
            client = await connect_now(settings, process, runtime=runtime)
        except RuntimeError as error:
            if not said:
                logger().warning(
                    "waiting for the Temporal server", address=settings.temporal_address, error=_brief(error)
                )
                said = True
            await asyncio.sleep(wait)
            wait = min(wait * 2, MOST_WAIT_SECONDS)
        else:
            if said:
                logger().info("the Temporal server is there", address=settings.temporal_address)
            return client


async def connect_now(settings: Settings, process: str, *, runtime: Runtime | None = None) -> Client:
    """The same, without waiting. Raises RuntimeError when the server is away."""
    return await Client.connect(
        settings.temporal_address,
        namespace=settings.temporal_namespace,
        data_converter=data_converter(*settings.payload_keys),
        identity=identity(process),
        connect_timeout=ONE_TRY,
        runtime=runtime,
    )


def identity(process: str) -> str:
    """How this process shows in the Temporal UI."""
    return f"{process}@{socket.gethostname()}:{os.getpid()}"


def telemetry(settings: Settings) -> Runtime:
    """The engine's runtime of this process: its log lines join ours, its metrics are served if the settings say where.

    Must be called in a process's beginning, once: each runtime starts threads of its own.
    """
    address = settings.metrics_address
    metrics = PrometheusConfig(bind_address=address, durations_as_seconds=True) if address else None
    forwarding = LogForwardingConfig(logging.getLogger("temporal"), append_target_to_name=False)
    logs = LoggingConfig(Filter(core_level="WARN", other_level="ERROR"), forwarding=forwarding)
    return Runtime(telemetry=TelemetryConfig(logging=logs, metrics=metrics))


def _brief(error: RuntimeError) -> str:
    return str(error).partition("\n")[0][:200]
