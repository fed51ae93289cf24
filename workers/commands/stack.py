"""`thaw up`, `down`, `status`, `logs`, `reset`: the whole desk on this machine."""

import json
import os
import signal
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workers.console import Json, err, fail, out, print_json

if TYPE_CHECKING:
    from workers.stack.opening import Message
    from workers.stack.place import Place

NOT_RUNNING = 3
DOWN_SECONDS = 15.0
POLL_SECONDS = 0.1


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (up, down, status, logs, reset):
        app.command()(command)


def up(
    detach: Annotated[bool, typer.Option("--detach", "-d", help="Return once everything is ready.")] = False,
    as_json: Json = False,
) -> None:
    """Open the desk on this machine: database, engine, partners, workers, console.

    Exit code 0 when it was stopped (or with --detach is ready), 1 when a part did not start, 3 when it runs already.
    """
    place = _place()
    place.make()
    raise typer.Exit(_up_detached(place, as_json) if detach else _up_here(place, as_json))


def down(as_json: Json = False) -> None:
    """Close the desk: everything stops in reverse order. Nothing is lost."""
    from workers.stack.lock import holder
    from workers.stack.state import clear_leftovers

    place = _place()
    if not (pid := holder(place.lock)):
        left = clear_leftovers(place.states)
        _answer({"was_running": False, "killed": list(left)}, "nothing was running", as_json)
        return
    os.kill(pid, signal.SIGTERM)
    until = time.monotonic() + DOWN_SECONDS
    while holder(place.lock) is not None:
        if time.monotonic() > until:
            raise fail(f"the stack (process {pid}) did not stop in {DOWN_SECONDS:.0f} s", as_json=as_json)
        time.sleep(POLL_SECONDS)
    _answer({"was_running": True, "killed": []}, "stopped", as_json)


def status(as_json: Json = False) -> None:
    """Show every process: its state, process id, restarts, address, and since when.

    Exit code 0 when everything runs, 1 when something does not, 3 when the desk is closed.
    """
    from workers.stack.lock import holder
    from workers.stack.state import GOOD, read_states

    place = _place()
    supervisor = holder(place.lock)
    states = read_states(place.states)[1] if supervisor is not None else ()
    if as_json:
        processes = [
            {field: getattr(state, field) for field in ("name", "kind", "state", "pid", "restarts", "url", "since")}
            for state in states
        ]
        print_json({"running": supervisor is not None, "supervisor": supervisor, "processes": processes})
    elif supervisor is None:
        out.print("not running")
    else:
        out.print(_status_table([state for state in states if state.kind == "child"]))
    if supervisor is None:
        raise typer.Exit(NOT_RUNNING)
    if any(state.state not in GOOD for state in states):
        raise typer.Exit(1)


def logs(
    name: Annotated[str | None, typer.Argument(help="Only this process.")] = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on as lines are written.")] = False,
    lines: Annotated[int, typer.Option("--lines", "-n", help="How many lines to begin with.")] = 50,
    as_json: Json = False,
) -> None:
    """Show the merged log, or the log of one process."""
    from workers.stack.reading import read_log

    try:
        for line in read_log(_place().logs, name, lines, follow=follow, as_json=as_json, colour=sys.stdout.isatty()):
            typer.echo(line)
    except FileNotFoundError:
        raise fail(f"there is no log{f' of {name}' if name else ''} yet", as_json=as_json) from None
    except KeyboardInterrupt:
        raise typer.Exit(0) from None


