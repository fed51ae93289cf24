"""One stack per folder: whoever supervises it holds the lock, and the kernel lets go of it when they die."""

import fcntl
import os
import time
from pathlib import Path
from typing import Self


class AlreadyRunning(Exception):  # noqa: N818 - a state of affairs, not a fault
    """Another supervisor holds the folder; `pid` is its process id."""

    def __init__(self, pid: int | None) -> None:
        super().__init__(f"a stack is already running here (process {pid})")
        self.pid = pid


class StackLock:
    """The lock on a stack's folder. Entering it raises AlreadyRunning when another holds it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._handle: int | None = None

    def __enter__(self) -> Self:
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        attempts = 10
        while not _locked(handle):
            attempts -= 1
            pid = _pid_in(self._path)
            if pid is not None or attempts == 0:
                os.close(handle)
                raise AlreadyRunning(pid)
            time.sleep(0.05)  # somebody only looks whether the lock is held
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
        self._handle = handle
        return self

    def __exit__(self, *_: object) -> None:
        if self._handle is not None:
            os.ftruncate(self._handle, 0)
            os.close(self._handle)
            self._handle = None


def holder(path: Path) -> int | None:
    """The process that holds the lock, 0 when it has not said yet who it is, None when nobody holds it."""
    try:
        handle = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _pid_in(path) or 0
    finally:
        os.close(handle)
    return None


def _locked(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _pid_in(path: Path) -> int | None:
    text = path.read_text().strip()
    return int(text) if text.isdigit() else None
