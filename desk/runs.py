"""Where engineers see the very run that works on something: by workflow id and run id."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from urllib.parse import quote

from desk.config import DeskConfig
from desk.context import Desk
from desk.engine import ASKED_AT_ONCE


async def run_link(desk: Desk, workflow_id: str) -> str:
    """The workflow's present run in Temporal's pages; the workflow, while the engine cannot say which run that is."""
    return link(desk.config, workflow_id, await desk.engine.run_of(workflow_id))


async def run_links(desk: Desk, workflow_ids: Sequence[str]) -> list[str]:
    """The same for several, a few at a time."""
    slots = asyncio.Semaphore(ASKED_AT_ONCE)

    async def of_one(workflow_id: str) -> str:
        async with slots:
            return await run_link(desk, workflow_id)

    return await asyncio.gather(*(of_one(workflow_id) for workflow_id in workflow_ids))


def link(config: DeskConfig, workflow_id: str, run_id: str | None) -> str:
    """A run in Temporal's pages, or all runs of a workflow."""
    base = f"{config.temporal_ui_url.rstrip('/')}/namespaces/{config.temporal_namespace}/workflows"
    run = f"/{run_id}/history" if run_id else ""
    return f"{base}/{quote(workflow_id, safe='')}{run}"
