"""The same steps on DBOS: a durable workflow in PostgreSQL alone. Activities are its steps, updates its messages."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from dbos import DBOS, DBOSConfig, SetWorkflowID

from bench.bare import Shape
from bench.rounds import say


@DBOS.step()
async def nothing() -> None:
    """An empty step."""


@DBOS.workflow()
async def steps(filing: int, activities: int, approvals: int, last: int) -> int:
    """Messages and steps in the order of a freeze appeal; each message is waited for with a time limit."""
    for _ in range(filing):
        await DBOS.recv_async(timeout_seconds=3600)
    for _ in range(activities):
        await nothing()
    for _ in range(approvals):
        await DBOS.recv_async(timeout_seconds=3600)
    for _ in range(last):
        await nothing()
    await DBOS.recv_async(timeout_seconds=3600)
    await nothing()
    return filing + approvals + 1


@contextmanager
def dbos(url: str) -> Iterator[None]:
    """DBOS with its tables in the database at `url`."""
    config: DBOSConfig = {"name": "bench", "system_database_url": url, "log_level": "ERROR"}
    DBOS(config=config)
    DBOS.launch()
    try:
        yield
    finally:
        say("DBOS stops")
        DBOS.destroy()


class Stepped:
    """One workflow of steps, driven as a freeze appeal is."""

    def __init__(self, shape: Shape, workflow_id: str) -> None:
        self._shape, self._id = shape, workflow_id

    async def run(self) -> None:
        shape = self._shape
        before = shape.together + shape.beside
        with SetWorkflowID(self._id):
            handle = await DBOS.start_workflow_async(steps, shape.filing, before, shape.approvals, shape.steps)
        for _ in range(shape.updates):
            await DBOS.send_async(self._id, "given")
        await handle.get_result()
