"""Everybody's log lines: as JSON in one file per process, and readable in one merged file.

A process's own JSON lines pass unchanged (a missing `process` or `timestamp` is added); any other line is wrapped.
"""

import json
import re
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

MOST_BYTES = 32 * 1024 * 1024
REMEMBERED_LINES = 40
MERGED = "thaw.log"

_OWN_KEYS = ("timestamp", "time", "ts", "level", "event", "msg", "message", "process", "exception", "logger")
_LEVELS = {"warn": "warning", "fatal": "critical", "panic": "critical", "log": "info", "notice": "info"}
_POSTGRES = re.compile(r"^(DEBUG|LOG|INFO|NOTICE|WARNING|ERROR|FATAL|PANIC):\s+(.*)$")
_READABLE = re.compile(r"^(\S+) (\S+) +(\w+) +(.*)$", re.DOTALL)
_COLOURS = {"debug": "2", "info": "32", "warning": "33", "error": "31", "critical": "1;31"}
_PROCESS_COLOURS = ("36", "35", "34", "96", "95", "94", "93", "92")

Line = dict[str, object]


class Capped:
    """A text file that is put aside as `<name>.1` when it grows beyond its cap."""

    def __init__(self, path: Path, most_bytes: int = MOST_BYTES) -> None:
        self._path = path
        self._most = most_bytes
        self._file = self._open()
        self._size = path.stat().st_size

    def write(self, line: str) -> None:
        """Append one line."""
        self._size += len(line.encode()) + 1
        if self._size > self._most:
            self._file.close()
            self._path.replace(self._path.with_name(f"{self._path.name}.1"))
            self._file = self._open()
            self._size = 0
        self._file.write(f"{line}\n")
        self._file.flush()

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _open(self) -> TextIO:
        return self._path.open("a", encoding="utf-8")


class Logbook:
    """The logs of one run of the stack, in one folder. `follow` is given every merged line as it is written."""

    def __init__(self, folder: Path, most_bytes: int = MOST_BYTES) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._most = most_bytes
        self._merged = Capped(folder / MERGED, most_bytes)
        self._files: dict[str, Capped] = {}
        self._last: dict[str, deque[str]] = {}
        self.follow: Callable[[str], None] | None = None

    def record(self, process: str, raw: str) -> Line:
        """Keep one line that a process wrote, and give it back understood."""
        line = understood(process, raw)
        if process not in self._files:
            self._files[process] = Capped(self._folder / f"{process}.jsonl", self._most)
        self._files[process].write(json.dumps(line, ensure_ascii=False, default=str))
        text = readable(process, line)
        self._last.setdefault(process, deque(maxlen=REMEMBERED_LINES)).append(text)
        self._merged.write(text)
        if self.follow:
            self.follow(text)
        return line

    def say(self, level: str, event: str, **about: object) -> None:
        """Keep a line of the supervisor itself."""
        self.record("thaw", json.dumps({"level": level, "event": event, **about}, ensure_ascii=False, default=str))

    def last_words(self, process: str) -> list[str]:
        """The last lines of a process, readable."""
        return list(self._last.get(process, ()))

    def close(self) -> None:
        """Close every file."""
        for file in (self._merged, *self._files.values()):
            file.close()


def understood(process: str, raw: str) -> Line:
    """A line as JSON object, whatever form it came in, with at least timestamp, level, process and event."""
    line: Line = {}
    if raw.startswith("{"):
        try:
            line = json.loads(raw)
        except ValueError:
            line = {}
    if not line:
        found = _POSTGRES.match(raw)
        line = {"level": found[1], "event": found[2]} if found else {"level": "info", "event": raw}
    level = str(line.get("level", "info")).lower()
    line["level"] = _LEVELS.get(level, level)
    line.setdefault("timestamp", line.get("time") or line.get("ts") or datetime.now(UTC).isoformat())
    line.setdefault("event", line.get("msg") or line.get("message") or "")
    line.setdefault("process", process)
    return line


def readable(process: str, line: Line) -> str:
    """A line for people: local time, process, level, what happened, and the rest as name=value."""
    try:
        at = datetime.fromisoformat(str(line["timestamp"])).astimezone()
    except ValueError:
        at = datetime.now(UTC).astimezone()
    rest = " ".join(f"{name}={_shown(value)}" for name, value in line.items() if name not in _OWN_KEYS)
    text = f"{at:%H:%M:%S.}{at.microsecond // 1000:03d} {process:<14} {line['level']!s:<8} {line['event']} {rest}"
    trouble = _trouble(line.get("exception"))
    return text.rstrip() + (f"\n    {trouble}" if trouble else "")


def coloured(text: str) -> str:
    """A readable line with terminal colours: one per process, one per level."""
    found = _READABLE.match(text)
    if not found:
        return text
    at, process, level, rest = found.groups()
    tint = _PROCESS_COLOURS[sum(process.encode()) % len(_PROCESS_COLOURS)]
    return (
        f"\x1b[2m{at}\x1b[0m \x1b[{tint}m{process:<14}\x1b[0m \x1b[{_COLOURS.get(level, '0')}m{level:<8}\x1b[0m {rest}"
    )


def _shown(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return json.dumps(text, ensure_ascii=False) if " " in text and isinstance(value, str) else text


def _trouble(exception: object) -> str:
    """The exception's name and text from structlog's dictionary form, or its last line from a plain traceback."""
    match exception:
        case [*_, {"exc_type": kind, "exc_value": value}]:
            return f"{kind}: {value}"
        case str() if exception.strip():
            return exception.strip().splitlines()[-1]
        case _:
            return ""
