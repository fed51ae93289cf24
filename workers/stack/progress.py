"""Shows how the stack comes up: every stage with its parts while they start, then the addresses and log-ins."""

import time
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

from rich.console import Console, RenderableType
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from workers.stack.opening import Message

_STYLES = {"waiting": "dim", "starting": "yellow", "running": "green", "done": "green", "restarting": "red"}
_UP = frozenset({"running", "done"})


class Progress:
    """Hears the messages of a start and shows them: live on a terminal, else one line per stage that is up."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._stages: list[tuple[str, list[str]]] = []
        self._states: dict[str, str] = {}
        self._shown: set[str] = set()
        self._began = time.monotonic()
        self._live = Live(console=console, refresh_per_second=8, transient=True, get_renderable=self._picture)

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Take the live display away."""
        self._live.stop()

    def hear(self, message: Message) -> None:
        """Take note of a message."""
        match message:
            case {"kind": "plan", "stages": stages}:
                self._stages = [(title, list(names)) for title, names in stages]
                self._states = {name: "waiting" for _, names in self._stages for name in names}
            case {"kind": "process", "name": name, "state": state}:
                self._states[name] = state
                self._say_what_is_up()
            case {"kind": "cleared", "pid": pid}:
                self._console.print(f"ended process {pid}, left over from a stack that was killed", style="yellow")

    def _say_what_is_up(self) -> None:
        if self._console.is_terminal:
            return
        for title, names in self._stages:
            if title not in self._shown and all(self._states[name] in _UP for name in names):
                self._shown.add(title)
                seconds = time.monotonic() - self._began
                self._console.print(f"{seconds:5.1f} s  {title}: {', '.join(names)}", highlight=False)

    def _picture(self) -> RenderableType:
        grid = Table.grid(padding=(0, 1))
        for title, names in self._stages:
            states = [self._states[name] for name in names]
            mark: RenderableType = Text(" ")
            if all(state in _UP for state in states):
                mark = Text("✓", style="green")
            elif any(state != "waiting" for state in states):
                mark = Spinner("dots", style="yellow")
            parts = Text(" ").join(Text(name, style=_STYLES.get(self._states[name], "red")) for name in names)
            grid.add_row(mark, Text(title, style="bold"), parts)
        grid.add_row("", Text(f"{time.monotonic() - self._began:.0f} s", style="dim"), "")
        return grid


def summary(description: Mapping[str, Any]) -> RenderableType:
    """Where everything is and who may log in, from the content of `stack.json`."""
    page = Table.grid(padding=(0, 3))
    places = Table("open", "address", box=None, header_style="bold", pad_edge=False)
    for title, name in (("console", "desk"), ("portal", "portal"), ("Temporal", "temporal_ui"), ("mailbox", "mailbox")):
        places.add_row(title, Text(description[name], style="cyan"))
    people = Table("log in as", "password", "may", box=None, header_style="bold", pad_edge=False)
    for name, user in description["users"].items():
        people.add_row(name, user["password"], ", ".join(user["roles"]))
    page.add_row(places, people)
    return page
