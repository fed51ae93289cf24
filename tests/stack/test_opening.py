"""A stack in its folder: one at a time, nothing left when its supervisor is killed, and the background."""

import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from workers.stack.lock import AlreadyRunning, StackLock, holder
from workers.stack.place import Place
from workers.stack.state import clear_leftovers, read_states

# A whole stack of stand-ins, as a program: python … FOLDER (here | background)
PROGRAM = """
import json, sys
from pathlib import Path
from workers.stack.background import in_background
from workers.stack.child import Child, Stage
from workers.stack.command import Command
from workers.stack.opening import open_stack
from workers.stack.place import Place

place = Place(Path(sys.argv[1]))
STAND_IN = '''
import os, signal, sys
if len(sys.argv) > 1 and os.fork() == 0:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    while True: signal.pause()
print('{"event": "ready"}', flush=True)
signal.pause()
'''

def child(name, *arguments):
    return Child(name=name, command=lambda: Command(argv=(sys.executable, "-I", "-S", "-c", STAND_IN, *arguments)))

def plan():
    return [Stage("store", (child("database"),)), Stage("desk", (child("desk", "with a child of its own"),))]

def tell(message):
    print(json.dumps(message), flush=True)

if sys.argv[2] == "here":
    sys.exit(open_stack(place, plan, tell))
place.make()
pid, messages = in_background(lambda tell: open_stack(place, plan, tell), place.logs / "supervisor.out")
for message in messages:
    tell(message)
"""


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    place = Place(tmp_path / "with spaces" / ".thaw")
    place.make()
    yield place
    if pid := holder(place.lock):
        gone = os.pidfd_open(pid)
        os.kill(pid, signal.SIGKILL)
        select.select([gone], [], [], 10)
        os.close(gone)
    clear_leftovers(place.states, patience_seconds=0.5)


@pytest.fixture
def opened(place: Place) -> Iterator[subprocess.Popen[str]]:
    with _program(place, "here") as process:
        assert process.stdout is not None
        for line in process.stdout:
            if json.loads(line)["kind"] == "ready":
                break
        yield process
        process.kill()


def _program(place: Place, how: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(place.folder), how], stdout=subprocess.PIPE, text=True, cwd="/"
    )


def thaw(place: Place, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "workers.cli", *arguments],
        env={**os.environ, "THAW_DATA_DIR": str(place.folder)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def everyone(place: Place) -> set[int]:
    """The stack's processes with their own children, by their sessions."""
    sessions = {state.pid for state in read_states(place.states)[1] if state.pid}
    found = set()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(") ")[2].split()
            except OSError:
                continue
            if fields[0] != "Z" and int(fields[3]) in sessions:
                found.add(int(entry.name))
    return found


def wait_for_the_end_of(pids: set[int]) -> None:
    for pid in pids:
        try:
            ended = os.pidfd_open(pid)
        except ProcessLookupError:
            continue
        assert select.select([ended], [], [], 10)[0], f"process {pid} lives on"
        os.close(ended)


def test_sigterm_stops_everything_and_leaves_no_process(place: Place, opened: subprocess.Popen[str]) -> None:
    before = everyone(place)
    assert len(before) == 3
    opened.terminate()
    assert opened.wait(10) == 0
    wait_for_the_end_of(before)
    assert {state.state for state in read_states(place.states)[1]} == {"stopped"}


def test_children_die_with_a_killed_supervisor_and_the_next_start_clears_what_they_left(
    place: Place, opened: subprocess.Popen[str]
) -> None:
    leaders = {state.pid for state in read_states(place.states)[1] if state.pid}
    (left_over,) = everyone(place) - leaders
    opened.kill()
    wait_for_the_end_of(leaders)
    assert clear_leftovers(place.states, patience_seconds=0) == (left_over,)
    wait_for_the_end_of({left_over})


def test_a_second_stack_in_the_same_folder_is_refused_and_told_so(place: Place, opened: subprocess.Popen[str]) -> None:
    second = thaw(place, "up")
    assert second.returncode == 3
    assert f"already running here (process {opened.pid})" in second.stderr
    assert thaw(place, "up", "--detach").returncode == 3


def test_status_names_every_process_and_down_stops_them(place: Place, opened: subprocess.Popen[str]) -> None:
    status = thaw(place, "status", "--json")
    told = json.loads(status.stdout)
    assert (status.returncode, told["running"], told["supervisor"]) == (0, True, opened.pid)
    assert [(process["name"], process["state"], process["restarts"]) for process in told["processes"]] == [
        ("database", "running", 0),
        ("desk", "running", 0),
    ]
    assert "database" in thaw(place, "status").stdout

    assert json.loads(thaw(place, "down", "--json").stdout) == {"was_running": True, "killed": []}

    assert opened.wait(10) == 0
    assert thaw(place, "status").returncode == 3


def test_in_the_background_the_stack_outlives_who_started_it(place: Place) -> None:
    with _program(place, "background") as starter:
        told = [json.loads(line) for line in starter.communicate(timeout=30)[0].splitlines()]
    assert (told[-1]["kind"], starter.returncode) == ("ready", 0)
    assert [message["name"] for message in told if message.get("state") == "running"] == ["database", "desk"]
    assert {message["kind"] for message in told[1:-1]} == {"process"}
    assert holder(place.lock)
    assert thaw(place, "down").returncode == 0
    assert holder(place.lock) is None


def test_reset_is_refused_while_the_stack_runs(place: Place, opened: subprocess.Popen[str]) -> None:
    refused = thaw(place, "reset", "--yes")
    assert refused.returncode == 3
    assert "thaw down" in refused.stderr
    assert place.states.exists()


def test_reset_deletes_what_a_stopped_stack_kept(place: Place) -> None:
    place.temporal.write_text("data")
    (place.files / "document").write_text("data")
    assert thaw(place, "reset", "--yes").returncode == 0
    assert [path.name for path in place.folder.iterdir()] == ["lock"]


def test_reset_asks_first(place: Place) -> None:
    place.temporal.write_text("data")
    assert thaw(place, "reset").returncode == 1
    assert place.temporal.exists()


def test_down_says_when_nothing_runs(place: Place) -> None:
    assert json.loads(thaw(place, "down", "--json").stdout) == {"was_running": False, "killed": []}


def test_the_lock_names_its_holder_and_goes_with_it(place: Place) -> None:
    with StackLock(place.lock):
        assert holder(place.lock) == os.getpid()
        with pytest.raises(AlreadyRunning, match=str(os.getpid())), StackLock(place.lock):
            pass
    assert holder(place.lock) is None
