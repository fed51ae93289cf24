"""The one warm OCR slot: the partner's end of the process (`reading_process`) that reads one file at a time.

What a hostile file can do stays in that process: it is killed after READING_SECONDS and started anew when it dies.
At most MOST_WAITING files wait for it; further ones are turned away (`SlotBusy`) and may come again.
"""

from __future__ import annotations

import asyncio
import json
import sys
from contextlib import suppress
from datetime import datetime
from typing import Any

import structlog

from partners.documents.camera_data import Taken
from partners.documents.marks import Mark
from partners.documents.ocr import Line, Page
from partners.documents.traces import Suspect, Traces

MOST_WAITING = 16
READING_SECONDS = 120.0
STARTING_SECONDS = 90.0
PROCESS = "partners.documents.reading_process"

log = structlog.get_logger("partners.documents")


class SlotBusy(Exception):  # noqa: N818 - an answer, not a fault
    """Too many files are waiting already."""


class SlotDown(Exception):  # noqa: N818 - an answer, not a fault
    """The OCR process does not start."""


class Unreadable(Exception):  # noqa: N818 - says what the file is
    """The file could not be read, by two tries."""


class Slot:
    """Reads files one after the other. `await start()` once, `await stop()` at the end."""

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
            if isinstance(error, TimeoutError):
                raise Unreadable("it takes too long") from error
            if isinstance(error, (OSError, EOFError)):
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
            sys.executable, "-m", PROCESS, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
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
    return Page(
        number=body["number"],
        width=body["width"],
        height=body["height"],
        turned=body["turned"],
        skew=body["skew"],
        lines=lines,
        codes=tuple(Mark(code["kind"], code["text"], tuple(code["box"])) for code in body["codes"]),
        seals=tuple(tuple(box) for box in body["seals"]),
        sharpness=body["sharpness"],
        brightness=body["brightness"],
        traces=Traces(
            body["traces"]["telling"],
            tuple(Suspect(each["kind"], tuple(each["box"])) for each in body["traces"]["suspects"]),
        ),
        taken=Taken(body["taken"]["latitude"], body["taken"]["longitude"], _moment(body["taken"]["at"])),
        look=body["look"],
    )


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
