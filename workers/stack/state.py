"""What runs, kept in `.thaw/processes.json`: for `thaw status`, and to clear up after a supervisor that was killed."""

import json
import os
import signal
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from workers.stack.files import write_text

State = Literal["waiting", "starting", "running", "unresponsive", "restarting", "stopping", "stopped", "done", "failed"]
GOOD: frozenset[State] = frozenset({"running", "done"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessState:
    """One process of the stack: `since` is when it came into its state (RFC 3339), `restarts` counts its crashes."""

    name: str
    kind: Literal["child", "job"]
    state: State
    pid: int | None
    restarts: int
    url: str | None
    since: str
    exit: str | None = None


def write_states(path: Path, supervisor: int, states: Iterable[ProcessState]) -> None:
    """Replace the file."""
    content = {"supervisor": supervisor, "processes": [asdict(state) for state in states]}
    write_text(path, json.dumps(content, indent=1, ensure_ascii=False))


def read_states(path: Path) -> tuple[int | None, tuple[ProcessState, ...]]:
    """The supervisor's process id and the processes as last written; nothing when there is no such file."""
    try:
        content = json.loads(path.read_text())
    except FileNotFoundError:
        return None, ()
    return content["supervisor"], tuple(ProcessState(**process) for process in content["processes"])


def clear_leftovers(path: Path, patience_seconds: float = 3.0) -> tuple[int, ...]:
    """End what is left of a stack whose supervisor was killed; the process ids that had to be killed.

    Children die with their supervisor by the kernel's hand, which takes a moment; their own children may not.
    Each child leads a session of its own, so whoever is in that session belongs to it.
    """
    _, states = read_states(path)
    sessions = frozenset(state.pid for state in states if state.pid is not None)
    recorded_at = path.stat().st_mtime if sessions else 0.0
    until = time.monotonic() + patience_seconds
    while (left := tuple(_members(sessions, recorded_at))) and time.monotonic() < until:
        time.sleep(0.05)
    for pid in left:
        with suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)
    return left


def _members(sessions: frozenset[int], recorded_at: float) -> Iterator[int]:
    """The living processes in these sessions; a session that began after the record was made is somebody else's."""
    if not sessions:
        return
    strangers = frozenset(pid for pid in sessions if (_started(pid) or 0.0) > recorded_at + 1.0)
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            fields = _stat(int(entry.name))
            if fields and fields[0] != "Z" and int(fields[3]) in sessions - strangers:
                yield int(entry.name)


def _started(pid: int) -> float | None:
    """When a process started, in seconds since 1970; None when there is none."""
    fields = _stat(pid)
    if fields is None:
        return None
    ticks = int(fields[19]) / os.sysconf("SC_CLK_TCK")
    return time.time() - time.clock_gettime(time.CLOCK_BOOTTIME) + ticks


def _stat(pid: int) -> Sequence[str] | None:
    """The fields of /proc/PID/stat from the third (state) on; the name before them may contain anything."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    except OSError:
        return None
