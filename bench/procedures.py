"""The procedures' worker, ours and the bare one, in a process of its own as the desk runs it: it shares its interpreter
neither with whoever gives the commands nor with the calls to partners.

It reads its order (one line of JSON) from stdin, says on stdout what each case has reached, and ends with its stdin.
"""

from __future__ import annotations

import asyncio
import json
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvloop
from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner

from bench.bare import bare_procedures
from bench.partners import Heard, HeardJournal
from bench.servers import connected
from workers.run_worker import cases_worker
from workflows.converter import data_converter

READY = ("procedures", "ready")


@asynccontextmanager
async def procedures(url: str, address: str, payload_key: str, heard: Heard) -> AsyncIterator[None]:
    """The process, running; what it says is heard here."""
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", __name__, stdin=PIPE, stdout=PIPE)
    listening = asyncio.create_task(_listen(process, heard))
    try:
        assert process.stdin is not None
        process.stdin.write(json.dumps([url, address, payload_key]).encode() + b"\n")
        await heard.wait(*READY)
        yield
    finally:
        if process.stdin is not None:
            process.stdin.close()
        await process.wait()
        await listening


async def _listen(process: Process, heard: Heard) -> None:
    assert process.stdout is not None
    async for line in process.stdout:
        heard.reached(*line.decode().split())


class _Aloud:
    """Says what is reached."""

    def reached(self, case_id: str, what: str) -> None:
        print(case_id, what, flush=True)


async def _serve(url: str, address: str, payload_key: str) -> None:
    async with await HeardJournal.open(url, max_size=8) as journal:
        journal.heard = _Aloud()
        bare = bare_procedures(await connected(address))
        client = await Client.connect(address, data_converter=data_converter(payload_key))
        async with cases_worker(client, journal, UnsandboxedWorkflowRunner()), bare:
            journal.heard.reached(*READY)
            await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    uvloop.run(_serve(*json.loads(sys.stdin.readline())))
