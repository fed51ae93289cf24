"""The one warm OCR slot: a process of its own that holds the models and reads one file at a time.

`python -m partners.documents.slot` is that process. It takes frames on standard input (a JSON header's length in four
bytes, the header `{"media_type", "size"}`, the file) and answers each with the pages as JSON; it ends when its input
does, so it never outlives its partner. What a hostile file can do to it stays in it: it is killed after
READING_SECONDS, may hold MEMORY_LIMIT bytes of its own data, and is started anew when it dies.

At most MOST_WAITING files wait for it; further ones are turned away (`SlotBusy`) and may come again.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import signal
import sys
from contextlib import suppress
from dataclasses import asdict
from typing import Any, BinaryIO

import structlog

from partners.documents.ocr import Line, Page, Reader

MOST_WAITING = 16
READING_SECONDS = 60.0
STARTING_SECONDS = 90.0
MEMORY_LIMIT = 3 * 1024**3
"""Bytes of private memory; reading a page of the largest working size takes about 1.2 GB of it."""

log = structlog.get_logger("partners.documents")


class SlotBusy(Exception):  # noqa: N818 - an answer, not a fault
    """Too many files are waiting already."""


class SlotDown(Exception):  # noqa: N818 - an answer, not a fault
    """The OCR process does not start."""


class Unreadable(Exception):  # noqa: N818 - says what the file is
    """The file could not be read, by two tries."""


class Slot:
    """The partner's end of the OCR process. `await start()` once, `await stop()` at the end."""

    def __init__(self) -> None:
        self._process: asyncio.subprocess.Process | None = None
        self._turn = asyncio.Lock()
        self._waiting = 0

    async def start(self) -> None:
        """Start the process and wait until its models are loaded; SlotDown when that fails."""
        async with self._turn:
            await self._ensure()

    async def stop(self) -> None:
        """End the process, kindly first."""
        process, self._process = self._process, None
        if process is not None:
            await _end(process)

    async def read(self, data: bytes, media_type: str) -> tuple[Page, ...]:
        """The pages of an inspected file. SlotBusy, SlotDown, or Unreadable when it cannot be read."""
        if self._waiting >= MOST_WAITING:
            raise SlotBusy
        self._waiting += 1
        try:
            async with self._turn:
                for _ in range(2):
                    with suppress(_Died):
                        return await self._ask(data, media_type)
            raise Unreadable("the reader died of it twice")
        finally:
            self._waiting -= 1

    async def _ask(self, data: bytes, media_type: str) -> tuple[Page, ...]:
        process = await self._ensure()
        header = json.dumps({"media_type": media_type, "size": len(data)}).encode()
        try:
            async with asyncio.timeout(READING_SECONDS):
                assert process.stdin is not None
                process.stdin.writelines((len(header).to_bytes(4, "big"), header, data))
                await process.stdin.drain()
                answer = await _answer(process)
        except BaseException as error:  # a cancelled call, too, leaves a process that is not ready for the next file
            await self._drop(process)
            if isinstance(error, (OSError, EOFError, TimeoutError)):
                log.warning("ocr-died", error=type(error).__name__)
                raise _Died from error
            raise
        if "error" in answer:
            raise Unreadable(answer["error"])
        return tuple(_page(page) for page in answer["pages"])

    async def _ensure(self) -> asyncio.subprocess.Process:
        if self._process is not None and self._process.returncode is None:
            return self._process
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", __name__, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
        )
        self._process = process
        try:
            async with asyncio.timeout(STARTING_SECONDS):
                await _answer(process)
        except BaseException as error:
            await self._drop(process)
            if isinstance(error, (OSError, EOFError, TimeoutError)):
                raise SlotDown from error
            raise
        return process

    async def _drop(self, process: asyncio.subprocess.Process) -> None:
        if self._process is process:
            self._process = None
        with suppress(ProcessLookupError):
            process.kill()
        await _end(process)


class _Died(Exception):  # noqa: N818 - internal
    """The process is gone, or had to be ended."""


async def _answer(process: asyncio.subprocess.Process) -> dict[str, Any]:
    assert process.stdout is not None
    size = int.from_bytes(await process.stdout.readexactly(4), "big")
    answer: dict[str, Any] = json.loads(await process.stdout.readexactly(size))
    return answer


async def _end(process: asyncio.subprocess.Process) -> None:
    assert process.stdin is not None
    process.stdin.close()
    try:
        async with asyncio.timeout(3):
            await process.wait()
    except TimeoutError:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


def _page(body: dict[str, Any]) -> Page:
    lines = tuple(
        Line(line["text"], tuple(line["confidences"]), tuple(line["box"]), frozenset(line["gaps"]))
        for line in body["lines"]
    )
    return Page(body["number"], body["width"], body["height"], body["turned"], body["skew"], lines)


def _serve(incoming: BinaryIO, outgoing: BinaryIO) -> None:
    """Load the models, say so, then answer file after file until the input ends."""
    reader = Reader()
    _send(outgoing, {"ready": True})
    while length := incoming.read(4):
        header = json.loads(incoming.read(int.from_bytes(length, "big")))
        data = incoming.read(header["size"])
        _send(outgoing, _read(reader, data, header["media_type"]))


def _read(reader: Reader, data: bytes, media_type: str) -> dict[str, Any]:
    try:
        pages = reader.read(data, media_type)
    except Exception as error:  # whatever a hostile file causes, the next file is read
        return {"error": type(error).__name__}
    return {"pages": [asdict(page) for page in pages]}


def _send(outgoing: BinaryIO, answer: dict[str, Any]) -> None:
    body = json.dumps(answer, default=sorted, separators=(",", ":")).encode()
    outgoing.write(len(body).to_bytes(4, "big") + body)
    outgoing.flush()


def main() -> None:
    """Be the OCR process. Only frames go to standard output: what libraries print goes to standard error."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the partner ends it by closing its input
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_LIMIT, MEMORY_LIMIT))
    outgoing = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    with suppress(BrokenPipeError):
        _serve(sys.stdin.buffer, outgoing)


if __name__ == "__main__":
    main()
