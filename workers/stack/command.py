"""What it takes to start one process that cannot outlive its parent."""

import os
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

GUARD = Path(__file__).with_name("guard.py")


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A command line with its surroundings; `uid` and `gid` are given when it must not run as root."""

    argv: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)
    uid: int | None = None
    gid: int | None = None
    pass_fds: tuple[int, ...] = ()
    death_signal: signal.Signals = signal.SIGKILL

    def guarded(self) -> tuple[str, ...]:
        """The command line to execute: the guard first, which then becomes the command."""
        user = () if self.uid is None else ("--uid", str(self.uid), "--gid", str(self.gid))
        guard = (sys.executable, "-I", "-S", str(GUARD), "--parent", str(os.getpid()))
        return (*guard, "--signal", str(int(self.death_signal)), *user, "--", *self.argv)

    def surroundings(self) -> dict[str, str]:
        """The environment: ours, with what the command adds."""
        return {**os.environ, **self.env}
