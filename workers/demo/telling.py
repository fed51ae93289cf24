"""How the demo tells what happens: who does what, what the desk answered, what the case waits for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

WHO_WIDTH = 12


class UnexpectedError(Exception):
    """Something did not come out as the demo says it must."""


@dataclass(slots=True)
class Scene:
    """One scene of the demo: what happened in it, and why it failed, if it did."""

    title: str
    steps: list[dict[str, str]] = field(default_factory=list)
    cases: list[str] = field(default_factory=list)
    failure: str | None = None

    def told(self) -> dict[str, Any]:
        """The scene as JSON."""
        return {
            "title": self.title,
            "ok": self.failure is None,
            "failure": self.failure,
            "cases": self.cases,
            "steps": self.steps,
        }


class Telling:
    """Prints each step to `console` and keeps it; with no console it only keeps it."""

    def __init__(self, console: Console | None) -> None:
        self._console = console
        self.scenes: list[Scene] = []

    @property
    def scene(self) -> Scene:
        return self.scenes[-1]

    def begin(self, title: str, about: str) -> Scene:
        """A new scene."""
        self.scenes.append(Scene(title))
        if self._console:
            self._console.print()
            self._console.rule(f"[bold]{escape(title)}", align="left")
            self._console.print(f"[dim]{escape(about)}")
        return self.scene

    def does(self, who: str, what: str) -> None:
        """Someone does something."""
        self._keep(who, what)
        if self._console:
            self._console.print(f"[cyan]{escape(f'{who:<{WHO_WIDTH}}')}[/] {escape(what)}")

    def answers(self, text: str) -> None:
        """What came back."""
        self._keep("desk", text)
        self._under(f"[green]→[/] {escape(text)}")

    def refuses(self, text: str) -> None:
        """What came back was a refusal, as it should."""
        self._keep("desk", text)
        self._under(f"[yellow]✗[/] {escape(text)}")

    def waits(self, sentence: str) -> None:
        """What a case waits for."""
        self._keep("case", sentence)
        self._under(f"[dim]… {escape(sentence)}")

    def fails(self, why: str) -> None:
        """The scene did not come out as it must."""
        self.scene.failure = why
        if self._console:
            self._console.print(f"[bold red]FAILED[/] {escape(why)}")

    def show(self, table: Table) -> None:
        if self._console:
            self._console.print(table)

    def _under(self, marked_up: str) -> None:
        if self._console:
            self._console.print(f"{'':<{WHO_WIDTH}} {marked_up}")

    def _keep(self, who: str, text: str) -> None:
        self.scene.steps.append({"who": who, "what": text})
