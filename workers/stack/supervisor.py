"""Starts the stages in order, keeps their children running, and stops them in reverse order."""

import asyncio
import os
import signal
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from workers.stack.child import Backoff, Child, Job, Stage
from workers.stack.logbook import Logbook
from workers.stack.running import Running
from workers.stack.state import ProcessState, State, write_states

STOP_SECONDS = 9.2
HEALTH_SECONDS = 5.0
MISSES_UNTIL_UNRESPONSIVE = 3


class StartFailed(RuntimeError):  # noqa: N818 - named after what happened
    """A part of the stack did not come up: `name` is the part, `last_words` the end of its log."""

    def __init__(self, name: str, why: str, last_words: Sequence[str]) -> None:
        super().__init__(f"{name} did not start: {why}")
        self.name = name
        self.why = why
        self.last_words = tuple(last_words)


class Supervisor:
    """Runs stages of children and jobs; `watch` is told of each change of state; `states_file` holds them all."""

    def __init__(
        self,
        stages: Sequence[Stage],
        logbook: Logbook,
        states_file: Path,
        *,
        backoff: Backoff | None = None,
        watch: Callable[[ProcessState], None] = lambda _: None,
    ) -> None:
        self._stages = [[Running(part, logbook) for part in stage.parts] for stage in stages]
        self._logbook = logbook
        self._states_file = states_file
        self._backoff = backoff or Backoff()
        self._watch = watch
        self._stopping = asyncio.Event()
        self._keepers: dict[str, asyncio.Task[None]] = {}
        self._readiness: dict[str, asyncio.Future[None]] = {}

    @property
    def states(self) -> tuple[ProcessState, ...]:
        """Every process, in the order of the stages."""
        return tuple(running.snapshot() for stage in self._stages for running in stage)

    def request_stop(self) -> None:
        """Let `run` end: everything is stopped in reverse order."""
        self._stopping.set()

    async def run(self, on_ready: Callable[[], None] = lambda: None) -> None:
        """Bring everything up, call `on_ready`, keep it running until a stop is requested, then stop it.

        Errors: StartFailed, after everything already started was stopped again.
        """
        try:
            if await self._start_all():
                on_ready()
                await self._stopping.wait()
        finally:
            await self._stop_all()

    async def _start_all(self) -> bool:
        """Start stage after stage; False when a stop was requested meanwhile. Errors: StartFailed."""
        for stage in self._stages:
            coming_up = asyncio.create_task(self._bring_up_all(stage))
            asked_to_stop = asyncio.create_task(self._stopping.wait())
            await asyncio.wait({coming_up, asked_to_stop}, return_when=asyncio.FIRST_COMPLETED)
            asked_to_stop.cancel()
            if not coming_up.done():
                coming_up.cancel()
                await asyncio.wait({coming_up})
                return False
            coming_up.result()
        return True

    async def _bring_up_all(self, stage: Sequence[Running]) -> None:
        try:
            async with asyncio.TaskGroup() as group:
                for running in stage:
                    group.create_task(self._bring_up(running))
        except* StartFailed as failures:
            raise failures.exceptions[0] from None

    async def _bring_up(self, running: Running) -> None:
        match running.spec:
            case Job() as job:
                await self._do(running, job)
            case Child() as child:
                ready = asyncio.get_running_loop().create_future()
                self._readiness[child.name] = ready
                self._keepers[child.name] = asyncio.create_task(self._keep(running, child))
                await ready

    async def _do(self, running: Running, job: Job) -> None:
        """Run a job to its end. Errors: StartFailed when it fails or takes too long."""
        self._become(running, "starting")
        try:
            async with asyncio.timeout(job.seconds):
                await running.start()
                how = await running.ended()
        except TimeoutError:
            how = f"not finished after {job.seconds:.0f} s"
        except OSError as error:
            how = str(error)
        if how != "exit code 0":
            self._become(running, "failed")
            raise StartFailed(job.name, how, self._logbook.last_words(job.name))
        self._become(running, "done")

    async def _keep(self, running: Running, child: Child) -> None:
        """Start the child, and start it again whenever it ends, until everything is to stop."""
        wait: float | None = None
        attempts = 0
        while not self._stopping.is_set():
            began = time.monotonic()
            how = await self._live(running, child)
            if self._stopping.is_set():
                return
            attempts += 1
            running.restarts += 1
            ready = self._readiness[child.name]
            if not ready.done() and attempts >= self._backoff.attempts_before_first_ready:
                self._become(running, "failed")
                ready.set_exception(StartFailed(child.name, how, self._logbook.last_words(child.name)))
                return
            wait = self._backoff.next(wait, time.monotonic() - began)
            self._become(running, "restarting")
            self._logbook.say("error", f"{child.name} ended", how=how, restarts=running.restarts, again_in_s=wait)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), wait)

    async def _live(self, running: Running, child: Child) -> str:
        """One life of a child: start, readiness, health, end. Says how it ended."""
        self._become(running, "starting")
        try:
            await running.start()
        except Exception as error:
            self._logbook.record(child.name, f"cannot be started: {error}")
            return str(error)
        self._save()
        watching = asyncio.create_task(self._watch_over(running, child))
        try:
            return await running.ended()
        finally:
            watching.cancel()
            await asyncio.wait({watching})

    async def _watch_over(self, running: Running, child: Child) -> None:
        """Wait until the child is ready, then look after its health until cancelled."""
        try:
            async with asyncio.timeout(child.ready_seconds):
                await self._until_ready(running, child)
        except TimeoutError:
            self._logbook.say("error", f"{child.name} is not ready", after_s=child.ready_seconds)
            if not (ready := self._readiness[child.name]).done():
                why = f"not ready after {child.ready_seconds:.0f} s"
                ready.set_exception(StartFailed(child.name, why, self._logbook.last_words(child.name)))
            await running.stop(child.stop_signal, child.stop_seconds)
            return
        self._become(running, "running")
        self._logbook.say("info", f"{child.name} is running", pid=running.pid, url=child.url)
        if not (ready := self._readiness[child.name]).done():
            ready.set_result(None)
        misses = 0
        while child.probe is not None:
            await asyncio.sleep(HEALTH_SECONDS)
            misses = 0 if await child.probe.alive() else misses + 1
            state: State = "unresponsive" if misses >= MISSES_UNTIL_UNRESPONSIVE else "running"
            if state != running.state and not self._stopping.is_set():
                self._logbook.say("warning" if misses else "info", f"{child.name} is {state}")
                self._become(running, state)

    @staticmethod
    async def _until_ready(running: Running, child: Child) -> None:
        if child.probe is None:
            with suppress(TimeoutError):
                await asyncio.wait_for(running.announced.wait(), child.quiet_seconds)
            return
        while not await child.probe.ready():  # noqa: ASYNC110 - another process gives us no event to wait for
            await asyncio.sleep(0.1)

    async def _stop_all(self) -> None:
        """Stop stage after stage from the last to the first, killing what takes longer than it may."""
        self._stopping.set()
        until = time.monotonic() + STOP_SECONDS
        for stage in reversed(self._stages):
            await asyncio.gather(*(self._stop(running, until) for running in stage))
        for ready in self._readiness.values():
            if ready.done() and not ready.cancelled():
                ready.exception()  # looked at, or asyncio would call it forgotten

    async def _stop(self, running: Running, until: float) -> None:
        """Stop a process, also one that is just being started."""
        keeper = self._keepers.get(running.name)
        if running.pid is None and (keeper is None or keeper.done()):
            return
        self._become(running, "stopping")
        spec = running.spec
        urge, seconds = (spec.stop_signal, spec.stop_seconds) if isinstance(spec, Child) else (signal.SIGTERM, 0.5)
        while running.pid is not None or (keeper and not keeper.done()):
            if running.pid is not None and not await running.stop(
                urge, max(0.2, min(seconds, until - time.monotonic()))
            ):
                self._logbook.say("warning", f"{running.name} had to be killed", after_s=seconds)
            if keeper:
                await asyncio.wait({keeper}, timeout=0.1)
            else:
                await running.ended()
        self._become(running, "stopped")

    def _become(self, running: Running, state: State) -> None:
        if self._stopping.is_set() and state in {"running", "unresponsive", "starting", "restarting"}:
            return
        running.become(state)
        self._save()
        self._watch(running.snapshot())

    def _save(self) -> None:
        with suppress(OSError):  # a full disk must not stop what runs
            write_states(self._states_file, os.getpid(), self.states)
