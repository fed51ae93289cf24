"""The supervisor: order of start and stop, restarts, and nothing left behind."""

import asyncio
import os
import re
import signal
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from psycopg import AsyncConnection

from workers.stack.child import Asked, Backoff, Child, Job, Stage
from workers.stack.command import Command
from workers.stack.logbook import Logbook
from workers.stack.postgres import Postgres
from workers.stack.state import ProcessState, read_states
from workers.stack.supervisor import StartFailed, Supervisor

READY = 'print(\'{"event": "ready"}\', flush=True)'
STAYS = f"import signal; {READY}; signal.pause()"
STAYS_WHATEVER_IT_IS_TOLD = (
    f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {READY}\nwhile True: signal.pause()"
)
DIES_ONCE = """
import pathlib, signal, sys
mark = pathlib.Path(sys.argv[1])
if not mark.exists():
    mark.touch()
    sys.exit(7)
print('{"event": "ready"}', flush=True)
signal.pause()
"""
STARTS_ANOTHER = """
import os, signal, sys
if os.fork() == 0:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    while True:
        signal.pause()
print('{"event": "ready"}', flush=True)
signal.pause()
"""


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] != "Z"
    except OSError:
        return False


def in_session(pid: int) -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit() and _session(entry) == pid]


def _session(entry: Path) -> int | None:
    try:
        return int((entry / "stat").read_text().rpartition(") ")[2].split()[3])
    except OSError:
        return None


def python(script: str, *arguments: str) -> Callable[[], Command]:
    return lambda: Command(argv=(sys.executable, "-I", "-S", "-c", script, *arguments))


def child(name: str, script: str = STAYS, *arguments: str, stop_seconds: float = 2.0, **more: object) -> Child:
    return Child(name=name, command=python(script, *arguments), stop_seconds=stop_seconds, **more)


def job(name: str, script: str, *arguments: str) -> Job:
    return Job(name=name, command=python(script, *arguments))


@dataclass
class Running:
    """A supervisor at work and everything it reported, in order."""

    supervisor: Supervisor = field(init=False)
    reports: list[ProcessState] = field(default_factory=list)
    task: asyncio.Task[None] | None = None
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    def report(self, state: ProcessState) -> None:
        self.reports.append(state)
        self._changed.set()

    async def until(self, seen: Callable[[list[ProcessState]], bool]) -> None:
        async with asyncio.timeout(30):
            while not seen(self.reports):
                self._changed.clear()
                await self._changed.wait()

    def order(self, *states: str) -> list[str]:
        return [f"{report.name} {report.state}" for report in self.reports if report.state in states]

    def pid(self, name: str) -> int:
        (pid,) = (state.pid for state in self.supervisor.states if state.name == name)
        assert pid is not None
        return pid


@dataclass
class Stack:
    folder: Path
    logbook: Logbook

    @property
    def states_file(self) -> Path:
        return self.folder / "processes.json"

    def supervise(self, stages: Sequence[Stage]) -> Running:
        running = Running()
        running.supervisor = Supervisor(
            stages,
            self.logbook,
            self.states_file,
            backoff=Backoff(first_seconds=0.02, most_seconds=0.1, attempts_before_first_ready=2),
            watch=running.report,
        )
        return running

    @asynccontextmanager
    async def up(self, *stages: Stage) -> AsyncIterator[Running]:
        """The stages, all ready; stopped at the end."""
        running = self.supervise(stages)
        ready = asyncio.Event()
        running.task = asyncio.create_task(running.supervisor.run(ready.set))
        came_up = asyncio.create_task(ready.wait())
        await asyncio.wait({running.task, came_up}, return_when=asyncio.FIRST_COMPLETED)
        came_up.cancel()
        try:
            yield running
        finally:
            running.supervisor.request_stop()
            await running.task


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    logbook = Logbook(tmp_path / "logs")
    yield Stack(tmp_path, logbook)
    logbook.close()


async def test_stages_start_in_order_and_stop_in_reverse_order(stack: Stack) -> None:
    async with stack.up(
        Stage("store", (child("database"),)),
        Stage("set-up", (job("tables", "pass"),)),
        Stage("desk", (child("desk"),)),
    ) as running:
        assert running.order("running", "done") == ["database running", "tables done", "desk running"]
    assert running.order("stopped") == ["desk stopped", "database stopped"]


async def test_a_crashed_child_is_started_again_and_named_in_the_log(stack: Stack) -> None:
    async with stack.up(Stage("one", (child("ledger"),))) as running:
        first = running.pid("ledger")
        os.kill(first, signal.SIGKILL)
        await running.until(lambda reports: (reports[-1].state, reports[-1].restarts) == ("running", 1))
        assert running.pid("ledger") != first
    assert re.search(r"thaw +error +ledger ended how=\"signal SIGKILL\"", (stack.folder / "logs/thaw.log").read_text())


