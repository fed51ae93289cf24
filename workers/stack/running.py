"""One process under supervision: its start, its output, its end."""

import asyncio
import os
import signal
from contextlib import suppress
from datetime import datetime
from typing import Literal

from workers.logs import READY
from workers.stack.child import Child, Job
from workers.stack.command import Command
from workers.stack.logbook import Logbook
from workers.stack.state import ProcessState, State

MOST_LINE_BYTES = 256 * 1024


class Running:
    """A child or job, whether it runs at the moment or not."""

    def __init__(self, spec: Child | Job, logbook: Logbook) -> None:
        self.spec = spec
        self.state: State = "waiting"
        self.since = _now()
        self.restarts = 0
        self.exit: str | None = None
        self.announced = asyncio.Event()
        self._logbook = logbook
        self._process: asyncio.subprocess.Process | None = None
        self._reader: asyncio.Task[None] | None = None

    @property
    def name(self) -> str:
        """The name of its spec."""
        return self.spec.name

    @property
    def pid(self) -> int | None:
        """Its process id while it runs."""
        return self._process.pid if self._process and self._process.returncode is None else None

    def become(self, state: State) -> None:
        """Note a change of state and its time."""
        if state != self.state:
            self.state, self.since = state, _now()

    def snapshot(self) -> ProcessState:
        """Its state now, to show and to keep."""
        kind: Literal["child", "job"] = "child" if isinstance(self.spec, Child) else "job"
        return ProcessState(
            name=self.name,
            kind=kind,
            state=self.state,
            pid=self.pid,
            restarts=self.restarts,
            url=self.spec.url if isinstance(self.spec, Child) else None,
            since=self.since,
            exit=self.exit,
        )

    async def start(self) -> None:
        """Start the process. Errors: whatever the command's preparation or the start itself raises."""
        command: Command = await asyncio.to_thread(self.spec.command)
        self.announced.clear()
        # Our own pipe: asyncio's would hide the process's end for as long as anything it started keeps the pipe open.
        output, into = os.pipe()
        try:
            self._process = await asyncio.create_subprocess_exec(
                *command.guarded(),
                env=command.surroundings(),
                pass_fds=command.pass_fds,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=into,
                stderr=into,
                start_new_session=True,
            )
        except BaseException:
            os.close(output)
            raise
        finally:
            os.close(into)
        self._reader = asyncio.create_task(self._read(output))

    async def ended(self) -> str:
        """Wait for the end of the process and of all it left in its session; says how it ended."""
        assert self._process is not None
        code = await self._process.wait()
        self._kill_session(self._process.pid)
        if self._reader:
            # Whoever inherited the output and moved to a session of its own must not hold us up.
            await asyncio.wait({self._reader}, timeout=1.0)
            self._reader.cancel()
            await asyncio.wait({self._reader})
        self.exit = f"exit code {code}" if code >= 0 else f"signal {signal.Signals(-code).name}"
        return self.exit

    async def stop(self, urge: signal.Signals, seconds: float) -> bool:
        """Ask the process to stop, and kill it when the time is over; False when it had to be killed."""
        process = self._process
        if process is None or process.returncode is not None:
            return True
        with suppress(ProcessLookupError):
            process.send_signal(urge)
        try:
            await asyncio.wait_for(asyncio.shield(asyncio.ensure_future(process.wait())), seconds)
        except TimeoutError:
            self._kill_session(process.pid)
            await process.wait()
            return False
        return True

    @staticmethod
    def _kill_session(pid: int) -> None:
        """Kill the process group a child leads: itself and what it started."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)

    async def _read(self, output: int) -> None:
        stream = asyncio.StreamReader()
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(stream), os.fdopen(output, "rb", buffering=0)
        )
        pending = b""
        try:
            while chunk := await stream.read(65536):
                *lines, pending = (pending + chunk).split(b"\n")
                if len(pending) > MOST_LINE_BYTES:
                    lines, pending = [*lines, pending], b""
                for line in lines:
                    self._record(line)
        finally:
            transport.close()
            self._record(pending)

    def _record(self, raw: bytes) -> None:
        text = raw.decode("utf-8", "replace").rstrip()
        if text and self._logbook.record(self.name, text)["event"] == READY:
            self.announced.set()


def _now() -> str:
    return datetime.now().astimezone().isoformat(timespec="seconds")