def reset(
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    as_json: Json = False,
) -> None:
    """Delete everything this desk has kept: journal, documents, engine, ledger, log-ins. The desk must be closed."""
    from workers.stack.lock import AlreadyRunning, StackLock
    from workers.stack.state import clear_leftovers

    place = _place()
    if not place.folder.exists():
        _answer({"deleted": False}, "there is nothing to delete", as_json)
        return
    if not yes and not typer.confirm(f"Delete everything in {place.folder}? This cannot be undone.", err=True):
        raise fail("nothing was deleted", as_json=as_json)
    try:
        with StackLock(place.lock):
            clear_leftovers(place.states)
            place.clear()
    except AlreadyRunning as running:
        raise fail(f"{running}; close it first: thaw down", NOT_RUNNING, as_json=as_json) from None
    except PermissionError as refusal:
        raise fail(f"not all can be deleted by this user: {refusal}", as_json=as_json) from None
    _answer({"deleted": True}, f"deleted what was in {place.folder}", as_json)


def _up_here(place: "Place", as_json: bool) -> int:
    """Open the desk and stay; Ctrl-C closes it."""
    from workers.stack.opening import open_stack
    from workers.stack.progress import Progress

    with Progress(err) as progress:

        def tell(message: "Message") -> None:
            progress.hear(message)
            if message["kind"] in {"ready", "failed", "running"}:
                progress.close()
                _report(place, message, as_json)

        return open_stack(place, _plan(place), tell, None if as_json else typer.echo)


def _up_detached(place: "Place", as_json: bool) -> int:
    """Open the desk in the background and return when it is ready, or has failed to be."""
    from workers.stack.background import in_background
    from workers.stack.opening import open_stack
    from workers.stack.progress import Progress

    output = place.logs / "supervisor.out"
    pid, messages = in_background(lambda tell: open_stack(place, _plan(place), tell), output)
    last: Message = {"kind": "broken", "why": "it ended without a word"}
    try:
        with Progress(err) as progress:
            for message in messages:
                progress.hear(message)
                last = message
    except KeyboardInterrupt:
        os.kill(pid, signal.SIGTERM)
        err.print("stopping", style="yellow")
        return 130
    _report(place, last, as_json)
    return {"ready": 0, "running": NOT_RUNNING}.get(last["kind"], 1)


def _plan(place: "Place") -> Any:
    """What to run, made only when nothing of an earlier run is left."""

    def plan() -> Any:
        from workers.stack.desk import Desk

        desk = Desk.at(place)
        desk.write_down()
        return desk.stages()

    return plan


def _report(place: "Place", message: "Message", as_json: bool) -> None:
    """Say how the start ended."""
    match message:
        case {"kind": "ready" | "running"}:
            if message["kind"] == "running":
                err.print(f"a stack is already running here (process {message['pid']})", style="yellow")
            if as_json:
                print_json(_description(place))
            else:
                _show_summary(_description(place))
        case {"kind": "failed", "name": name, "why": why, "last_words": last_words}:
            for line in last_words:
                err.print(line, markup=False, style="dim")
            err.print(f"{name} did not start: {why}. Its whole log: {place.logs / name}.jsonl", style="red")
            if as_json:
                print_json({"error": f"{name} did not start: {why}", "process": name, "last_words": last_words})
        case {"why": why}:
            raise fail(f"the stack did not start: {why}", as_json=as_json)


def _show_summary(description: Mapping[str, Any]) -> None:
    from workers.stack.progress import summary

    if description:
        out.print(summary(description))


def _description(place: "Place") -> dict[str, Any]:
    try:
        content: dict[str, Any] = json.loads(place.description.read_text())
    except FileNotFoundError:
        return {}
    return content


def _status_table(states: list[Any]) -> Any:
    from rich.table import Table

    from workers.stack.state import GOOD

    table = Table("process", "state", "pid", "restarts", "since", "address", box=None, header_style="bold")
    for state in states:
        style = "green" if state.state in GOOD else "red"
        pid = str(state.pid or "")
        since = state.since.replace("T", " ")[:19]
        table.add_row(state.name, f"[{style}]{state.state}[/]", pid, str(state.restarts), since, state.url or "")
    return table


def _answer(data: Mapping[str, Any], text: str, as_json: bool) -> None:
    print_json(data) if as_json else out.print(text)


def _place() -> "Place":
    from workers.settings import data_dir
    from workers.stack.place import Place

    return Place(Path(data_dir()))
