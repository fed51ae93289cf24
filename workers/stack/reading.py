"""Reads the logs a stack has written."""

import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path

from workers.stack.logbook import MERGED, coloured, readable, understood

POLL_SECONDS = 0.2


def read_log(
    folder: Path, process: str | None, last: int, *, follow: bool, as_json: bool, colour: bool
) -> Iterator[str]:
    """The last lines of the merged log, or of one process's; with `follow` for ever.

    `as_json` gives the JSON lines (merged: of the supervisor). Errors: FileNotFoundError when nothing was logged.
    """
    own = as_json or process is not None
    path = folder / (f"{process or 'thaw'}.jsonl" if own else MERGED)
    with path.open(encoding="utf-8") as file:
        for raw in deque(file, maxlen=last):
            yield _form(raw, process, as_json, colour)
        while follow:
            if raw := file.readline():
                yield _form(raw, process, as_json, colour)
            else:
                time.sleep(POLL_SECONDS)


def _form(raw: str, process: str | None, as_json: bool, colour: bool) -> str:
    text = raw.rstrip("\n")
    if as_json:
        return text
    if process is not None:
        text = readable(process, understood(process, text))
    return coloured(text) if colour else text
