"""The process that holds the OCR models: `python -m partners.documents.reading_process`.

It takes frames on standard input (the length of a JSON header in four bytes, the header `{"media_type", "size"}`, the
file) and answers each with the pages as JSON, headed by its length. It ends when its input does, so it never outlives
its partner, and may not hold more than MEMORY_LIMIT bytes of its own data.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
from contextlib import suppress
from dataclasses import asdict
from datetime import datetime
from typing import Any, BinaryIO

from partners.documents.ocr import Reader

MEMORY_LIMIT = 2 * 1024**3
"""Bytes of private memory, reserved or used; the most seen was 0.8 GB."""


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
    body = json.dumps(answer, default=_plain, separators=(",", ":")).encode()
    outgoing.write(len(body).to_bytes(4, "big") + body)
    outgoing.flush()


def _plain(value: Any) -> Any:
    """Sets as sorted lists, moments as ISO 8601."""
    return value.isoformat() if isinstance(value, datetime) else sorted(value)


def main() -> None:
    """Be the OCR process. Only frames go to standard output: what libraries print goes to standard error."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the partner ends it by closing its input
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_LIMIT, MEMORY_LIMIT))
    outgoing = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    with suppress(BrokenPipeError):
        _serve(sys.stdin.buffer, outgoing)
    os._exit(0)  # taking the models down in order takes seconds and is of use to nobody


if __name__ == "__main__":
    main()