async def test_a_child_that_fails_at_its_first_attempt_gets_another(stack: Stack) -> None:
    async with stack.up(Stage("one", (child("bank", DIES_ONCE, str(stack.folder / "mark")),))) as running:
        assert running.order("restarting", "running") == ["bank restarting", "bank running"]


async def test_a_child_that_never_comes_up_fails_the_start_with_its_last_words_and_the_rest_stops(stack: Stack) -> None:
    running = stack.supervise(
        [Stage("a", (child("database"),)), Stage("b", (child("desk", "raise SystemExit('no such port')"),))]
    )
    with pytest.raises(StartFailed) as failure:
        await running.supervisor.run()
    assert failure.value.name == "desk"
    assert any("no such port" in line for line in failure.value.last_words)
    assert running.order("stopped") == ["database stopped"]


async def test_a_job_that_fails_keeps_later_stages_from_starting(stack: Stack) -> None:
    running = stack.supervise([Stage("a", (job("tables", "raise SystemExit(2)"),)), Stage("b", (child("desk"),))])
    with pytest.raises(StartFailed, match="tables did not start: exit code 2"):
        await running.supervisor.run()
    assert "desk starting" not in running.order("starting")


async def test_a_child_whose_preparation_fails_fails_the_start_with_the_reason(stack: Stack) -> None:
    def no_disk() -> None:
        raise OSError("no space left")

    broken = child("database")
    object.__setattr__(broken, "command", no_disk)
    with pytest.raises(StartFailed, match="no space left"):
        await stack.supervise([Stage("a", (broken,))]).supervisor.run()


async def test_a_child_that_ignores_the_request_to_stop_is_killed_when_its_time_is_over(stack: Stack) -> None:
    async with stack.up(Stage("a", (child("deaf", STAYS_WHATEVER_IT_IS_TOLD, stop_seconds=0.1),))) as running:
        pid = running.pid("deaf")
    assert not alive(pid)
    assert "deaf had to be killed" in (stack.folder / "logs/thaw.log").read_text()


async def test_what_a_child_itself_started_does_not_outlive_it(stack: Stack) -> None:
    async with stack.up(Stage("a", (child("parent", STARTS_ANOTHER),))) as running:
        session = running.pid("parent")
        assert len(in_session(session)) == 2
    assert [pid for pid in in_session(session) if alive(pid)] == []


async def test_a_stop_during_the_start_stops_what_is_already_there(stack: Stack) -> None:
    running = stack.supervise([Stage("a", (child("database"), child("slow", "import signal; signal.pause()")))])
    task = asyncio.create_task(running.supervisor.run())
    await running.until(lambda reports: "database running" in [f"{r.name} {r.state}" for r in reports])
    running.supervisor.request_stop()
    await task
    assert sorted(running.order("stopped")) == ["database stopped", "slow stopped"]
    assert {state.pid for state in running.supervisor.states} == {None}


async def test_the_states_file_tells_what_runs(stack: Stack) -> None:
    async with stack.up(Stage("a", (child("desk", url="http://here"),))) as running:
        supervisor, (desk,) = read_states(stack.states_file)
        assert (supervisor, desk.pid, desk.state, desk.url) == (
            os.getpid(), running.pid("desk"), "running", "http://here"
        )  # fmt: skip


def test_waits_between_restarts_double_up_to_a_limit_and_are_forgotten_after_a_good_while() -> None:
    backoff = Backoff(first_seconds=1, most_seconds=5, forgotten_after_seconds=60)
    waits = [backoff.next(None, 0)]
    for _ in range(4):
        waits.append(backoff.next(waits[-1], 0.1))
    assert waits == [1, 2, 4, 5, 5]
    assert backoff.next(5, 61) == 1


async def test_a_killed_database_server_is_started_again_with_what_it_had(stack: Stack) -> None:
    server = Postgres(stack.folder / "postgres", durable=False)
    database = Child(
        name="postgres",
        command=server.prepare,
        probe=Asked(server.answers),
        stop_signal=Postgres.STOP_SIGNAL,
        stop_seconds=6.0,
    )
    async with stack.up(Stage("store", (database,))) as running:
        async with await AsyncConnection.connect(server.uri(), autocommit=True) as connection:
            await connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
        os.kill(running.pid("postgres"), signal.SIGKILL)
        await running.until(lambda reports: (reports[-1].state, reports[-1].restarts) == ("running", 1))
        async with await AsyncConnection.connect(server.uri()) as connection:
            assert await (await connection.execute("SELECT answer FROM kept")).fetchone() == (42,)
    assert running.order("stopped") == ["postgres stopped"]
    server.close()
